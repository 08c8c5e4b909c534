/// A text of SQL, made of literals and nothing else: a value can be bound to it and never be written into it.
package struct SQL: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  package let description: String

  package init(stringLiteral text: StaticString) { description = text.description }

  private init(text: String) { description = text }

  package static func + (left: SQL, right: SQL) -> SQL { SQL(text: left.description + right.description) }

  /// For the few places where SQLite's grammar wants a number and takes no parameter: `PRAGMA user_version = 2`.
  init(number: Int32) { description = String(number) }

  /// The text on one line and no longer than a message should be.
  var brief: String {
    let words = description.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return words.count > Self.briefLength ? words.prefix(Self.briefLength - 1) + "…" : words
  }
  private static let briefLength = 100
}
