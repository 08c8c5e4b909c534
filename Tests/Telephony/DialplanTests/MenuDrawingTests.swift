import Foundation
import Testing
import Wire

@testable import Dialplan

@Suite("The picture of a plan's menus")
struct MenuDrawingTests {
  static let small = """
    [main]
    exten => s,1,Answer()
     same => n(menu),Background(welcome)
     same => n,WaitExten(5)
    exten => 1,1,Queue(sales)   ;@label Sales
    exten => 2,1,Dial(PJSIP/anna&PJSIP/ben,20)   ;@label Support
     same => n,VoiceMail(200@default,u)
    exten => i,1,Playback(invalid)
     same => n,Goto(s,menu)
    exten => t,1,Hangup()
    """

  static let demo = """
    [from-widget]
    exten => s,1,Answer()
     same => n,GotoIfTime(9:00-16:59,mon-fri,*,*,Europe/Berlin?day,s,1)
     same => n,Goto(night,s,1)

    [day]
    exten => s,1,Playback(welcome)
     same => n(menu),Background(choose)
     same => n,WaitExten(8)
     same => n,Goto(operator,s,1)
    exten => 1,1,Goto(sales,s,1)   ;@label Sales
    exten => 2,1,Goto(support,s,1)   ;@label Support
    exten => 3,1,Gosub(callback,s,1(${CALLERID(num)}))   ;@label Call me back
     same => n,Hangup()
    exten => 9,1,Goto(languages,s,1)   ;@label Other languages
    exten => *,1,Directory(default)
    exten => i,1,Playback(invalid)
     same => n,Goto(s,menu)
    include => internal

    [languages]
    exten => s,1,Background(languages)
     same => n,WaitExten()
    exten => 1,1,Set(CHANNEL(language)=de)
     same => n,Goto(day,s,1)
    exten => 2,1,Set(CHANNEL(language)=fr)
     same => n,Goto(day,s,1)
    exten => 3,1,Goto(operator,s,1)   ;@label Polski

    [sales]
    exten => s,1,Queue(sales,t,,,60)
     same => n,GotoIf($["${QUEUESTATUS}" = "TIMEOUT"]?busy)
     same => n,Hangup()
     same => n(busy),VoiceMail(sales@default,u)

    [support]
    exten => s,1,GotoIf($["${DB(support/closed)}" = "1"]?night,s,1)
     same => n,Background(support)
     same => n,WaitExten()
    exten => 1,1,Queue(telephones)   ;@label Telephones
    exten => 2,1,Queue(computers)   ;@label Computers
    exten => 3,1,Goto(sales,s,1)   ;@label Invoices
    exten => 0,1,Goto(day,s,menu)   ;@label Back

    [operator]
    exten => s,1,Dial(TEAM/reception,30)
     same => n,VoiceMail(100@default,u)

    [callback]
    exten => s,1,Read(NUMBER,number)
     same => n,Return()

    [night]
    exten => s,1,Playback(closed)
     same => n,VoiceMail(100@default,u)

    [internal]
    exten => _2XX,1,Dial(PJSIP/${EXTEN},20)   ;@label Colleagues
     same => n,VoiceMail(${EXTEN}@default,u)
    exten => 100,1,Goto(operator,s,1)   ;@label Reception
    """

  /// Fifty extensions of one office, and the menus in front.
  static let office: String = {
    let names = ["Anna", "Ben", "Cem", "Dora", "Emil", "Fatma", "Greta", "Hugo", "Ida", "Jan"]
    let people = (0..<40).map { index in
      let name = "\(names[index % 10]) \(["Arndt", "Berg", "Celik", "Daub"][index / 10])"
      return """
        exten => 2\(index < 10 ? "0" : "")\(index),1,Dial(PJSIP/\(name.lowercased().split(separator: " ").joined(separator: ".")),20)   ;@label \(name)
         same => n,VoiceMail(2\(index < 10 ? "0" : "")\(index)@default,u)
        """
    }
    return demo + "\n" + people.joined(separator: "\n") + "\n"
  }()

