import Runtime
import Wire

/// Why a text is no value of its kind, in words.
package struct Unfit: Error, Sendable {
  let sentence: String
  init(_ sentence: String) { self.sentence = sentence }
}

/// What values a setting takes, and how they are written.
struct Kind<Value>: Sendable {
  /// What stands for the value in the help; `nil` for a switch, which may stand alone.
  let takes: String?
  let read: @Sendable (String) throws(Unfit) -> Value
  let write: @Sendable (Value) -> String?

  /// The same, where choosing nothing is the default.
  var orNone: Kind<Value?> {
    Kind<Value?>(takes: takes, read: { text throws(Unfit) in try read(text) }, write: { $0.flatMap { write($0) } })
  }
}

extension Kind<UInt16> {
  static var port: Self {
    Self(
      takes: "N",
      read: { text throws(Unfit) in
        guard let port = UInt16(text) else { throw Unfit("\(text) is no port; ports are numbers from 0 to 65535") }
        return port
      }, write: { "\($0)" })
  }
}

extension Kind<ClosedRange<UInt16>> {
  static var ports: Self {
    Self(
      takes: "A-B",
      read: { text throws(Unfit) in
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first >= 1024, last > first else {
          throw Unfit("\(text) is no range of ports from 1024 on, such as 20000-29999")
        }
        return first...last
      }, write: { "\($0.lowerBound)-\($0.upperBound)" })
  }
}

extension Kind<Int> {
  static func count(_ range: ClosedRange<Int>) -> Self {
    Self(
      takes: "N",
      read: { text throws(Unfit) in
        guard let number = Int(text), range.contains(number) else {
          throw Unfit("\(text) is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
      }, write: { "\($0)" })
  }
}

extension Kind<IPAddress> {
  static var address: Self {
    Self(
      takes: "ADDRESS",
      read: { text throws(Unfit) in
        guard let address = IPAddress(text) else { throw Unfit("\(text) is no IP address, such as 192.0.2.1") }
        return address
      }, write: { "\($0)" })
  }
}

extension Kind<[IPAddress]> {
  static var addresses: Self {
    Self(
      takes: "ADDRESS,…",
      read: { text throws(Unfit) in
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmedOfBlanks)
        let addresses = names.compactMap { IPAddress($0) }
        guard addresses.count == names.count else {
          throw Unfit("\(text) is no list of IP addresses, such as 127.0.0.1,2001:db8::7")
        }
        return addresses
      }, write: { $0.map(\.description).joined(separator: ",") })
  }
}

extension Kind<[AllowedHost]> {
  static var allowedHosts: Self {
    Self(
      takes: "HOST,…",
      read: { text throws(Unfit) in
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmedOfBlanks)
        guard names.count <= AllowedHost.maximum else { throw Unfit("there may be \(AllowedHost.maximum) hosts at most") }
        return try names.map { name throws(Unfit) in
          guard let host = AllowedHost(String(name)) else {
            throw Unfit("\(name) is no host, such as api.example.com, 192.0.2.1:8080 or private crm.example.com")
          }
          return host
        }
      }, write: { $0.map(\.description).joined(separator: ",") })
  }
}

extension Substring {
  fileprivate var trimmedOfBlanks: Substring {
    let text = drop { $0 == " " }
    return text.lastIndex { $0 != " " }.map { text[...$0] } ?? ""
  }
}

extension Kind<String> {
  static var folder: Self {
    Self(
      takes: "DIR",
      read: { text throws(Unfit) in
        guard !text.isEmpty, !text.utf8.contains(0) else { throw Unfit("the name of a folder is missing") }
        return text
      }, write: { $0 })
  }

  /// A folder in which a control socket has room: the kernel takes short paths only.
  static var dataFolder: Self {
    Self(
      takes: "DIR",
      read: { text throws(Unfit) in
        let folder = try Kind.folder.read(text)
        let socket = DataFolder.controlSocket(in: folder)
        let limit = UnixListener.maximumPathBytes
        guard socket.utf8.count <= limit else {
          throw Unfit(
            "the socket's path \(socket) has \(socket.utf8.count) bytes, and may have \(limit); choose a shorter folder")
        }
        return folder
      }, write: { $0 })
  }

  /// RFC 1123 §2.1.
  static var hostName: Self {
    Self(
      takes: "NAME",
      read: { text throws(Unfit) in
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
          (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
            && label.utf8.allSatisfy { $0 == 0x2D || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
        }
        guard isName, text.utf8.count <= 253 else { throw Unfit("\(text) is no host name, such as sip.example.com") }
        return text
      }, write: { $0 })
  }
}

extension Kind<Bool> {
  static var yesOrNo: Self {
    Self(
      takes: nil,
      read: { text throws(Unfit) in
        switch text.lowercased() {
        case "yes", "true", "on", "1": return true
        case "no", "false", "off", "0": return false
        default: throw Unfit("\(text) is neither yes nor no")
        }
      }, write: { $0 ? "yes" : "no" })
  }
}

extension Kind<Log.Level> {
  static var logLevel: Self {
    Self(
      takes: "LEVEL",
      read: { text throws(Unfit) in
        guard let level = Log.Level(text) else {
          let names = Log.Level.allCases.map { "\($0)" }
          throw Unfit(
            "\(text) is no level; there are trace, debug, info, warning and error\(Suggestion.sentence(for: text, among: names))"
          )
        }
        return level
      }, write: { "\($0)" })
  }
}

extension Kind<TLSChoice> {
  static var tlsChoice: Self {
    Self(
      takes: "self|off|CERT,KEY",
      read: { text throws(Unfit) in
        guard let choice = TLSChoice(text) else {
          throw Unfit("\(text) is neither self, nor off, nor two files such as cert.pem,key.pem")
        }
        return choice
      }, write: { $0.description })
  }
}
