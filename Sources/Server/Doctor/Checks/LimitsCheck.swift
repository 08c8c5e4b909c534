/// What the kernel lets the service have.
struct LimitsCheck: Check {
  static let name = "limits"
  /// What a small business needs: pages, phones, calls.
  static let fewDescriptors = 4096

  /// Of the running service, or the most that a start here could have.
  var maximumDescriptors: Int
  /// `nil` where none runs.
  var openDescriptors: Int?
  /// Each phone that rings or talks has two sockets.
  var phonePairs: Int
  /// `net.core.rmem_max`, in bytes; `nil` if it cannot be read.
  var receiveBuffer: Int?
  /// What a media plane asks for.
  var wantedBuffer: Int

  var summary: String {
    let open = openDescriptors.map { "\($0) of " } ?? ""
    let buffer = receiveBuffer.map { ", sockets may let \($0 / 1024) KB wait" } ?? ""
    return "\(open)\(maximumDescriptors) files and sockets\(buffer)"
  }

  var findings: [Finding] {
    var findings: [Finding] = []
    let more = "Raise the hard limit: LimitNOFILE= in the systemd unit, or `ulimit -Hn` before the start."
    if let openDescriptors, openDescriptors > maximumDescriptors / 10 * 8 {
      findings.append(.failed("\(openDescriptors) of \(maximumDescriptors) files and sockets are open.", more))
    } else if maximumDescriptors < Self.fewDescriptors {
      findings.append(
        .warning("The service may open \(maximumDescriptors) files and sockets, half of them for browsers.", more))
    } else if phonePairs * 2 > maximumDescriptors / 2 {
      findings.append(
        .warning(
          "--rtp-ports has \(phonePairs) pairs, and of them \(maximumDescriptors / 4) can be open beside the web's connections.",
          more))
    }
    if let receiveBuffer, receiveBuffer < wantedBuffer {
      findings.append(
        .warning(
          "The kernel lets \(receiveBuffer / 1024) KB wait at a media port, where \(wantedBuffer / 1024) KB are wished for: with "
            + "hundreds of calls packets are lost when the machine is busy for a moment.",
          "sysctl -w net.core.rmem_max=\(wantedBuffer), and restart the service."))
    }
    return findings
  }
}
