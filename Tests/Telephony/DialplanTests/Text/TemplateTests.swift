import Testing

@testable import Dialplan

@Suite("Templates")
struct TemplateTests {
  private static func expand(_ text: String, _ variables: [String: String] = [:]) -> String {
    var caller = Caller(variables)
    return caller.expand(text)
  }

  @Test(
    "What stays as it is",
    arguments: ["", "plain", "a lone $", "$V", "$(x)", "{x}", "100%", "$", "grüß ü", "a}b]c", "$$", "\\$"])
  func literal(text: String) {
    #expect(Self.expand(text) == text)
    #expect(Template(text).isLiteral && Template(text).mentions.isEmpty)
  }

  @Test(
    "Substrings, observed",
    arguments: [
      ("${V:2}|${V:2:3}|${V:-3}|${V:-3:2}|${V:2:-2}|${V:20}|${V:0:0}|${V:5:100}", "23456789|234|789|78|234567|||56789"),
      (
        "${V:-20:3}|${V:3:-20}|${V:-5:-2}|${V:0:-1}|${V:+2}|${V:0:1}|${V:10}|${V:9}", "012||567|012345678|23456789|0||9"
      ),
      ("${EXTEN:1}|${EXTEN:-2:1}|${UNSET:1}", "00|0|"), ("${V:${I}}|${V:${I}:$[${I} - 2]}|${V:$[${I}+1]:-1}", "456789|45|5678"),
      ("${V::3}|${V:x:3}|${V: 8}|${V:}", "0123456789|0123456789|89|0123456789"),
    ])
  func substrings(text: String, expected: String) {
    #expect(Self.expand(text, ["V": "0123456789", "I": "4"]) == expected)
  }

  @Test(
    "Names in names",
    arguments: [
      ("${${N}}", "value"), ("${V${I}}", "four"), ("${${N}:1:2}", "al"), ("${${C}}", "al"), ("$[${V${I}} = four]", "1"),
      ("a${N}b${N}", "aVALbVAL"), ("${EMPTY}${missing}", ""), ("${R}", "${N}"),
    ])
  func nesting(text: String, expected: String) {
    let variables = ["N": "VAL", "VAL": "value", "I": "4", "V4": "four", "C": "VAL:1:2", "EMPTY": "", "R": "${N}"]
    #expect(Self.expand(text, variables) == expected)
  }

  @Test("What every call has, then its own variables, then globals; an empty variable hides a global")
  func scopes() {
    var caller = Caller(exten: "7", ["OWN": "o", "HIDDEN": "", "EXTEN": "no"], globals: ["OWN": "g", "HIDDEN": "g", "G": "g"])
    #expect(caller.expand("${EXTEN} ${CONTEXT} ${PRIORITY} ${CHANNEL} ${UNIQUEID}") == "7 c 1 WebRTC/1 1.1")
    #expect(caller.expand("${OWN}${HIDDEN}${G}${own}") == "og")
    #expect(caller.expand("${HANGUPCAUSE} ${EPOCH} ${HINT}${SYSTEMNAME}") == "0 1764000000 ")
    #expect(caller.sentences().isEmpty)
  }

  @Test("A cut inside a character falls back to its beginning")
  func characters() {
    #expect(Self.expand("${V:1}|${V:2}|${V:0:2}|${V:3}|${V:1:1}", ["V": "xüy"]) == "üy|üy|x|y|")
  }

  @Test("An unclosed bracket takes the rest as name, and says where")
  func unclosed() {
    let place = SourcePlace("extensions.conf", line: 7, column: 20)
    let template = Template("x ${EXTEN")
    #expect(Self.expand("x ${EXTEN") == "x 100")
    #expect(template.findings(at: place).map(\.place) == [place.advanced(by: 2)])
    #expect(template.findings(at: place).first?.severity == .warning)
    #expect(Self.expand("$[1 + 2") == "3" && Template("$[1 + 2").findings(at: place).count == 1)
    #expect(Template("${A}$[1 + 2]").findings(at: place).isEmpty)
  }

  @Test("An expression that nothing is put into is worked out once, and found wanting while the plan loads")
  func constants() {
    let template = Template("a$[1 + 2]b")
    guard case .pieces(let pieces) = template.content, case .literal("3") = pieces[1] else {
      Issue.record("not worked out: \(template.content)")
      return
    }
    #expect(Template("$[1 +]").findings(at: SourcePlace("f", line: 1)).count == 1)
    #expect(!template.isLiteral)
  }

  @Test("What is named is known, and where")
  func mentions() {
    let mentions = Template("a ${EXTEN:1} ${LEN(${B})} ${X${C}}").mentions
    #expect(mentions.map(\.name) == ["EXTEN", "B", "LEN", "C"])
    #expect(mentions.map(\.offset) == [4, 21, 15, 31])
    #expect(mentions[2].kind == .function(arguments: "…"))
  }

  @Test("While a plan loads its globals are known, and nothing of a call")
  func globals() {
    #expect(Template("${A}-${EXTEN}-${B:1}-$[${A} + 1]").expanded(globals: ["A": "1", "B": "xyz"]) == "1--yz-2")
  }

  @Test("Brackets deeper than allowed are taken as they are written")
  func nestingLimit() {
    func nested(_ depth: Int) -> String { String(repeating: "${", count: depth) + String(repeating: "}", count: depth) }
    let place = SourcePlace("f", line: 1)
    #expect(Template(nested(Template.maximumNesting)).findings(at: place).isEmpty)
    #expect(Template(nested(Template.maximumNesting + 1)).findings(at: place).count == 1)
  }

  @Test("A text that grows too long is cut off, and the log says so")
  func lengthLimit() {
    var caller = Caller(["A": String(repeating: "x", count: Template.maximumLength / 2)])
    #expect(caller.expand("${A}${A}").utf8.count == Template.maximumLength)
    #expect(caller.sentences().isEmpty)
    #expect(caller.expand("${A}${A}y${A}").utf8.count == Template.maximumLength)
    #expect(caller.sentences().count == 1)
  }
}
