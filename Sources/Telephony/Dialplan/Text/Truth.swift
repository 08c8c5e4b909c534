/// Whether a condition holds, for everything that asks `condition?`.
package enum Truth {
  /// Empty text is false, and so is a number 0 at the beginning (`0`, ` 00`, `0.5`, `0x`); everything else is true.
  package static func holds(_ condition: String) -> Bool {
    var scanner = IntegerScanner(condition)
    guard let number = scanner.integer() else { return !condition.isEmpty }
    return number != 0
  }
}
