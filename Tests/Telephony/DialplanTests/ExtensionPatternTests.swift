import Testing
import Wire

@testable import Dialplan

@Suite("Extension patterns")
struct ExtensionPatternTests {
  @Test(
    "What fits what",
    arguments: [
      ("100", "100", true), ("100", "10", false), ("100", "1000", false), ("555-1234", "5551234", true),
      ("5551234", "555-12-34", true), ("s", "s", true), ("s", "S", false), ("foo.", "foox", false),
      ("_X.", "1", false), ("_X.", "12", true), ("_X!", "1", true), ("_X!", "123", true), ("_.", "", false), ("_!", "", true),
      ("_1NX", "123", true), ("_1NX", "113", false), ("_1nx", "123", true), ("_1zx", "103", false), ("_Z", "0", false),
      ("_[13-5]", "4", true), ("_[13-5]", "2", false), ("_[-1]", "-1", true), ("_[1-]", "1", true), ("_[5-1]", "3", false),
      ("_[a-c]X", "b7", true), ("_[a-c]X", "B7", false), ("_1[]2", "12", true), ("_555-XXXX", "5551234", true),
      ("_*X", "*1", true), ("_#!", "#", true), ("_+1.", "+15", true), ("_[1,2]X", ",5", true), ("_1.2", "19", true),
      ("_1!2", "1", true), ("_[12", "1", false), ("_[12", "_[12", false), ("_2XX", "_2XX", true), ("_2XX", "_2[0-9]X", true),
      ("_2XX", "_2NX", false),
      ("_.", "_2XX", true), ("2XX", "_2XX", false), ("_äX", "ä1", true),
    ])
  func fits(pattern: String, dialled: String, expected: Bool) {
    #expect(ExtensionPattern(pattern).matches(dialled) == expected)
  }

  @Test("Digits on their way: begun, whole, open, final")
  func onTheWay() {
    let fits: [(String, String, ExtensionPattern.Fit)] = [
      ("100", "", .begun), ("100", "10", .begun), ("100", "100", .whole), ("100", "11", .none), ("_4.", "4", .begun),
      ("_4.", "41", .open), ("_5!", "5", .final), ("_5!", "51", .final), ("_5!", "", .begun), ("_XX", "1", .begun),
      ("_XX", "12", .whole), ("_XX", "123", .none), ("_X[9", "1", .none),
    ]
    for (pattern, dialled, expected) in fits {
      #expect(ExtensionPattern(pattern).fit(dialled) == expected, "\(pattern) \(dialled)")
    }
  }

  @Test("The order in which patterns are tried, as observed")
  func order() {
    let ordered = [
      "#", "*1", "10", "100", "s", "_100.", "_10X", "_10.", "_12", "_1[23]", "_1[24]", "_1[34]", "_1[2-4]", "_1N", "_1Z", "_1X",
      "_1.", "_1!", "_1", "_[12]X", "_[1-3]2", "_NX", "_ZX", "_XX", "_X.", "_X!", "_X", "_.", "_!", "_", "_[",
    ].map { ExtensionPattern($0) }
    var random = Randomness.seeded(1)
    #expect(ordered.shuffled(using: &random).sorted().map(\.text) == ordered.map(\.text))
  }

  @Test("The same in other words is a duplicate")
  func equal() {
    for (one, other) in [
      ("_NX", "_[2-9]X"), ("_n", "_N"), ("555-1234", "5551234"), ("_1-2", "_12"), ("_[]1", "_1"), ("_[1]", "_1"),
      ("_[3-5]", "_[543]"), ("_[0-9]", "_x"),
    ] {
      #expect(ExtensionPattern(one) == ExtensionPattern(other))
      #expect(ExtensionPattern(one).hashValue == ExtensionPattern(other).hashValue)
    }
    for (one, other) in [("_1", "1"), ("_1.", "_1!"), ("_1.2", "_1.3"), ("e\u{301}", "\u{e9}")] {
      #expect(ExtensionPattern(one) != ExtensionPattern(other))
    }
  }

