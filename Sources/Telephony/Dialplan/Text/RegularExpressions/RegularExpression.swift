/// A POSIX extended regular expression (IEEE 1003.1 §9.4), on bytes.
///
/// The match that begins first and, of those, the longest is found in time that grows with text and expression and with nothing else.
/// Of what is in parentheses only the first pair is told, which is all that dialplans ask for. References back (`\1`), which no such
/// matcher can have, are refused.
package struct RegularExpression: Sendable {
  /// States of the matcher; bounds (`x{200}`) multiply them.
  package static var maximumStates: Int { 2000 }
  /// What `{m,n}` may say.
  package static var maximumRepetition: Int { 255 }
  /// Parentheses in one another.
  package static var maximumDepth: Int { 64 }

  /// States times bytes of one matching, which is how long it takes at most: a tenth of a second.
  package static var maximumWork: Int { 20_000_000 }

  package struct Match: Hashable, Sendable {
    /// Bytes of the text.
    package var range: Range<Int>
    /// The first parentheses, `nil` if they took no part.
    package var group: Range<Int>?
  }

  /// Why a text is no expression, a sentence.
  package struct Flaw: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
  }

  package let hasGroup: Bool
  private let syntax: RegularSyntax
  private let program: RegularProgram

  package init(_ pattern: String) throws(Flaw) {
    var reader = RegularSyntaxReader(pattern)
    syntax = try reader.read()
    hasGroup = reader.groups > 0
    program = try RegularProgram(syntax)
  }

  /// Whether a text is too long for so large an expression.
  package func isTooMuch(_ text: String) -> Bool {
    program.count.multipliedReportingOverflow(by: text.utf8.count).partialValue > Self.maximumWork
  }

  package func match(_ text: String) -> Match? { match(Array(text.utf8)) }

  func match(_ octets: [UInt8]) -> Match? {
    guard let range = program.search(octets) else { return nil }
    return Match(range: range, group: hasGroup ? RegularGroup(octets).find(in: syntax, range) : nil)
  }
}

extension Run {
  /// Expressions that a call keeps ready.
  static var keptExpressions: Int { 16 }

  /// An expression, read once however often it is asked for.
  mutating func regularExpression(_ pattern: String) -> Result<RegularExpression, RegularExpression.Flaw> {
    if let known = expressions[pattern] { return .success(known) }
    do throws(RegularExpression.Flaw) {
      let expression = try RegularExpression(pattern)
      if expressions.count >= Self.keptExpressions { expressions.removeAll() }
      expressions[pattern] = expression
      return .success(expression)
    } catch { return .failure(error) }
  }
}
