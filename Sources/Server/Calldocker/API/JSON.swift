import Foundation
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

  /// A value from its text; `nil` for what is no JSON, or is nested too deeply.
  package init?(parsing octets: [UInt8]) {
    guard let value = try? JSONDecoder().decode(JSON.self, from: Data(octets)) else { return nil }
    self = value
  }

  /// The value of a member; the last, where a name was written twice.
  package subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name == name }?.value
  }

  var string: String? { if case .string(let text) = self { text } else { nil } }

  var strings: [String]? {
    guard case .array(let values) = self else { return nil }
    return values.compactMap(\.string)
  }
}

extension JSON: Decodable {
  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let flag = try? value.decode(Bool.self) {
      self = .bool(flag)
    } else if let integer = try? value.decode(Int64.self) {
      self = .integer(integer)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let text = try? value.decode(String.self) {
      self = .string(text)
    } else if let values = try? value.decode([JSON].self) {
      self = .array(values)
    } else {
      let members = try value.decode([String: JSON].self)
      // A dictionary has no order of its own, and none may reach an output.
      self = .object(members.sorted { $0.key < $1.key }.map { Member($0.key, $0.value) })
    }
  }
}
