import Testing
import Wire

@testable import Dialplan

@Suite("Functions")
struct FunctionTests {
  private static let variables = [
    "V": "0123456789", "LIST": "a,b,c", "DASHED": "one-two-three", "NUMBER": "5", "TEXT": "Hello World", "J": "+1 (555) 12-34",
    "JSON": #"{"a": {"b": [1, 2.50, "x\u00fcy\n"]}, "t": true, "n": null, "e": {}, "": 7}"#, "EXPR": "${NUMBER}",
  ]

  private static func expand(_ text: String) -> String {
    var caller = Caller(variables)
    return caller.expand(text)
  }

  @Test(
    "Texts",
    arguments: [
      ("${LEN(abc)}${LEN()}${LEN(ü)}", "302"), ("${LEN(${V}):0:1}|${TOUPPER(abcdef):2:3}", "1|CDE"),
      ("${ISNULL()}${ISNULL(x)}", "10"),
      ("${EXISTS()}${EXISTS(x)}", "01"), ("${TOLOWER(ABC)}", "abc"), ("${FILTER(0-9,${J})}", "15551234"),
      ("${FILTER(a-zA-Z,a1-b2,c)}", "abc"), ("${FILTER(-,a-b)}", "-"), ("${FILTER(\\x41-\\x43a,ABCDa)}", "ABCa"),
      ("${FILTER(\\,,a,b)}", ","), ("${REPLACE(DASHED,-,_)}", "one_two_three"), ("${REPLACE(DASHED,aeiou)}", "n-tw-thr"),
      ("${REPLACE(J, ()-)}", "+15551234"), ("${STRREPLACE(DASHED,two,2)}", "one-2-three"), ("${STRREPLACE(V,5)}", "012346789"),
      ("${STRREPLACE(DASHED,e,E,1)}", "onE-two-three"), ("${QUOTE(a\"b)}", "\"a\\\"b\""), ("${CSV_QUOTE(a\"b)}", "\"a\"\"b\""),
      ("${TRIM( a )}|${LTRIM( a)}|${RTRIM(a )}", "a|a|a"), ("${KEYPADHASH(Ada)}", "232"), ("${PASSTHRU(x)}", "x"),
    ])
  func texts(text: String, expected: String) { #expect(Self.expand(text) == expected) }

  @Test(
    "Lists",
    arguments: [
      ("${CUT(DASHED,-,1)}|${CUT(DASHED,-,2-)}|${CUT(DASHED,-,-2)}|${CUT(DASHED,-,1&3)}", "one|two-three|one-two|one-three"),
      ("${CUT(DASHED,,2)}|${CUT(DASHED,-,9)}|${CUT(LIST,\\,,2)}|${CUT(NONE,-,1)}", "two||b|"), ("${CUT(LEN(abc),-,1)}", "3"),
      ("${CUT(EXTEN,0,1)}", "1"), ("${FIELDQTY(DASHED,-)}${FIELDQTY(NONE,-)}${FIELDQTY(LIST,x)}", "301"),
      ("${FIELDNUM(DASHED,-,two)}${FIELDNUM(DASHED,-,four)}", "20"), ("${LISTFILTER(LIST,\\,,b)}", "a,c"),
      ("${SORT(x:3,y:1,z:2)}", "y,z,x"), ("${SHIFT(LIST)}${LIST}${POP(LIST)}${LIST}${POP(LIST)}${LIST}${POP(LIST)}", "ab,ccbb"),
    ])
  func lists(text: String, expected: String) { #expect(Self.expand(text) == expected) }

  @Test(
    "Choices",
    arguments: [
      ("${IF(1?yes:no)}${IF(0?yes:no)}${IF(0?yes)}|${IF($[1 = 1]? a : b )}", "yesno|a"),
      ("${IF($[${NUMBER} > 3]?big:small)}", "big"),
      ("${REGEX(\"^[0-9]+$\" 123)}${REGEX(\"^[0-9]+$\" 12a)}${REGEX(\"a\\.b\" axb)}", "100"),
      ("${EVAL(${EXPR})}|${EXPR}", "5|${NUMBER}"),
      ("${REGEX(\"^(0|[1-9][0-9]*)$\"007)}", "0"), ("${IF($[\"${NUMBER}\" = \"5\"]?x:y)}", "x"),
    ])
  func choices(text: String, expected: String) { #expect(Self.expand(text) == expected) }

  @Test(
    "Numbers",
    arguments: [
      ("${MATH(1+2)}|${MATH(7 / 2)}|${MATH(7/2,i)}|${MATH(255 + 0,h)}|${MATH(65+0,c)}", "3.000000|3.500000|3|ff|A"),
      (
        "${MATH(2>1)}|${MATH(2=3)}|${MATH(5%3,i)}|${MATH(2^10,i)}|${MATH(-3*-2,i)}|${MATH(1<<4,i)}|${MATH(6 AND 3,i)}",
        "TRUE|FALSE|2|1024|6|16|2"
      ),
      ("${INC(NUMBER)}${NUMBER}${DEC(NUMBER)}${NUMBER}", "6655"), ("${ABS(-3)}|${MIN(3,1,2)}|${MAX(3,1,2.5)}", "3|1|3"),
      ("${RAND(7,7)}", "7"), ("${SPRINTF(%05.2f|%d|%-4s|%4s|%x|%%|%+d,3.14159,42,ab,cd,255,7)}", "03.14|42|ab  |  cd|ff|%|+7"),
      ("${SPRINTF(%02d:%02d,7,5)}", "07:05"), ("${LEN(${SPRINTF(%2000d,1)})}", "1024"),
    ])
  func numbers(text: String, expected: String) { #expect(Self.expand(text) == expected) }

  @Test(
    "Moments",
    arguments: [
      (
        "${STRFTIME(0,UTC,%Y-%m-%d %H:%M:%S %a %A %b %B %j %u %w %y %p %I %e %Z %z)}",
        "1970-01-01 00:00:00 Thu Thursday Jan January 001 4 4 70 AM 12  1 UTC +0000"
      ),
      ("${STRFTIME(1764000000,Test/Plus2,%F %T %z)}", "2025-11-24 18:00:00 +0200"), ("${STRFTIME(,,%s)}", "1764000000"),
      ("${STRFTIME(1764000000)}", "Mon Nov 24 16:00:00 2025"),
      ("${STRFTIME(1764000000,UTC,%D %R %r %V %G %U %3q %% %Q)}", "11/24/25 16:00 04:00:00 PM 48 2025 47 000 % %Q"),
      ("${STRPTIME(2025-11-24 18:00:00,Test/Plus2,%Y-%m-%d %H:%M:%S)}", "1764000000"),
      ("${STRPTIME(24 Nov 2025 04:00 PM,UTC,%d %b %Y %I:%M %p)}", "1764000000"),
      ("${STRPTIME(2025-11-24T18:00:00+0200,,%FT%T%z)}", "1764000000"), ("${STRPTIME(nonsense,UTC,%F)}", ""),
    ])
  func moments(text: String, expected: String) { #expect(Self.expand(text) == expected) }

  @Test(
    "Codings",
    arguments: [
      ("${URIENCODE(a b&ü/~)}", "a%20b%26%C3%BC%2F~"), ("${URIDECODE(a+b%26%C3%BC%zz)}", "a b&ü%zz"),
      ("${BASE64_ENCODE(hello)}", "aGVsbG8="),
      ("${BASE64_DECODE(aGVsbG8=)}", "hello"), ("${MD5(abc)}", "900150983cd24fb0d6963f7d28e17f72"),
      ("${SHA1(abc)}", "a9993e364706816aba3e25717850c26c9cd0d89d"), ("${JSON_DECODE(JSON,a.b.1)}", "2.50"),
      ("${JSON_DECODE(JSON,a.b.2)}", "xüy\n"), ("${JSON_DECODE(JSON,a.b)}", #"[1, 2.50, "x\u00fcy\n"]"#),
      ("${JSON_DECODE(JSON,t)}${JSON_DECODE(JSON,n)}${JSON_DECODE(JSON,e)}${JSON_DECODE(JSON,a/b/0,/)}", "1{}1"),
      ("${JSON_DECODE(JSON,nothing)}", ""),
    ])
  func codings(text: String, expected: String) { #expect(Self.expand(text) == expected) }

  @Test("JSON as deep as allowed, one deeper, and no JSON")
  func json() {
    func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(JSONText(nested(JSONText.maximumDepth)) != nil && JSONText(nested(JSONText.maximumDepth + 1)) == nil)
    for text in ["", "{", "[1,]", "{\"a\"}", "1 2", "nul", "\"a", "01x", "[1 2]", "{\"a\":1,}", "--1", "\"a\\"] {
      #expect(JSONText(text) == nil, "\(text)")
    }
  }

  @Test(
    "Identities",
    arguments: [
      ("${CALLERID(num)}|${CALLERID(number)}|${CALLERID(name)}|${CALLERID(all)}", "5551234|5551234|Ada|\"Ada\" <5551234>"),
      ("${CALLERID(dnid)}|${CALLERID(ani)}|${CALLERID(num-pres)}|${CALLERID(rdnis)}", "100|5551234|allowed_not_screened|"),
      (
        "${CHANNEL(name)}|${CHANNEL(language)}|${CHANNEL(state)}|${CHANNEL(channeltype)}|${CHANNEL(nothing)}",
        "WebRTC/1|en|Ring|WebRTC|"
      ),
      ("${TIMEOUT(digit)}|${TIMEOUT(response)}|${TIMEOUT(absolute)}", "5.000|10.000|0.000"),
      ("${CDR(src)}|${CDR(dst)}|${CDR(disposition)}", "5551234|100|NO ANSWER"),
      ("${CONNECTEDLINE(num)}|${EXCEPTION(reason)}|${HANGUPCAUSE(x,ast)}", "||Not defined"),
    ])
  func identities(text: String, expected: String) { #expect(Self.expand(text) == expected) }

  @Test("Every function can be read or written, and none has another's name")
  func registry() {
    #expect(Set(Functions.all.map(\.name)).count == Functions.all.count)
    for function in Functions.all {
      #expect(function.read != nil || function.write != nil)
      #expect(function.name == function.name.uppercased())
    }
  }

  @Test(
    "Whatever stands in their parentheses, functions answer",
    arguments: [
      "", ",", ",,,,", "x", "x,y,z", "-1,-1", "%", "\"", "9999999999999999999,9999999999999999999,9", "(", "a?b:c", "/", "@",
      "x,\\", "%c%d%5", "99999999999999,UTC,%c",
    ])
  func anything(arguments: String) {
    var caller = Caller(Self.variables)
    for function in Functions.all {
      _ = caller.expand("${\(function.name)(\(arguments))}")
      Functions.assign("\(function.name)(\(arguments))", arguments, in: &caller.run)
    }
  }

  @Test("What cannot be done is said, and the text is empty")
  func complaints() {
    var caller = Caller(Self.variables)
    for text in [
      "${NOSUCH(x)}", "${len(x)}", "${PUSH(x)}", "${MATH(1/0)}", "${MATH(x)}", "${DB(nokey)}", "${REGEX(x)}",
      "${REGEX(\"(\" x)}",
      "${STRFTIME(0,No/Where)}", "${SHELL(ls)}", "${INC(TEXT)}", "${JSON_DECODE(TEXT,a)}", "${QUEUE_MEMBER(none,count)}",
      "${SPRINTF(%d)}",
    ] {
      #expect(caller.expand(text) == "", "\(text)")
      #expect(caller.sentences().count == 1, "\(text)")
    }
    #expect(Functions.unknown("len").contains("LEN"))
  }

  @Test("A function that calls itself is stopped")
  func recursion() {
    var caller = Caller(["LOOP": "${EVAL(${LOOP})}"])
    #expect(caller.expand("${EVAL(${LOOP})}") == "")
    #expect(caller.sentences().contains { $0.contains("\(Run.maximumCallsInCalls) deep") })
    #expect(caller.run.callsInCalls == 0)
  }

  @Test("A function that calls itself twice is stopped before it has doubled itself thirty times, as a fuzzer found")
  func branching() {
    var caller = Caller(["LOOP": "${EVAL(${LOOP})}${EVAL(${LOOP})}"])
    #expect(caller.expand("${EVAL(${LOOP})}") == "")
    #expect(caller.sentences().count { $0.contains("\(Run.maximumCallsOfText) others") } == 1)
    #expect(caller.expand("${EVAL(${EXTEN})}") == "100")
  }

  @Test("A page is asked for, and read once it is there")
  func pages() {
    var caller = Caller()
    #expect(caller.expand("${CURL(http://x/?q=1,a=b)}") == "pending http://x/?q=1")
    #expect(caller.run.callsInCalls == 0)
  }

  @Test("CURLOPT goes along with what is asked for; what it does not serve is said")
  func pageOptions() {
    var caller = Caller()
    let options = [
      ("conntimeout", "2"), ("httptimeout", "0.5"), ("useragent", "office"), ("httpheader", "X-Key: 1"),
      ("HTTPHEADER", "X-More: 2"),
    ]
    for (name, value) in options { Functions.assign("CURLOPT(\(name))", value, in: &caller.run) }
    #expect(caller.sentences().isEmpty)
    var asked = Fetch(url: "http://x/")
    (asked.connectTime, asked.wholeTime, asked.userAgent) = (.seconds(2), .milliseconds(500), "office")
    asked.headers = ["X-Key: 1", "X-More: 2"]
    #expect(throws: Pending(asked)) { try Template("${CURL(http://x/)}").expanded(in: &caller.run) }
    #expect(caller.expand("${CURLOPT(conntimeout)}") == "2")
    Functions.assign("CURLOPT(conntimeout)", "soon", in: &caller.run)
    Functions.assign("CURLOPT(ssl_verifypeer)", "0", in: &caller.run)
    Functions.assign("CURLOPT(proxy)", "10.0.0.1", in: &caller.run)
    let said = caller.sentences()
    #expect(
      said.count == 3 && said[0].contains("seconds") && said[1].contains("always checked") && said[2].contains("httpheader"))
    #expect(caller.expand("${CURLOPT(conntimeout)}") == "2")
  }

  @Test("A page's last line end is taken away, with its carriage return; without a page the text is empty, and the log says so")
  func pageTexts() {
    let plan = Dialplan.load(
      from: SourceFiles(["extensions.conf": "[c]\nexten => s,1,NoOp(<${CURL(http://x/)}>)\n"])
    ).plan
    for (page, text) in [("a\r\n", "<a>"), ("a\n", "<a>"), ("a\n\n", "<a\n>"), ("\n", "<>"), ("", "<>"), (nil, "<>")] {
      var run = Run(plan: plan, channel: Channel(name: "WebRTC/1", uniqueID: "1.1", position: Position("c", "s", 1)))
      var office = Office(facts: Caller.Facts())
      _ = run.start(in: &office, at: Instant())
      let outputs = run.receive(.fetched(Fetch(url: "http://x/"), page), in: &office, at: Instant())
      #expect(outputs.contains { $0 == .step(Position("c", "s", 1), application: "NoOp", arguments: text) })
      #expect(outputs.contains { if case .log(.warning, _) = $0 { true } else { false } } == (page == nil))
    }
  }
}
