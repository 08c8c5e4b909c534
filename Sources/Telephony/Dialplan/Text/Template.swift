/// Text with `${…}` and `$[…]` in it, taken apart once when the plan is loaded.
package struct Template: Hashable, Sendable, CustomStringConvertible {
  /// As written.
  package let text: String

  package init(_ text: String) { self.text = text }

  package var description: String { text }

  /// The text with variables, functions and expressions put in, from the inside out; results are not looked at again.
  package func expanded(in run: inout Run) throws(Pending) -> String { text }
}
