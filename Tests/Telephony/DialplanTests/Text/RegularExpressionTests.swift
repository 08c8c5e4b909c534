import Foundation
import Testing
import Wire

@testable import Dialplan

@Suite("Regular expressions")
struct RegularExpressionTests {
  private static func match(_ pattern: String, _ text: String) -> (whole: String, group: String?)? {
    guard let match = try? RegularExpression(pattern).match(text) else { return nil }
    let octets = Array(text.utf8)
    return (String(octets: octets[match.range]), match.group.map { String(octets: octets[$0]) })
  }

  @Test(
    "What matches, leftmost and longest",
    arguments: [
      ("a|ab|abc", "xabcd", "abc"), ("[0-9]+", "abc123def45", "123"), ("^[0-9]{3}", "12345", "123"), ("x*", "aaa", ""),
      ("(a|ab)(c|bcd)(d*)", "abcd", "abcd"), ("[[:alpha:]_]+", "12ab_c3", "ab_c"), ("[]a]+", "x]a]", "]a]"),
      ("a.c", "a\nc", "a\nc"),
      ("[^a-c]+", "abcxyz", "xyz"), ("\\.", "a.b", "."), ("[\\.]+", "a\\.b", "\\."), ("a{2,3}", "aaaa", "aaa"),
      ("a{0}b", "ab", "b"),
      ("(foo|)bar", "bar", "bar"), ("a)", "a)", "a)"), ("\\bword\\b", "a word.", "word"), ("[a-]+", "b-a-", "-a-"),
      ("$", "ab", ""),
      ("\\w+@\\w+", "me@here!", "me@here"), ("ü+", "xüüy", "üü"), ("[äöü]+x", "aäüx", "äüx"), ("a{,2}", "aaa", "aa"),
      ("[[.-.]x]+", "a-x", "-x"),
    ])
  func matches(pattern: String, text: String, expected: String) { #expect(Self.match(pattern, text)?.whole == expected) }

  @Test(
    "What does not",
    arguments: [("^b", "ab"), ("a$", "ab"), ("[[:digit:]]", "abc"), ("a{3}", "aa"), ("\\Bx", "x"), ("abc", "")])
  func noMatch(pattern: String, text: String) { #expect(Self.match(pattern, text) == nil) }

  @Test(
    "The first parentheses",
    arguments: [
      ("555([0-9]+)", "555123", "123"), ("([0-9])3$", "555123", "2"), ("(a|ab)(c|bcd)(d*)", "abcd", "ab"),
      ("(a*)*", "aaa", "aaa"),
      ("(a|ab|b)*", "abab", "ab"), ("a*(a*)b", "aab", ""), ("(a)?b", "b", nil), ("x|(y)", "x", nil),
      ("([^@]+)@(.+)", "me@x", "me"),
      ("(a{2}){2,3}", "aaaaaa", "aa"), ("^(.*)-(.*)$", "a-b-c", "a-b"), ("(a*)*", "b", ""), ("(a)*", "b", nil),
      ("(a+b|a)*", "aaba", "a"),
    ] as [(String, String, String?)])
  func group(pattern: String, text: String, expected: String?) { #expect(Self.match(pattern, text)?.group == expected) }

  @Test(
    "What is no expression",
    arguments: [
      "(", "(a", "[a", "*", "a|*", "+a", "a{", "a{2", "a{x}", "a{3,2}", "a{256}", "\\", "[b-a]", "[[:nothing:]]", "(a)\\1",
      "^*",
      "((a{200}){200})", String(repeating: "(", count: 65) + "a" + String(repeating: ")", count: 65), "[", "[^", "[]", "a{,}",
    ])
  func flaws(pattern: String) {
    #expect(throws: RegularExpression.Flaw.self) { try RegularExpression(pattern) }
  }

  @Test("As many states as there may be, and one more")
  func states() throws {
    _ = try RegularExpression(String(repeating: "a", count: RegularExpression.maximumStates))
    #expect(throws: RegularExpression.Flaw.self) {
      try RegularExpression(String(repeating: "a", count: RegularExpression.maximumStates + 1))
    }
  }

  @Test(
    "Expressions that make others think for ever are done at once", arguments: ["(a*)*b", "(a|a)*b", "(a|aa)+$", "(a*b|a)*"])
  func linear(pattern: String) throws {
    let expression = try RegularExpression(pattern)
    _ = expression.match(String(repeating: "a", count: 4000))
  }

  @Test("A text of as much work as there may be, and of more")
  func work() throws {
    let pattern = String(repeating: "a", count: 1999)
    let text = String(repeating: "b", count: RegularExpression.maximumWork / 2000)
    #expect(try !RegularExpression(pattern).isTooMuch(text) && RegularExpression(pattern).isTooMuch(text + "b"))
    var caller = Caller(["P": pattern, "T": text + "b"])
    #expect(caller.expand("${REGEX(\"${P}\" ${T})}$[${T} =~ ${P}]") == "")
    #expect(caller.sentences().count == 2)
  }

  // MARK: Against others

  private static func randomPattern(_ random: inout Randomness, depth: Int) -> String {
    switch Int.random(in: 0..<(depth > 0 ? 10 : 4), using: &random) {
    case 0: "a"
    case 1: "b"
    case 2: ["[ab]", ".", "[^a]", "c"].randomElement(using: &random) ?? "a"
    case 3: "ab"
    case 4, 5: randomPattern(&random, depth: depth - 1) + randomPattern(&random, depth: depth - 1)
    case 6: "(" + randomPattern(&random, depth: depth - 1) + "|" + randomPattern(&random, depth: depth - 1) + ")"
    case 7:
      "(" + randomPattern(&random, depth: depth - 1) + ")"
        + (["*", "+", "?", "{2}", "{1,2}", ""].randomElement(using: &random) ?? "")
    case 8: ["a*", "b?", ".+", "[ab]{2}", "a{0,2}"].randomElement(using: &random) ?? "a"
    default: randomPattern(&random, depth: depth - 1) + (["|b", "|", "$", "|ab"].randomElement(using: &random) ?? "")
    }
  }

  private static func randomText(_ random: inout Randomness) -> String {
    String((0..<Int.random(in: 0...8, using: &random)).map { _ in "abc".randomElement(using: &random) ?? "a" })
  }

  /// Every way in which an expression can match from a place: where it ends, and what the first parentheses took last.
  private struct Way: Hashable {
    var end: Int
    var group: Range<Int>?
  }

  private static func ways(_ syntax: RegularSyntax, _ octets: [UInt8], from start: Int, _ group: Range<Int>?) -> Set<Way> {
    switch syntax {
    case .nothing: return [Way(end: start, group: group)]
    case .byte(let set):
      return start < octets.count && set.contains(octets[start]) ? [Way(end: start + 1, group: group)] : []
    case .assertion(let assertion): return assertion.holds(octets, at: start) ? [Way(end: start, group: group)] : []
    case .sequence(let parts):
      return parts.reduce([Way(end: start, group: group)]) { found, part in
        found.reduce(into: Set()) { $0.formUnion(ways(part, octets, from: $1.end, $1.group)) }
      }
    case .choice(let parts):
      return parts.reduce(into: Set()) { $0.formUnion(ways($1, octets, from: start, group)) }
    case .group(let inside, let number):
      return Set(
        ways(inside, octets, from: start, group).map { Way(end: $0.end, group: number == 1 ? start..<$0.end : $0.group) })
    case .repetition(let part, let least, let most):
      var (found, reached): (Set<Way>, Set<Way>) = ([], [Way(end: start, group: group)])
      for number in 0...(most ?? least + octets.count + 1) {
        if number >= least { found.formUnion(reached) }
        reached = reached.reduce(into: Set()) { $0.formUnion(ways(part, octets, from: $1.end, $1.group)) }
      }
      return found
    }
  }

  @Test("The same as a matcher that tries everything, and as the C library's")
  func others() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("expressions from seed \(seed)")
    var random = Randomness.seeded(seed)
    for _ in 0..<3000 {
      let pattern = Self.randomPattern(&random, depth: 3)
      let text = Self.randomText(&random)
      let octets = Array(text.utf8)
      var reader = RegularSyntaxReader(pattern)
      let syntax = try reader.read()
      let match = try RegularExpression(pattern).match(text)
      let expected = (0...octets.count).lazy.compactMap { start -> (Int, Set<Way>)? in
        let ways = Self.ways(syntax, octets, from: start, nil)
        return ways.isEmpty ? nil : (start, ways)
      }.first
      let end = expected?.1.map(\.end).max()
      #expect(match?.range == expected.flatMap { found in end.map { found.0..<$0 } }, "\(pattern) in \(text)")
      let groups = Set((expected?.1 ?? []).filter { $0.end == end }.map(\.group))
      if let match {
        #expect(groups.contains(match.group) || match.group?.isEmpty == true, "\(pattern) in \(text): \(match) of \(groups)")
      }
      #expect(Self.cLibrary(pattern, text) == match?.range, "\(pattern) in \(text), by the C library")
    }
  }

  private static func cLibrary(_ pattern: String, _ text: String) -> Range<Int>? {
    var compiled = regex_t()
    guard regcomp(&compiled, pattern, REG_EXTENDED) == 0 else { return nil }
    defer { regfree(&compiled) }
    var matches = [regmatch_t](repeating: regmatch_t(), count: 2)
    guard regexec(&compiled, text, 2, &matches, 0) == 0 else { return nil }
    return Int(matches[0].rm_so)..<Int(matches[0].rm_eo)
  }
}
