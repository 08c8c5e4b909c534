/// An extension as written: plain, or a pattern that begins with `_`.
package struct ExtensionPattern: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// As written, dashes included.
  package let text: String

  package init(_ text: String) { self.text = text }

  package var description: String { text }
  package static func < (left: ExtensionPattern, right: ExtensionPattern) -> Bool { left.text < right.text }

  /// Whether this is exactly what was dialled.
  package func matches(_ dialled: String) -> Bool { text == dialled }
}

/// `EXT/CALLER`: which callers an extension is for.
package struct CallerPattern: Hashable, Sendable {
  package let text: String
  package init(_ text: String) { self.text = text }
}
