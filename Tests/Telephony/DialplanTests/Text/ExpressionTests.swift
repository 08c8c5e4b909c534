import Testing

@testable import Dialplan

@Suite("Expressions")
struct ExpressionTests {
  private static func value(_ text: String) -> String {
    var caller = Caller()
    return (try? Expression.value(of: text, in: &caller.run)) ?? "pending"
  }

  private static func complaints(_ text: String) -> Int {
    var caller = Caller()
    _ = try? Expression.value(of: text, in: &caller.run)
    return caller.sentences().count
  }

  @Test(
    "Reckoning",
    arguments: [
      ("1+2", "3"), ("7/2", "3.5"), ("1/3", "0.333333333333333333"), ("0.1+0.2", "0.3"), ("007", "007"), ("1.0", "1.0"),
      ("1.0 + 0", "1"), ("2 + 3 * 4", "14"), ("(2 + 3) * 4", "20"), ("10 - 4 - 3", "3"), ("7 % 3", "1"), ("-7 % 3", "-1"),
      ("- 5", "-5"), ("--5", "5"), ("2 * -3 + 4", "-2"), ("99999999999 * 10", "999999999990"), ("100 / 8 / 2", "6.25"),
    ])
  func arithmetic(text: String, expected: String) {
    #expect(Self.value(text) == expected)
    #expect(Self.complaints(text) == 0)
  }

  @Test(
    "Comparing",
    arguments: [
      ("1 = 1", "1"), ("1 == 1.0", "1"), ("10 > 9", "1"), ("abc > abd", "0"), ("a10 < a9", "1"), ("1 != 2", "1"),
      ("\"a\" = a", "0"), ("\"1\" = 1", "0"), ("\"a\" = \"a\"", "1"), ("\"\" = \"\"", "1"), ("2 >= 2", "1"), ("2 <= 1", "0"),
      ("1 + 1 = 2", "1"), ("1 = 1 & 2 = 3", "0"), ("1 = 2 | 2 = 2", "1"), ("grüße = grüße", "1"),
    ])
  func comparison(text: String, expected: String) { #expect(Self.value(text) == expected) }

  @Test(
    "And, or, not, if",
    arguments: [
      ("abc | def", "abc"), ("0 | def", "def"), ("007 & x", "007"), ("0 & 1", "0"), ("a & 0", "0"), ("!0", "1"), ("!1", "0"),
      ("!abc", "1"), ("!5x", "0"), ("1 ? yes :: no", "yes"), ("0 ? yes :: no", "no"), ("abc ? yes :: no", "yes"),
      ("\"\" ? yes :: no", "no"), ("1 > 0 ? \"a b\" :: c", "\"a b\""), ("2 = 2 ? ok :: bad", "ok"),
      ("0 ? a :: 1 ? b :: c", "b"),
      ("1 ? 0 ? a :: b :: c", "b"), ("1 || 0", "1"), ("1 && 2", "1"),
    ])
  func logic(text: String, expected: String) { #expect(Self.value(text) == expected) }

  @Test(
    "What is wrong has a value and a complaint, observed",
    arguments: [
      ("abc + 1", "1"), ("1 + abc", "1"), ("abc - 1", "-1"), ("abc * 2", "0"), ("4 / abc", "2147483647"), ("abc / 4", "0"),
      ("4 / 0", "2147483647"), ("4 % 0", "0"), ("1 +", "0"), ("1 2", "1"), ("hello world", "hello"), (" = 1", ""),
      ("1 = ", "0"),
      ("- abc", "0"), ("(1", "0"), ("1 + 2 3", "3"), ("1 ? 2", "0"), ("1)", "1"), ("1 [ 2", "1"), ("\"open", "open"),
      ("NOSUCH(1)", "0"), ("POW(1)", "0"),
    ])
  func errors(text: String, expected: String) {
    #expect(Self.value(text) == expected)
    #expect(Self.complaints(text) > 0)
  }

  @Test("Nothing is nothing", arguments: ["", " ", "\t"])
  func nothing(text: String) {
    #expect(Self.value(text) == "")
    #expect(Self.complaints(text) == 0)
  }

  @Test(
    "Functions",
    arguments: [
      ("ABS(-5)", "5"), ("ROUND(2.5)", "3"), ("RINT(2.5)", "2"), ("FLOOR(-1.5)", "-2"), ("CEIL(1.2)", "2"),
      ("TRUNC(-1.7)", "-1"),
      ("SQRT(2) * SQRT(2) > 1.99", "1"), ("POW(2, 10)", "1024"), ("LOG10(1000)", "3"), ("EXP(0)", "1"), ("SIN(0)", "0"),
      ("COS(0) + 1", "2"), ("ATAN2(0, 1)", "0"), ("TRUNC(7 / 2)", "3"), ("REMAINDER(7, 2)", "-1"),
    ])
  func functions(text: String, expected: String) { #expect(Self.value(text) == expected) }

  @Test("Parentheses deeper than allowed are not read")
  func depth() {
    func nested(_ depth: Int) -> String { String(repeating: "(", count: depth) + "7" + String(repeating: ")", count: depth) }
    #expect(Self.value(nested(Expression.maximumDepth - 1)) == "7")
    #expect(Self.value(nested(Expression.maximumDepth)) == "0")
    #expect(Self.value(String(repeating: "!", count: 100_000) + "1") == "0")
  }
}
