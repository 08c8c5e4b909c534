import HTTP

/// A JSON value (RFC 8259), its members in their order.
package indirect enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  package struct Member: Hashable, Sendable {
    package var name: String
    package var value: JSON

    package init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  // MARK: Writing

  static func of(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }

  static func of(_ number: Int64?) -> JSON { number.map(JSON.integer) ?? .null }

  /// A figure to a thousandth; what is none is null.
  static func of(_ number: Double?) -> JSON {
    guard let number, number.isFinite else { return .null }
    let rounded = (number * 1000).rounded() / 1000
    return .number(rounded.isFinite ? rounded : number)
  }

  package var text: String {
    switch self {
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .integer(let integer): "\(integer)"
    case .number(let number): number.isFinite ? "\(number)" : "null"
    case .string(let text): JSONText.quote(text)
    case .array(let values): "[\(values.map(\.text).joined(separator: ","))]"
    case .object(let members): "{\(members.map { "\(JSONText.quote($0.name)):\($0.value.text)" }.joined(separator: ","))}"
    }
  }

  // MARK: Reading

  /// The value of a member.
  package subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  var string: String? { if case .string(let text) = self { text } else { nil } }
  var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }

  var strings: [String]? {
    guard case .array(let values) = self else { return nil }
    return values.compactMap(\.string)
  }
}
