import Foundation
import HTTP

/// A request's body as a JSON object whose fields are all known: what is mistaken is said by name.
package struct RequestForm {
  /// What is wrong with a request: 400 for what cannot be read, 422 for a field.
  package struct Fault: Error, Hashable, Sendable {
    package let status: Int
    package let sentence: String

    package var problem: HTTPResponse { .problem(status, "This cannot be used", detail: sentence) }
  }

  private let fields: [String: Any]

  /// - Parameter names: the fields that there are; another one is a fault.
  package init(_ request: HTTPRequest, _ names: [String]) throws(Fault) {
    guard let object = try? JSONSerialization.jsonObject(with: Data(request.body)), let fields = object as? [String: Any] else {
      throw Fault(status: 400, sentence: "The body must be a JSON object with \(names.joined(separator: ", ")).")
    }
    if let unknown = fields.keys.filter({ !names.contains($0) }).min() {
      let meant = Suggestion.sentence(for: unknown, among: names)
      throw Fault(status: 422, sentence: "There is no field \(unknown.prefix(100))\(meant.isEmpty ? "." : meant)")
    }
    self.fields = fields
  }

  /// A text that must be there.
  package func text(_ name: String) throws(Fault) -> String {
    guard let text = try optionalText(name) else { throw Fault(status: 422, sentence: "\(name) is missing.") }
    return text
  }

  /// `nil` for a field that is not there, or null.
  package func optionalText(_ name: String) throws(Fault) -> String? {
    guard let value = fields[name], !(value is NSNull) else { return nil }
    guard let text = value as? String else { throw Fault(status: 422, sentence: "\(name) must be a text.") }
    return text
  }

  /// `nil` for a field that is not there, or null.
  package func optionalTexts(_ name: String) throws(Fault) -> [String]? {
    guard let value = fields[name], !(value is NSNull) else { return nil }
    guard let texts = value as? [String] else { throw Fault(status: 422, sentence: "\(name) must be a list of texts.") }
    return texts
  }
}