  @Test(
    "The first that matches in the order is the one that Asterisk takes",
    arguments: [
      (
        ["_10X", "_1X0", "_1XX", "_X00", "_1X.", "_100.", "_10.", "_1."],
        [
          "100": "_10X", "101": "_10X", "110": "_1X0", "111": "_1XX", "200": "_X00", "1000": "_100.", "1012": "_10.",
          "1122": "_1X.", "10": "_1.", "12": "_1.",
        ]
      ),
      (
        ["_X.", "_XX", "_1X", "_ZX", "_NX", "_[1-3]2", "_1N", "_1Z", "_12", "12", "_[12]X", "_1."],
        [
          "12": "12", "13": "_1N", "10": "_1X", "11": "_1Z", "22": "_[12]X", "23": "_[12]X", "92": "_NX", "42": "_NX",
          "123": "_1.", "456": "_X.", "02": "_XX",
        ]
      ),
      (
        ["_9.", "_011.", "_1NXXNXXXXXX", "_NXXNXXXXXX", "_X11", "911", "_91900NXXXXXX", "_91NXXNXXXXXX", "_00.", "_0"],
        [
          "911": "911", "411": "_X11", "2125551212": "_NXXNXXXXXX", "12125551212": "_1NXXNXXXXXX",
          "919005551212": "_91900NXXXXXX", "912125551212": "_91NXXNXXXXXX", "9112": "_9.", "01144207": "_011.", "001": "_00.",
          "0": "_0", "0115": "_011.",
        ]
      ),
      (
        [
          "555-1234", "_555-XXXX", "_[a-c]X", "_a-b", "_X-X", "_*X", "_#!", "_+1.", "_[F-G]OO", "foobar", "_foo.",
        ],
        [
          "5551234": "555-1234", "555-1234": "555-1234", "5-559999": "_555-XXXX", "b1": "_[a-c]X", "ab": "_a-b", "1-2": "_X-X",
          "*1": "_*X", "#": "_#!", "#1": "_#!", "+15": "_+1.", "foobar": "foobar", "foobaz": "_foo.", "FOO": "_[F-G]OO",
        ]
      ),
    ])
  func observed(patterns: [String], answers: [String: String]) {
    for reversed in [false, true] {
      let written = reversed ? Array(patterns.reversed()) : patterns
      let sorted = written.map { ExtensionPattern($0) }.sorted()
      for (dialled, expected) in answers {
        #expect(sorted.first { $0.matches(dialled) }?.text == expected, "\(dialled)")
      }
    }
  }

  @Test("An extension of any length is a value; a too long one matches nothing and says so")
  func limit() {
    let longest = String(repeating: "1", count: ExtensionPattern.maximumLength)
    #expect(ExtensionPattern(longest).matches(longest) && ExtensionPattern(longest).trouble == nil)
    for text in [longest + "1", "_" + longest] {
      let pattern = ExtensionPattern(text)
      #expect(!pattern.matches(longest + "1") && !pattern.matches(longest) && pattern.trouble != nil)
    }
    #expect(ExtensionPattern("_1[2").trouble != nil)
  }

  @Test(
    "Callers: written for the eye, matched like extensions, and none is for who tells no number",
    arguments: [
      ("5551234", "5551234", true), ("(555) 12-34", "5551234", true), ("555.1234", "5551234", true),
      ("_555X.", "5559999", true),
      ("_[5-7]X", "61", true), ("_555X.", "5559", false), ("5551234", nil, false), ("", nil, true), ("", "1", false),
      ("", "", true),
      ("_.", nil, false), ("_!", nil, false),
    ] as [(String, String?, Bool)])
  func callers(pattern: String, caller: String?, expected: Bool) {
    #expect(CallerPattern(pattern).matches(caller) == expected)
  }

  // MARK: Properties

  /// A pattern that looks like those that people write, and now and then like none.
  private static func pattern(using random: inout Randomness) -> String {
    let pieces = [
      "0", "1", "2", "9", "X", "x", "Z", "n", "N", "[12]", "[1-3]", "[3-1]", "[]", "[", "-", ".", "!", "*", "a", "]",
    ]
    let count = Int.random(in: 0...5, using: &random)
    let usual = Int.random(in: 0..<4, using: &random) > 0 ? 13 : pieces.count
    let text = (0..<count).map { _ in pieces[Int.random(in: 0..<usual, using: &random)] }.joined()
    return Bool.random(using: &random) ? "_" + text : text
  }

  private static func dialled(using random: inout Randomness) -> String {
    let keys = ["0", "1", "2", "3", "9", "*", "a", "-", "]", "_"]
    return (0..<Int.random(in: 0...5, using: &random)).map { _ in keys[Int.random(in: 0..<keys.count, using: &random)] }
      .joined()
  }

