/// A plan's menus as a picture for a handbook, in SVG: it says what it shows to who cannot see it, and follows the reader's light or dark.
package struct MenuDrawing {
  static let text = 14.0
  static let small = 11.5
  private static let padding = 16.0
  private static let rowHeight = 30.0
  private static let lineHeight = 19.0
  private static let widestText = 300.0
  private static let widestDetail = 380.0
  private static let widestKey = 110.0

  private(set) var graph: MenuGraph
  private(set) var frames: [Frame] = []
  private(set) var lines: [[LayeredLayout.Point]] = []
  private(set) var size = LayeredLayout.Point(x: 0, y: 0)
  /// How often lines cross.
  private(set) var crossings = 0
  private let title: String

  struct Frame: Hashable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
  }

  /// A box with its texts cut to what fits, and how large it is for that.
  private struct Measured {
    var box: MenuGraph.Box
    var keyWidth: Double
    /// Where details begin, right of the keys; `nil` for right behind each text.
    var detailX: Double?
    var headHeight: Double
    var width: Double
    var height: Double

    var entry: Double { headHeight / 2 }
    func port(_ row: Int) -> Double { headHeight + (Double(row) + 0.5) * MenuDrawing.rowHeight }
  }
  private var measured: [Measured] = []

  package init(_ plan: Dialplan, title: String) { self.init(MenuReader.graph(of: plan), title: title) }

  init(_ graph: MenuGraph, title: String) {
    self.title = title
    self.graph = graph
    self.graph.markWaysBack()
    measured = self.graph.boxes.map { Self.measure($0, self.graph) }
    var edges: [LayeredLayout.Edge] = []
    for (from, box) in self.graph.boxes.enumerated() {
      for (row, choice) in box.rows.enumerated() {
        guard let to = choice.target, !choice.isBack else { continue }
        edges.append(LayeredLayout.Edge(from: from, port: measured[from].port(row), to: to, entry: measured[to].entry))
      }
    }
    let layout = LayeredLayout(measured.map { LayeredLayout.Node(width: $0.width, height: $0.height) }, edges)
    frames = measured.indices.map {
      Frame(x: layout.corners[$0].x, y: layout.corners[$0].y, width: layout.widths[$0], height: measured[$0].height)
    }
    lines = layout.paths
    size = layout.size
    crossings = layout.crossings
  }

  // MARK: Measures

  private static func measure(_ box: MenuGraph.Box, _ graph: MenuGraph) -> Measured {
    var box = box
    let isBold = box.kind != .action
    box.heading = TextWidth.clipped(box.heading, to: widestText, size: text + 1, isBold: isBold)
    box.belonging = TextWidth.clipped(box.belonging, to: widestText, size: small)
    box.lines = box.lines.map { TextWidth.clipped($0, to: widestText, size: text - 1) }
    for index in box.rows.indices {
      let row = box.rows[index]
      var detail = row.detail
      if row.isBack, let target = row.target { detail += (detail.isEmpty ? "" : ", ") + "back to \(graph.boxes[target].name)" }
      box.rows[index].key = TextWidth.clipped(row.key, to: widestKey, size: text, isBold: true)
      box.rows[index].text = TextWidth.clipped(row.text, to: widestText, size: text)
      box.rows[index].detail = TextWidth.clipped(detail, to: widestDetail, size: text - 1)
    }
    let keys = box.rows.map { TextWidth.of($0.key, size: text, isBold: true) }
    let keyWidth = box.rows.isEmpty ? 0 : max(keys.max() ?? 0, 14) + 16
    let heads =
      [TextWidth.of(box.heading, size: text + 1, isBold: isBold), TextWidth.of(box.belonging, size: small)]
      + box.lines.map { TextWidth.of($0, size: text - 1) }
    let texts = box.rows.map { $0.text.isEmpty ? 0 : TextWidth.of($0.text, size: text) + 10 }
    let details = box.rows.map { $0.detail.isEmpty ? 0 : TextWidth.of($0.detail, size: text - 1) + 10 }
    // Details stand below each other where there are many.
    let isTable = box.rows.count(where: { !$0.text.isEmpty && !$0.detail.isEmpty }) > 3
    let detailX = isTable ? texts.max() : nil
    let rows = zip(texts, details).map { keyWidth + ($1 > 0 ? detailX ?? $0 : $0) + $1 + 4 }
    let width = max(heads.max() ?? 0, rows.max() ?? 0) + 2 * padding
    let headLines = Double(box.lines.count) * lineHeight + (box.belonging.isEmpty ? 0 : 16)
    let headHeight = 40 + headLines
    let height = headHeight + Double(box.rows.count) * rowHeight + (box.rows.isEmpty ? 0 : 8)
    return Measured(
      box: box, keyWidth: keyWidth, detailX: detailX, headHeight: headHeight, width: max(width.rounded(.up), 120),
      height: height)
  }

  // MARK: SVG

  /// The picture; several on one page need ids of their own.
  package func svg(idPrefix: String = "menus") -> String {
    let id = idPrefix.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" class="\(id)" role="img" aria-labelledby="\(id)-title \(id)-desc" \
      viewBox="0 0 \(Self.number(size.x)) \(Self.number(size.y))" width="\(Self.number(size.x))" height="\(Self.number(size.y))">
      <title id="\(id)-title">\(Self.escaped(title))</title>
      <desc id="\(id)-desc">\(Self.escaped(words))</desc>
      <style>\(Self.style(id))</style>
      <rect class="ground" width="100%" height="100%"/>

      """
    for line in lines { svg += Self.path(line) }
    for index in measured.indices { svg += drawn(index, id) }
    return svg + "</svg>\n"
  }

  private static func style(_ id: String) -> String {
    let light =
      "--ground:#f4f6f7;--surface:#fff;--raised:#e9eef0;--line:#cdd5da;--ink:#14191d;--soft:#55606a;--wire:#7d8a93;"
      + "--accent:#0f6b5c;--ask:#8a5a00;--done:#3d5a80"
    let dark =
      "--ground:#0f1316;--surface:#171c20;--raised:#2a3238;--line:#3a444c;--ink:#f1f4f6;--soft:#a9b4bd;--wire:#7f8c95;"
      + "--accent:#58c7b0;--ask:#e5b45b;--done:#8fb4e3"
    return """
      .\(id){\(light);font-family:system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}\
      @media (prefers-color-scheme:dark){.\(id){\(dark)}}\
      .\(id) .ground{fill:var(--ground)}.\(id) .box{fill:var(--surface);stroke:var(--line)}\
      .\(id) .menu .bar{fill:var(--accent)}.\(id) .question .bar{fill:var(--ask)}.\(id) .action .bar{fill:var(--done)}\
      .\(id) text{fill:var(--ink);font-size:14px}.\(id) .heading{font-size:15px}.\(id) .menu .heading,.\(id) .question .heading,\
      .\(id) .key{font-weight:600}.\(id) .said{fill:var(--soft);font-size:13px}.\(id) .belonging{fill:var(--soft);font-size:11.5px}\
      .\(id) .chip{fill:var(--raised)}.\(id) .rule{stroke:var(--line)}.\(id) .wire{fill:none;stroke:var(--wire);stroke-width:1.6}\
      .\(id) .tip,.\(id) .port{fill:var(--wire)}.\(id) a text{text-decoration:underline}
      """
  }

  private static func path(_ points: [LayeredLayout.Point]) -> String {
    guard let first = points.first, let last = points.last, points.count >= 2 else { return "" }
    var data = "M\(number(first.x)) \(number(first.y))"
    for index in stride(from: 1, to: points.count, by: 2) {
      let (from, to) = (points[index - 1], points[index])
      let end = to.x - (index == points.count - 1 ? 7 : 0)
      let bend = (end - from.x) * 0.5
      data += "C\(number(from.x + bend)) \(number(from.y)) \(number(end - bend)) \(number(to.y)) \(number(end)) \(number(to.y))"
      if index + 1 < points.count { data += "H\(number(points[index + 1].x))" }
    }
    return """
      <path class="wire" d="\(data)"/><circle class="port" cx="\(number(first.x))" cy="\(number(first.y))" r="3.5"/>\
      <path class="tip" d="M\(number(last.x)) \(number(last.y))l-9 -5v10z"/>

      """
  }

  private func drawn(_ index: Int, _ id: String) -> String {
    let (own, frame) = (measured[index], frames[index])
    let box = own.box
    let (x, y) = (Self.number(frame.x), Self.number(frame.y))
    var svg = """
      <g id="\(id)-\(index)" class="\(box.kind.rawValue)"><rect class="box" x="\(x)" y="\(y)" width="\(Self.number(frame.width))" \
      height="\(Self.number(frame.height))" rx="10"/><rect class="bar" x="\(x)" y="\(Self.number(frame.y + 10))" width="4" \
      height="\(Self.number(own.headHeight - 20))" rx="2"/>
      """
    let left = frame.x + Self.padding
    var baseline = frame.y + 10
    if !box.belonging.isEmpty {
      svg += Self.text(box.belonging, left, baseline + 11, "belonging")
      baseline += 16
    }
    svg += Self.text(box.heading, left, baseline + 15, "heading")
    baseline += 15
    for line in box.lines {
      baseline += Self.lineHeight
      svg += Self.text(line, left, baseline, "said")
    }
    if !box.rows.isEmpty {
      let rule = Self.number(frame.y + own.headHeight)
      svg += "<path class=\"rule\" d=\"M\(x) \(rule)H\(Self.number(frame.x + frame.width))\"/>"
    }
    for (number, row) in box.rows.enumerated() {
      let middle = frame.y + own.port(number) + 4
      svg += """
        <rect class="chip" x="\(Self.number(left - 4))" y="\(Self.number(middle - 11))" width="\(Self.number(own.keyWidth))" height="22" \
        rx="6"/>
        """
      let inset = (own.keyWidth - TextWidth.of(row.key, size: Self.text, isBold: true)) / 2
      svg += Self.text(row.key, left - 4 + inset, middle + 5, "key")
      let words = left + own.keyWidth + 6
      if !row.text.isEmpty { svg += Self.text(row.text, words, middle + 5, "row") }
      guard !row.detail.isEmpty else { continue }
      let behind = row.text.isEmpty ? 0 : TextWidth.of(row.text, size: Self.text) + 10
      let detail = Self.text(row.detail, words + (own.detailX ?? behind), middle + 5, "said")
      svg += row.isBack ? row.target.map { "<a href=\"#\(id)-\($0)\">\(detail)</a>" } ?? detail : detail
    }
    return svg + "</g>\n"
  }

  private static func text(_ text: String, _ x: Double, _ y: Double, _ kind: String) -> String {
    "<text class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\">\(escaped(text))</text>"
  }

  /// Numbers as short as they can be, the same everywhere.
  static func number(_ value: Double) -> String {
    let tenths = Int((min(max(value, -1e9), 1e9) * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, part) = abs(tenths).quotientAndRemainder(dividingBy: 10)
    return part == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(part)"
  }

  /// Text for XML: its own signs escaped, and what it cannot hold replaced.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\u{9}", "\u{A}", "\u{D}": escaped += " "
      case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}", "\u{FFFE}", "\u{FFFF}": escaped.unicodeScalars.append("\u{FFFD}")
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  // MARK: Words

  /// What is seen, told: each box and where its choices lead.
  package var words: String {
    let sentences = graph.boxes.map { box in
      let rows = box.rows.map { row in
        let target = row.target.map { "leads to \(graph.boxes[$0].name)" }
        return ([row.key] + [row.text, row.detail, target ?? ""].filter { !$0.isEmpty }).joined(separator: " ")
      }
      let head = box.lines.isEmpty ? box.name : "\(box.name) (\(box.lines.joined(separator: ", ")))"
      return rows.isEmpty ? "\(head)." : "\(head): \(rows.joined(separator: "; "))."
    }
    return sentences.isEmpty ? "This plan has nothing to show." : sentences.joined(separator: " ")
  }
}

extension MenuGraph.Box {
  /// How others call it.
  var name: String { kind == .menu || belonging.isEmpty ? heading : "\(belonging), \(heading)" }
}
