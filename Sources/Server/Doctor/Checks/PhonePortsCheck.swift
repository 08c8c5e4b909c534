/// Whether the range of ports for phones' media is free, and large enough for the phones that there are.
struct PhonePortsCheck: Check {
  /// A port that another program holds.
  struct Stranger: Hashable, Sendable {
    var port: UInt16
    var owner: String?
  }
  static let name = "rtp-ports"

  var range: ClosedRange<UInt16>
  var strangers: [Stranger]
  /// From which the kernel takes ports for whoever does not ask for one (`net.ipv4.ip_local_port_range`).
  var ephemeral: ClosedRange<UInt16>?
  /// Ports of that range that it leaves alone (`net.ipv4.ip_local_reserved_ports`), as they are written.
  var reserved: String
  /// The service's other ports over UDP.
  var others: [UInt16]
  /// Phones that are registered now.
  var phones: Int

  private var pairs: Int { range.count / 2 }

  var summary: String {
    "\(range.lowerBound)-\(range.upperBound): a pair for each of \(pairs) phones that ring or talk at a time"
  }

  var findings: [Finding] {
    var findings: [Finding] = []
    if !strangers.isEmpty {
      let shown = strangers.prefix(5).map { "\($0.port)" + ($0.owner.map { " (\($0))" } ?? "") }.joined(separator: ", ")
      findings.append(
        .warning(
          "Other programs have \(strangers.count) of these ports: \(shown)\(strangers.count > 5 ? " …" : "").",
          "Calls avoid them, but each costs a pair: move --rtp-ports to where nobody else is."))
    }
    for port in others where range.contains(port) {
      findings.append(
        .failed("Port \(port) is the service's own and in the range of phones as well.", "Move --rtp-ports away from it."))
    }
    if let ephemeral, range.overlaps(ephemeral), !isReserved {
      findings.append(
        .warning(
          "The kernel gives ports from \(ephemeral.lowerBound) to \(ephemeral.upperBound) to any program that asks for none.",
          "Keep the range for us: sysctl -w net.ipv4.ip_local_reserved_ports=\(range.lowerBound)-\(range.upperBound)"))
    }
    if phones > pairs {
      findings.append(
        .warning(
          "\(phones) phones are registered, and \(pairs) of them have a pair of ports.",
          "Make --rtp-ports larger: a pair for each phone that may ring at the same time."))
    } else if pairs < Self.few {
      findings.append(
        .warning(
          "Only \(pairs) phones can ring or talk at a time.", "Make --rtp-ports larger, 20000-29999 as by default for example.")
      )
    }
    return findings
  }
  static let few = 20

  /// Whether the kernel's list of exceptions has the whole range in one piece.
  private var isReserved: Bool {
    reserved.split(separator: ",").contains { piece in
      let ends = piece.split(separator: "-").compactMap { UInt16($0.filter(\.isNumber)) }
      guard let first = ends.first, let last = ends.last else { return false }
      return first <= range.lowerBound && last >= range.upperBound
    }
  }
}