  /// The rules once more, letter by letter, slowly.
  private static func naive(_ pattern: [Character], _ dialled: [Character]) -> Bool {
    guard let first = pattern.first else { return dialled.isEmpty }
    let rest = Array(pattern.dropFirst())
    func one(_ allowed: String) -> Bool {
      guard let digit = dialled.first, allowed.contains(digit) else { return false }
      return naive(rest, Array(dialled.dropFirst()))
    }
    switch first {
    case "-": return naive(rest, dialled)
    case "X", "x": return one("0123456789")
    case "Z", "z": return one("123456789")
    case "N", "n": return one("23456789")
    case ".": return !dialled.isEmpty
    case "!": return true
    case "[":
      guard let end = rest.firstIndex(of: "]") else { return false }
      let set = String(rest[..<end])
      let members = ["": "", "12": "12", "1-3": "123", "3-1": "", "[12": "[12", "[1-3": "[123"][set] ?? set
      let after = Array(rest[(end + 1)...])
      guard !members.isEmpty else { return naive(after, dialled) }
      guard let digit = dialled.first, members.contains(digit) else { return false }
      return naive(after, Array(dialled.dropFirst()))
    default: return one(String(first))
    }
  }

  private static func isUnclosed(_ pattern: String) -> Bool {
    var rest = Substring(pattern)
    while let start = rest.firstIndex(of: "[") {
      guard let end = rest[start...].firstIndex(of: "]") else { return true }
      rest = rest[rest.index(after: end)...]
    }
    return false
  }

  @Test("Agrees with a naive matcher", arguments: 0..<50 as Range<UInt64>)
  func naively(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var matches = 0
    for _ in 0..<400 {
      let text = Self.pattern(using: &random)
      let dialled = Self.dialled(using: &random)
      let plain = dialled.filter { $0 != "-" }
      let expected =
        text.hasPrefix("_")
        ? !Self.isUnclosed(text) && Self.naive(Array(text.dropFirst()), Array(plain)) || self.isSamePattern(text, dialled)
        : text.filter { $0 != "-" } == plain
      #expect(ExtensionPattern(text).matches(dialled) == expected, "seed \(seed): \(text) \(dialled)")
      if expected { matches += 1 }
    }
    #expect(matches > 5, "seed \(seed)")
  }

  private func isSamePattern(_ text: String, _ dialled: String) -> Bool {
    dialled.hasPrefix("_") && !Self.isUnclosed(text) && ExtensionPattern(text) == ExtensionPattern(dialled)
  }

  @Test("What is begun can be finished, what is final or open goes on", arguments: 0..<50 as Range<UInt64>)
  func growing(seed: UInt64) {
    var random = Randomness.seeded(seed)
    for _ in 0..<400 {
      let pattern = ExtensionPattern(Self.pattern(using: &random))
      let dialled = Self.dialled(using: &random)
      for count in 0...dialled.utf8.count {
        let fit = pattern.fit(String(dialled.prefix(count)))
        let longer = pattern.fit(dialled)
        let note = "seed \(seed): \(pattern) \(dialled) after \(count)"
        switch fit {
        case .none: #expect(longer == .none, "\(note)")
        case .open, .final: #expect(longer == fit, "\(note)")
        case .whole: #expect(longer == (dialled.dropFirst(count).allSatisfy { $0 == "-" } ? .whole : .none), "\(note)")
        case .begun: break
        }
      }
    }
  }

  @Test("The order is strict and total, and equal ones match the same", arguments: 0..<50 as Range<UInt64>)
  func totalOrder(seed: UInt64) {
    var random = Randomness.seeded(seed)
    let all = (0..<60).map { _ in ExtensionPattern(Self.pattern(using: &random)) }
    let sorted = all.sorted()
    for (index, one) in sorted.enumerated() {
      #expect(!(one < one), "seed \(seed): \(one)")
      for other in sorted[(index + 1)...] {
        // In a sorted list nothing may stand before what comes before it: with both ways tried, this is transitivity.
        #expect(
          one == other ? !(one < other) && !(other < one) : one < other && !(other < one), "seed \(seed): \(one) \(other)")
        if one == other {
          let dialled = Self.dialled(using: &random)
          #expect(one.fit(dialled) == other.fit(dialled) && one.hashValue == other.hashValue, "seed \(seed): \(one) \(other)")
        }
      }
    }
  }
}
