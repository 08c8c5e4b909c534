import Testing

@testable import Dialplan

/// Rules observed on Asterisk 22, and ours where it has none.
@Suite("Reading .conf files")
struct SourceReaderTests {
  private func read(_ text: String, _ others: [String: String] = [:]) -> SourceText {
    SourceReader.read("a.conf", from: SourceFiles(others.merging(["a.conf": text]) { $1 }))
  }

  /// `section: key=value` of each line.
  private func lines(_ text: SourceText) -> [String] {
    text.sections.flatMap { section in section.lines.map { "\(section.name): \($0.key)=\($0.value)" } }
  }

  private func described(_ text: SourceText) -> [String] { text.findings.all.map(\.description) }

  @Test("Keys and values, with = and with =>, without the blanks around them")
  func values() {
    let text = read("\u{FEFF}[a]\r\n\tone = 1 \r\ntwo=>2\r\nthree = >3\nfour\t=>\t a  b\nfive=\nb+ = c\n")
    #expect(lines(text) == ["a: one=1", "a: two=2", "a: three=>3", "a: four=a  b", "a: five=", "a: b+=c"])
    #expect(described(text) == [])
  }

  @Test("A ; begins a comment, \\; is a semicolon")
  func comments() {
    let text = read("[a] ; x\nk = a;b ;-- c --; d\n;l = m\nn = o\\;p\\\\;q ; r\ns = t\\,u\n")
    #expect(lines(text) == ["a: k=a", "a: n=o;p\\;q", "a: s=t\\,u"])
    #expect(described(text) == [])
  }

  @Test("Blocks from ;-- to --; nest, over many lines; three dashes begin none, and ;--; ends none")
  func blocks() {
    let text = read(
      """
      [a]
      b = c ;-- d --; e
      ;-- one
      f = g ;-- two --;
      h = i
      --;j = k
      ;--- l
      m = n
      ; o ;-- p
      q = r;--;
      s = t
      --;
      u = v
      """)
    #expect(lines(text) == ["a: b=c  e", "a: j=k", "a: m=n", "a: q=r", "a: u=v"])
    #expect(described(text) == [])
    let open = read("[a]\nb = c\n  ;-- d\ne = f\n")
    #expect(lines(open) == ["a: b=c"])
    #expect(open.findings.all.map(\.place) == [SourcePlace("a.conf", line: 3, column: 3)])
    #expect(open.findings.all.map(\.severity) == [.warning])
  }

  @Test("Places are those of the file, whatever was left out before them")
  func places() throws {
    let text = read("[a]\n  k;--x--;ey =  v\\;w ;-- y --; z\n")
    let line = try #require(text.sections.first?.lines.first)
    #expect(line.key == "key" && line.value == "v;w  z")
    #expect(line.place == SourcePlace("a.conf", line: 2, column: 3))
    // v, ;, w, z
    #expect([0, 1, 2, 5].map { line.place(ofByte: $0).column } == [17, 19, 20, 32])
    #expect(line.place(ofByte: 1000).column == 33)
  }

  @Test("A line of 8191 bytes is read, a longer one is passed over")
  func longLines() {
    let key = "k = "
    let fits = key + String(repeating: "v", count: SourceReader.maximumLineLength - key.utf8.count)
    let text = read("[a]\n\(fits)\n\(fits)v\nl = m\n")
    #expect(text.sections.first?.lines.map(\.key) == ["k", "l"])
    #expect(text.findings.all.map(\.place) == [SourcePlace("a.conf", line: 3, column: SourceReader.maximumLineLength + 1)])
  }

  @Test("What is no line is said: without =, with a zero byte, not in UTF-8, unknown directives")
  func badLines() {
    let text = SourceReader.read(
      "a.conf",
      from: SourceFiles([
        SourceFiles.File("a.conf", Array("[a]\nfoo bar\nk = \0\n#inlcude x\n#exec ls\nu = M".utf8) + [0xFC, 0x0A])
      ]))
    #expect(text.findings.all.map(\.place.line) == [2, 3, 4, 5, 6])
    #expect(!text.findings.hasErrors)
    #expect(text.findings.all[2].advice == "Did you mean #include?")
    #expect(lines(text) == ["a: u=M\u{FFFD}"])
  }

  // MARK: Sections

