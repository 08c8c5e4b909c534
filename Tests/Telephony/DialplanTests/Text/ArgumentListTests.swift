import Testing

@testable import Dialplan

@Suite("Arguments")
struct ArgumentListTests {
  @Test(
    "Split at commas, without quotes and backslashes",
    arguments: [
      ("a,b", ["a", "b"]), ("", []), (",", ["", ""]), ("a,", ["a", ""]), (" a , b ", [" a ", " b "]),
      ("f(a,b),c", ["f(a,b)", "c"]),
      ("[1,2],c", ["[1,2]", "c"]), ("\"a,b\",c", ["a,b", "c"]), ("a\\,b,c", ["a,b", "c"]), ("a\\\\,b", ["a\\", "b"]),
      ("a)b,c", ["a)b", "c"]), ("(a,b", ["(a,b"]), ("x\"y\"z", ["xyz"]), ("a\\", ["a"]), ("grüß,e", ["grüß", "e"]),
    ])
  func standard(text: String, expected: [String]) { #expect(ArgumentList(text).arguments == expected) }

  @Test(
    "As they were written, for subroutines",
    arguments: [("a,\"b c\",d\\,e,,f", ["a", "\"b c\"", "d\\,e", "", "f"]), ("\"a,b\"", ["\"a,b\""]), ("a\\", ["a\\"])])
  func raw(text: String, expected: [String]) { #expect(ArgumentList.raw(text) == expected) }

  @Test("The last of a limited number holds the rest as it was written")
  func limited() {
    #expect(ArgumentList("3,a,\"b\",c\\d", limit: 2).arguments == ["3", "a,\"b\",c\\d"])
    #expect(ArgumentList("3", limit: 2).arguments == ["3"])
    #expect(ArgumentList("a,\"b\"", limit: 1).arguments == ["a,\"b\""])
    #expect(ArgumentList("c?a:b", limit: 2, separator: UInt8(ascii: "?")).arguments == ["c", "a:b"])
  }

  @Test("More arguments than there may be are the last one's")
  func limit() {
    let text = String(repeating: "x,", count: ArgumentList.maximumArguments) + "y"
    #expect(ArgumentList(text).count == ArgumentList.maximumArguments)
    #expect(ArgumentList(text).arguments.last == "x,y")
  }

  @Test("What was not written is empty")
  func missing() {
    let list = ArgumentList("a,,c")
    #expect(list[1] == "" && list[7] == "" && list[-1] == "")
    #expect(list.given(0) == "a" && list.given(1) == nil && list.given(7) == nil)
  }

  @Test(
    "True and false, observed",
    arguments: [
      ("", false), ("0", false), ("00", false), ("0.5", false), ("0x", false), (" 0", false), ("-0", false), ("1", true),
      ("-1", true), ("abc", true), (" ", true), ("4294967296", true), ("0abc", false), ("+", true), ("007", true),
    ])
  func truth(text: String, expected: Bool) { #expect(Truth.holds(text) == expected) }
}