  static func plan(_ text: String) -> Dialplan {
    Dialplan.load(from: SourceFiles(["extensions.conf": text])).plan
  }

  private static func drawing(_ text: String) -> MenuDrawing { MenuDrawing(plan(text), title: "Menus of Example & Co") }

  /// What must hold for every picture.
  private static func check(_ drawing: MenuDrawing, _ note: String) {
    let frames = drawing.frames
    for (index, one) in frames.enumerated() {
      #expect(
        one.x >= 0 && one.y >= 0 && one.x + one.width <= drawing.size.x && one.y + one.height <= drawing.size.y,
        "\(note): \(one)")
      for other in frames[(index + 1)...] {
        let isApart =
          one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y
          || other.y + other.height <= one.y
        #expect(isApart, "\(note): \(one) and \(other)")
      }
    }
    let rows = drawing.graph.boxes.flatMap(\.rows).filter { $0.target != nil && !$0.isBack }
    #expect(drawing.lines.count == rows.count, "\(note)")
    for line in drawing.lines {
      guard let first = line.first, let last = line.last else { continue }
      #expect(
        frames.contains { $0.x + $0.width == first.x && $0.y < first.y && first.y < $0.y + $0.height }, "\(note): \(line)")
      #expect(frames.contains { $0.x == last.x && $0.y < last.y && last.y < $0.y + $0.height }, "\(note): \(line)")
      // Where a line passes a column it passes no box of it.
      for index in stride(from: 1, to: line.count - 1, by: 2) {
        #expect(
          !frames.contains { $0.x == line[index].x && $0.y <= line[index].y && line[index].y <= $0.y + $0.height }, "\(note)")
      }
      #expect(zip(line, line.dropFirst()).allSatisfy { $0.x < $1.x }, "\(note): lines go to the right")
    }
    // Texts end within their boxes, also in a wide face.
    for (box, frame) in zip(drawing.graph.boxes, frames) {
      let longest = box.lines.map { TextWidth.of(TextWidth.clipped($0, to: 300, size: 13), size: 13) }.max() ?? 0
      #expect(longest + 32 <= frame.width, "\(note)")
    }
    #expect(XMLReader.isWellFormed(drawing.svg()), "\(note)")
  }

  @Test("Boxes are apart, and lines lead from choices to boxes", arguments: [small, demo, office])
  func boxes(text: String) throws {
    let drawing = Self.drawing(text)
    #expect(!drawing.frames.isEmpty)
    Self.check(drawing, "a plan")
    #expect(drawing.svg() == Self.drawing(text).svg(), "the same plan, the same picture")
  }

  @Test("Where no lines need to cross none do, in whatever order the boxes are named", arguments: [3, 5, 8])
  func planar(size: Int) {
    for seed in 0..<12 as Range<UInt64> { #expect(Self.lattice(size, seed: seed).crossings == 0, "seed \(seed)") }
  }

  @Test("Keys stand in their order, so that some lines cross: of the samples no more than these")
  func crossings() {
    #expect(Self.drawing(Self.small).crossings == 0)
    #expect(Self.drawing(Self.demo).crossings <= 6)
    #expect(Self.drawing(Self.office).crossings <= 6)
  }

  /// Three columns, each box led to by two neighbours of the column before, named in any order: it can be drawn without a crossing.
  private static func lattice(_ size: Int, seed: UInt64) -> LayeredLayout {
    var random = Randomness.seeded(seed)
    let names = Array(0..<3 * size).shuffled(using: &random)
    var edges: [LayeredLayout.Edge] = []
    for column in 0..<2 {
      for row in 0..<size {
        for next in [row, row + 1] where next < size {
          let (from, to) = (names[column * size + row], names[(column + 1) * size + next])
          edges.append(LayeredLayout.Edge(from: from, port: 20, to: to, entry: 20))
        }
      }
    }
    edges.shuffle(using: &random)
    return LayeredLayout(Array(repeating: LayeredLayout.Node(width: 100, height: 40), count: 3 * size), edges)
  }

  @Test("A menu says what is pressed and where it leads")
  func menu() throws {
    let graph = Self.drawing(Self.small).graph
    let menu = try #require(graph.boxes.first)
    #expect(menu.kind == .menu && menu.heading == "main" && menu.lines == ["plays welcome"])
    #expect(menu.rows.map(\.key) == ["1", "2", "other key", "no key"])
    #expect(menu.rows.map(\.text) == ["Sales", "Support", "", ""] && menu.rows.last?.detail == "the call ends")
    let targets = menu.rows.map { $0.target.map { graph.boxes[$0] } }
    #expect(targets[0]?.heading == "queue sales")
    #expect(targets[1]?.heading == "rings anna, ben for 20 s" && targets[1]?.lines == ["then voicemail 200"])
    #expect(targets[2]?.rows.first.map { $0.isBack && $0.target == 0 } == true)
    #expect(targets[3] == nil)
  }

  @Test("Times are questions, subroutines and includes are led to, a menu without a choice goes on")
  func questions() throws {
    let drawing = Self.drawing(Self.demo)
    let boxes = drawing.graph.boxes
    func box(_ heading: String) -> MenuGraph.Box? { boxes.first { $0.heading == heading } }
    func target(_ box: MenuGraph.Box?, _ key: String) -> MenuGraph.Box? {
      box?.rows.first { $0.key == key }?.target.map { boxes[$0] }
    }
    let hours = box("Mon–Fri 9:00–16:59?")
    #expect(hours?.kind == .question && hours?.belonging == "from-widget" && hours?.lines == ["by the clock of Europe/Berlin"])
    #expect(target(hours, "yes")?.heading == "day" && target(hours, "no")?.belonging == "night")
    let day = box("day")
    #expect(target(day, "no key")?.heading == "rings team reception for 30 s" && target(day, "3")?.belonging == "callback")
    #expect(target(day, "+")?.heading == "internal" && target(day, "2")?.heading == "DB(support/closed) = 1?")
    #expect(drawing.words.contains("1 Sales leads to sales, queue sales"))
  }

  @Test("While and If are questions: a loop leads back to its own, branches go on behind the end")
  func brackets() throws {
    let text = """
      [main]
      exten => s,1,Set(tries=0)
       same => n,While($[${tries} < 3])
       same => n,Dial(PJSIP/anna,20)
       same => n,If($["${DIALSTATUS}" = "ANSWER"])
       same => n,Hangup()
       same => n,ElseIf($["${DIALSTATUS}" = "BUSY"])
       same => n,Playback(busy)
       same => n,ExitWhile()
       same => n,Else()
       same => n,Playback(sorry)
       same => n,EndIf()
       same => n,Set(tries=$[${tries} + 1])
       same => n,EndWhile()
       same => n,VoiceMail(100@default,u)
      """
    let drawing = Self.drawing(text)
    Self.check(drawing, "brackets")
    let boxes = drawing.graph.boxes
    let questions = boxes.filter { $0.kind == .question }
    #expect(questions.map(\.heading) == ["tries < 3?", "DIALSTATUS = ANSWER?", "DIALSTATUS = BUSY?"])
    let loop = try #require(boxes.firstIndex { $0.lines == ["asked again and again"] })
    func led(_ box: MenuGraph.Box, _ key: String) -> MenuGraph.Box? {
      box.rows.first { $0.key == key }?.target.map { boxes[$0] }
    }
    #expect(led(boxes[loop], "yes")?.heading == "rings anna for 20 s")
    #expect(led(boxes[loop], "no")?.heading == "voicemail 100")
    #expect(questions[1].rows[0].detail == "the call ends" && led(questions[1], "no")?.heading == "DIALSTATUS = BUSY?")
    let busy = try #require(led(questions[2], "yes"))
    #expect(busy.heading == "plays busy" && busy.lines == ["then voicemail 100"])
    let sorry = try #require(led(questions[2], "no"))
    #expect(sorry.heading == "plays sorry" && sorry.rows.first?.target == loop && sorry.rows.first?.isBack == true)
    // Brackets without their other ends lead nowhere, and that is written there.
    for text in ["While(1)", "If(1)", "EndWhile()", "Else()", "EndIf()", "ExitWhile()", "ElseIf(1)"] {
      Self.check(Self.drawing("[c]\nexten => 1,1,\(text)\n same => n,Echo()\n"), text)
    }
  }

  @Test("Who goes to one choice of a menu is led to it by its name, and calls come in where nothing leads")
  func choices() throws {
    let boxes = Self.drawing(
      """
      [in]
      exten => s,1,Goto(menu,s,1)
      [menu]
      exten => s,1,Background(choose)
       same => n,WaitExten()
      exten => 0,1,Goto(people,100,1)   ;@label Reception
      exten => 1,1,Goto(0,1)
      [people]
      exten => 100,1,Dial(PJSIP/anna)
      exten => 101,1,Goto(in,s,1)
      """
    ).graph.boxes
    let menu = try #require(boxes.first { $0.heading == "menu" })
    #expect(
      menu.rows.map(\.detail) == ["100 of people", "like 0"] && menu.rows[0].target.map { boxes[$0].heading } == "people")
    #expect(menu.rows[1].target == nil)
    #expect(!boxes.contains { $0.heading == "in" }, "something leads there")
    let alone = Self.drawing("[in]\nexten => s,1,Goto(menu,s,1)\n[menu]\nexten => s,1,Background(a)\nexten => 1,1,Echo()\n")
      .graph.boxes
    #expect(alone.first { $0.heading == "in" }?.rows.first?.target.map { alone[$0].heading } == "menu")
  }

  @Test("What stands in a plan is text in the picture, never markup")
  func escapes() {
    let svg = Self.drawing("[a]\nexten => 1,1,Queue(<script>&\"')   ;@label <b>\u{1}Bold</b> & \"x\"\n").svg()
    #expect(!svg.contains("<script>") && !svg.contains("<b>") && !svg.contains("\u{1}"))
    #expect(svg.contains("&lt;b&gt;") && svg.contains("Example &amp; Co") && XMLReader.isWellFormed(svg))
    #expect(Self.drawing("").svg().contains("nothing to show"))
  }

  @Test("A picture has an end: boxes, choices and texts beyond are counted or cut")
  func bounds() {
    let menus = (0..<MenuGraph.maximumBoxes + 100).map { "[m\($0)]\nexten => 1,1,Queue(q\($0))\n" }.joined()
    #expect(Self.drawing(menus).graph.boxes.count == MenuGraph.maximumBoxes)
    let rows = "[m]\n" + (0..<MenuGraph.maximumRows + 5).map { "exten => \($0 + 100),1,Queue(q\($0))\n" }.joined()
    let listed = Self.drawing(rows).graph.boxes[0].rows
    #expect(listed.count == MenuGraph.maximumRows + 1 && listed.last?.text == "and 5 more")
    let many = (0..<60).map { menu in
      "[m\(menu)]\n" + (0..<MenuGraph.maximumRows).map { "exten => \($0 + 100),1,Goto(m\(menu + 1),100,1)\n" }.joined()
    }
    let choices = Self.drawing(many.joined() + "[m60]\nexten => 100,1,Echo()\n")
    #expect(
      (MenuGraph.maximumChoices - 1...MenuGraph.maximumChoices + 61).contains(
        choices.graph.boxes.map(\.rows.count).reduce(0, +)))
    #expect(choices.svg().utf8.count < 4_000_000)
    let long = Self.drawing("[m]\nexten => 1,1,Queue(\(String(repeating: "W", count: 2000)))\n")
    #expect(long.size.x < 1500)
    let steps = "[m]\nexten => s,1,NoOp()\n" + String(repeating: " same => n,GotoIf(1?m,s,1:m,s,2)\n", count: 2000)
    #expect(Self.drawing(steps).graph.boxes.count <= MenuGraph.maximumBoxes)
    let chain =
      "[m]\nexten => s,1,NoOp()\n" + (0..<MenuReader.maximumSteps + 5).map { " same => n,Playback(p\($0))\n" }.joined()
    #expect((Self.drawing(chain).graph.boxes.first?.lines.count ?? 0) < MenuReader.maximumSteps)
    let jumps = (0..<MenuReader.maximumDepth + 10).map { "[m\($0)]\nexten => s,1,Goto(m\($0 + 1),s,1)\n" }.joined()
    #expect(Self.drawing(jumps).graph.boxes.count <= 1)
  }

  @Test("A chain of menus that all lead to the last is drawn soon: lines to one box share their way")
  func bundles() {
    let menus = (0..<120).map { menu in
      "[m\(menu)]\n" + (1...8).map { "exten => \($0),1,Goto(m\($0 == 1 ? menu + 1 : 120),1,1)\n" }.joined()
    }
    Self.check(Self.drawing(menus.joined() + "[m120]\nexten => 1,1,Echo()\n"), "a chain")
  }

  @Test("Random plans are drawn like any other", arguments: 0..<40 as Range<UInt64>)
  func random(seed: UInt64) {
    var random = Randomness.seeded(seed)
    func pick(_ values: [String]) -> String { values.randomElement(using: &random) ?? "" }
    let contexts = (0..<Int.random(in: 1...9, using: &random)).map { "c\($0)" }
    func target() -> String { "\(pick(contexts)),\(pick(["s", "1", "2", "_X.", "t"])),\(pick(["1", "2", "menu", "+1"]))" }
    let text = contexts.map { context in
      let lines = (0..<Int.random(in: 0...16, using: &random)).map { _ in
        let exten = pick(["s", "s", "1", "2", "3", "_X.", "i", "t", "h", "100"])
        let application = pick([
          "Background(menu)", "WaitExten(5)", "Goto(\(target()))", "GotoIf($[1]?\(target()):\(target()))",
          "GotoIfTime(9:00-17:00,mon-fri,*,*?\(target()))", "Gosub(\(target())(a))", "Dial(PJSIP/a&TEAM/b,20)", "Queue(q)",
          "VoiceMail(1)", "Hangup()", "Playback(x&y)", "ExecIf($[1]?Dial(PJSIP/z))",
          "While($[1])", "EndWhile()", "ExitWhile()", "If($[1])", "ElseIf($[1])", "Else()", "EndIf()",
        ])
        return "exten => \(exten),\(pick(["1", "n", "n", "n(menu)"])),\(application)"
      }
      return "[\(context)]\n" + lines.joined(separator: "\n")
        + (Bool.random(using: &random) ? "\ninclude => \(pick(contexts))" : "") + "\n"
    }
    let drawing = Self.drawing(text.joined())
    Self.check(drawing, "seed \(seed)")
    #expect(!drawing.words.isEmpty)
  }
}

/// Whether tags open and close as they should, and nothing bare stands between: enough for what we write ourselves.
private enum XMLReader {
  static func isWellFormed(_ text: String) -> Bool {
    var open: [Substring] = []
    var rest = text[...]
    while let start = rest.firstIndex(of: "<") {
      guard let end = rest[start...].firstIndex(of: ">") else { return false }
      let tag = rest[rest.index(after: start)..<end]
      rest = rest[rest.index(after: end)...]
      if tag.hasPrefix("/") {
        guard open.popLast() == tag.dropFirst() else { return false }
      } else {
        guard tag.count(where: { $0 == "\"" }).isMultiple(of: 2) else { return false }
        if !tag.hasSuffix("/") { open.append(tag.prefix { $0 != " " && $0 != "\n" }) }
      }
    }
    return open.isEmpty && !rest.contains(">")
  }
}