  @Test("Templates and parents: what is inherited comes first, in the order of the list")
  func inheritance() {
    let text = read(
      """
      [t](!)
      a = 1
      [u]
      b = 2
      [v](t,u)
      c = 3
      [t](+)
      a = 4
      [w](t)
      """)
    #expect(
      lines(text) == ["t: a=1", "t: a=4", "u: b=2", "v: a=1", "v: b=2", "v: c=3", "w: a=1", "w: a=4"])
    #expect(text.sections.map(\.isTemplate) == [true, false, false, false])
    #expect(described(text) == [])
  }

  @Test("(+) continues the first section of the name; without it a name comes again")
  func continued() {
    let text = read("[a]\nk = 1\n[b]\n[a](+)\nk = 2\n[a]\nk = 3\n")
    #expect(text.sections.map(\.name) == ["a", "b", "a"])
    #expect(lines(text) == ["a: k=1", "a: k=2", "a: k=3"])
  }

  @Test("+= adds to the last value of the key")
  func appended() {
    let text = read("[a]\nk = 1\nk = 2\nl = 3\nk += ,4\nk += 5\nm += 6\n")
    #expect(lines(text) == ["a: k=1", "a: k=2,45", "a: l=3", "a: m=6"])
    #expect(text.findings.all.map(\.place.line) == [7])
  }

  @Test("A backslash protects a first character that would mean something")
  func escapedKeys() {
    let text = read("[a]\n\\[x] = 1\n\\#include y = 2\n\\\\z = 3\n")
    #expect(lines(text) == ["a: [x]=1", "a: #include y=2", "a: \\z=3"])
  }

  @Test(
    "What Asterisk refuses the whole file for is an error at its place",
    arguments: [
      ("k = v\n[a]\n", 1, 1), ("[a]\n[b\n", 2, 1), ("[a]\n [b](!\n", 2, 5), ("[a](b)\n", 1, 4), ("[a](+)\n", 1, 4),
      ("[a]\n  #include none.conf\n", 2, 3), ("[a]\n#include ../b.conf\n", 2, 1), ("[a]\n#include /etc/passwd\n", 2, 1),
      ("[a]\n#include a.conf\n", 2, 1), ("[a](a)\n", 1, 4),
    ])
  func refused(text: String, line: Int, column: Int) {
    let findings = read(text).findings.all
    #expect(findings.map(\.severity) == [.error])
    #expect(findings.map(\.place) == [SourcePlace("a.conf", line: line, column: column)])
  }

  @Test("Behind a section's name only what stands in parentheses is read, and only without a blank")
  func behindNames() {
    let text = read("[a] (!)\n[b] c\n[d](!) e\n")
    #expect(text.sections.map(\.isTemplate) == [false, false, true])
    #expect(text.findings.all.map(\.place.line) == [1, 2, 3])
    #expect(!text.findings.hasErrors)
  }

  // MARK: Includes

  @Test("An included file begins in the section that was opened last anywhere; the including one goes on in its own")
  func includes() {
    let text = read(
      "[c]\n#include x_a.conf\nm = 1\n#include \"x_b.conf\"\nm = 2\n#tryinclude x_none.conf\n#include <x_c.conf>\nm = 3\n",
      ["x_a.conf": "a = 1\n", "x_b.conf": "[new]\nb = 1\n", "x_c.conf": "c = 1"])
    #expect(lines(text) == ["c: a=1", "c: m=1", "c: m=2", "c: m=3", "new: b=1", "new: c=1"])
    #expect(text.sections.last?.lines.last?.place.description == "x_c.conf:1:1")
    #expect(described(text) == [])
  }

  @Test(
    "Wildcards name files in the order of their names, never hidden ones; whole paths of Asterisk's own folder are meant here")
  func wildcards() {
    let text = read(
      "[c]\n#include sites/*.conf\n#include /etc/asterisk/sites/b.conf\n#include none/?.conf\n",
      ["sites/b.conf": "k = b\n", "sites/a.conf": "k = a\n", "sites/.c.conf": "k = c\n", "sites/deep/d.conf": "k = d\n"])
    #expect(lines(text) == ["c: k=a", "c: k=b", "c: k=b"])
    #expect(text.findings.all.map(\.severity) == [.warning])
    #expect(text.findings.all.first?.what == "No file matches none/?.conf.")
  }

  @Test(
    "Patterns match as a shell's",
    arguments: [
      ("*.conf", "a.conf", true), ("*.conf", "a.conf.bak", false), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false),
      ("[ab]?.conf", "bx.conf", true), ("[!ab]?.conf", "bx.conf", false), ("[a-c]*", "c", true), ("x[", "x[", true),
      ("*", ".hidden", false), ("./d/*", "d/e", true), ("d/*", "d/e/f", false),
    ])
  func patterns(pattern: String, path: String, matches: Bool) throws {
    #expect(try SourcePattern(pattern).matches(path) == matches)
  }

  @Test("No path leads out", arguments: ["../a", "a/../../b", "/a", "~/a", "", "/", ".", "a\0b", "/etc/asterisk/../x"])
  func confined(path: String) { #expect(throws: SourcePattern.Refusal.self) { try SourcePattern(path) } }

  @Test("A lender's refusal is an error in its words")
  func lender() {
    let text = SourceReader.read("a.conf", from: SourceFiles { _ in .refused("The disk does not answer.") })
    #expect(described(text) == ["a.conf:1:1: error: The disk does not answer."])
    let none = SourceReader.read("a.conf", from: SourceFiles([:]))
    #expect(described(none) == ["a.conf:1:1: error: There is no file a.conf."])
  }

  @Test("Files that include each other without end are found, with the way they took")
  func cycles() {
    let text = read("[a]\n#include b.conf\n", ["b.conf": "#include c.conf\n", "c.conf": "k = v\n#include b.conf\n"])
    #expect(text.findings.all.map(\.place.description) == ["c.conf:2:1"])
    #expect(text.findings.all.first?.advice?.contains("a.conf → b.conf → c.conf → b.conf") == true)
  }

  // MARK: Comments for us

  @Test("Comments that begin with ;@ belong to their line or the next; others are comments")
  func annotations() throws {
    let text = read("[a]\n;@label  Sales \nk = v\nl = w ;@label Help;x\n;@test x\n[b]\nm = n\n; @label no\n\\;@x = y\n")
    #expect(text.annotations.map(\.name) == ["label", "label", "test"])
    #expect(text.annotations.map(\.text) == ["Sales", "Help;x", "x"])
    #expect(text.annotations.map(\.place.column) == [10, 15, 8])
    #expect(text.sections.flatMap { $0.lines.map(\.annotations) } == [0..<1, 1..<2, 3..<3, 3..<3])
  }
}
