import Wire

/// A session description (RFC 8866): read with tolerance, written strictly.
package struct SessionDescription: Hashable, Sendable {
  package static let maximumBytes = 65_535
  package static let maximumLines = 2000
  package static let maximumMedia = 32

  /// The o= line's user, numbers and address.
  package var origin: Origin
  package var connection: IPAddress?
  package var attributes: [Attribute] = []
  package var media: [MediaDescription] = []

  package init(origin: Origin) {
    self.origin = origin
  }
}

/// Who made a description, and which version of it this is (RFC 8866 §5.2).
package struct Origin: Hashable, Sendable {
  package var session: UInt64
  /// Goes up by one with every change, and only then (RFC 3264 §8).
  package var version: UInt64
  package var address: IPAddress

  package init(session: UInt64, version: UInt64, address: IPAddress) {
    self.session = session
    self.version = version
    self.address = address
  }
}

/// One m= section.
package struct MediaDescription: Hashable, Sendable {
  package var kind: String
  package var port: UInt16
  package var proto: String
  package var formats: [String]
  package var connection: IPAddress?
  package var attributes: [Attribute] = []

  package init(kind: String, port: UInt16, proto: String, formats: [String]) {
    self.kind = kind
    self.port = port
    self.proto = proto
    self.formats = formats
  }
}

/// One a= line: `name` or `name:value`.
package struct Attribute: Hashable, Sendable {
  package var name: String
  package var value: String?

  package init(_ name: String, _ value: String? = nil) {
    self.name = name
    self.value = value
  }
}

/// What is wrong with a description, and in which line.
package struct SDPError: Error, Hashable, Sendable, CustomStringConvertible {
  package var line: Int
  package var description: String

  init(line: Int, _ sentence: String) {
    self.line = line
    description = "line \(line): \(sentence)"
  }
}

extension [Attribute] {
  /// The value of the first attribute of that name; empty for a flag.
  package func value(_ name: String) -> String? { first { $0.name == name }.map { $0.value ?? "" } }
  package func values(_ name: String) -> [String] { filter { $0.name == name }.map { $0.value ?? "" } }
  package func contains(_ name: String) -> Bool { contains { $0.name == name } }
}
