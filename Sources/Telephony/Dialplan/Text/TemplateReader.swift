/// Takes a text with `${…}` and `$[…]` apart, byte by byte.
///
/// Where a bracket ends is found first, then what stands in it is read: inside `${…}` only braces count, inside `$[…]` only brackets.
struct TemplateReader {
  private let octets: [UInt8]
  private(set) var complaints: [Template.Complaint] = []
  private(set) var mentions: [Template.Mention] = []

  init(_ text: String) { octets = Array(text.utf8) }

  mutating func read() -> Template.Content { content(0..<octets.count, depth: 0) }

  /// A reference in a text that came together while a call ran: nothing in it is put in any more.
  static func reference(_ text: String) -> (Template.Reference, Excerpt?) {
    var reader = TemplateReader(text)
    guard case .reference(let reference, let excerpt) = reader.reference([.literal(0..<reader.octets.count)], 0) else {
      return (.variable(text), nil)
    }
    return (reference, excerpt)
  }

  /// A stretch of the text: its own, or one that something else is put in for.
  private enum Part {
    case literal(Range<Int>)
    case piece(Template.Piece)
  }

  private mutating func content(_ range: Range<Int>, depth: Int) -> Template.Content { content(parts(range, depth: depth)) }

  private func content(_ parts: [Part]) -> Template.Content {
    var pieces: [Template.Piece] = []
    for part in parts {
      switch part {
      case .literal(let range): pieces.append(.literal(text(range)))
      case .piece(let piece): pieces.append(piece)
      }
    }
    if pieces.isEmpty { return .literal("") }
    if pieces.count == 1, case .literal(let text) = pieces[0] { return .literal(text) }
    return .pieces(pieces)
  }

  private mutating func parts(_ range: Range<Int>, depth: Int) -> [Part] {
    var parts: [Part] = []
    var start = range.lowerBound
    var position = start
    while position < range.upperBound {
      guard octets[position] == UInt8(ascii: "$"), position + 1 < range.upperBound, let kind = Bracket(octets[position + 1])
      else {
        position += 1
        continue
      }
      guard depth < Template.maximumNesting else {
        complain(position, "\(kind.opening) stands more than \(Template.maximumNesting) deep, and is taken as it is written.")
        break
      }
      if start < position { parts.append(.literal(start..<position)) }
      let inside = self.inside(kind, position + 2..<range.upperBound)
      if inside.upperBound == range.upperBound { complain(missing: kind, at: position) }
      parts.append(.piece(piece(kind, inside, depth: depth + 1)))
      position = min(inside.upperBound + 1, range.upperBound)
      start = position
    }
    if start < range.upperBound { parts.append(.literal(start..<range.upperBound)) }
    return parts
  }

  private enum Bracket {
    case brace, bracket

    init?(_ octet: UInt8) {
      switch octet {
      case UInt8(ascii: "{"): self = .brace
      case UInt8(ascii: "["): self = .bracket
      default: return nil
      }
    }
    var open: UInt8 { self == .brace ? UInt8(ascii: "{") : UInt8(ascii: "[") }
    var close: UInt8 { self == .brace ? UInt8(ascii: "}") : UInt8(ascii: "]") }
    var opening: String { self == .brace ? "${" : "$[" }
    var closing: String { self == .brace ? "}" : "]" }
  }

  /// Up to the bracket that closes, or to the end.
  private func inside(_ kind: Bracket, _ range: Range<Int>) -> Range<Int> {
    var open = 1
    for position in range {
      if octets[position] == kind.open { open += 1 }
      if octets[position] == kind.close { open -= 1 }
      if open == 0 { return range.lowerBound..<position }
    }
    return range
  }

  private mutating func piece(_ kind: Bracket, _ inside: Range<Int>, depth: Int) -> Template.Piece {
    let parts = parts(inside, depth: depth)
    switch kind {
    case .brace: return reference(parts, inside.lowerBound)
    case .bracket: return expression(parts, inside.lowerBound)
    }
  }

  /// An expression that nothing is put into is worked out at once.
  private mutating func expression(_ parts: [Part], _ offset: Int) -> Template.Piece {
    let content = content(parts)
    guard case .literal(let text) = content else { return .expression(content) }
    var world = NoCall()
    let value = (try? Expression.value(of: text, in: &world)) ?? ""
    guard !world.hasCalled else { return .expression(content) }
    for sentence in world.complaints { complain(offset, sentence) }
    return .literal(value)
  }

  // MARK: ${…}

  /// `NAME`, `NAME(arguments)`, each with `:offset:length` behind; the colon counts outside parentheses only.
  private mutating func reference(_ parts: [Part], _ offset: Int) -> Template.Piece {
    var head: [Part] = []
    var tail: [Part] = []
    var parentheses = 0
    var isFunction = false
    for (number, part) in parts.enumerated() {
      guard case .literal(let range) = part, tail.isEmpty else {
        head.append(part)
        continue
      }
      if let colon = colon(in: range, &parentheses, &isFunction) {
        if range.lowerBound < colon { head.append(.literal(range.lowerBound..<colon)) }
        tail = [.literal(colon + 1..<range.upperBound)] + parts[(number + 1)...]
        break
      }
      head.append(part)
    }
    let hasPieces = head.contains { if case .piece = $0 { true } else { false } }
    guard let reference = isFunction ? call(head, offset) : hasPieces ? nil : variable(head, offset) else {
      return .composed(content(parts))
    }
    guard !tail.isEmpty else { return .reference(reference, nil) }
    switch content(tail) {
    case .literal(let written): return .reference(reference, Excerpt(written))
    case let written: return .excerpt(reference, written)
    }
  }

  private func colon(in range: Range<Int>, _ parentheses: inout Int, _ isFunction: inout Bool) -> Int? {
    for position in range {
      switch octets[position] {
      case UInt8(ascii: "("):
        isFunction = true
        parentheses += 1
      case UInt8(ascii: ")"): parentheses -= 1
      case UInt8(ascii: ":") where parentheses == 0: return position
      default: break
      }
    }
    return nil
  }

  private mutating func variable(_ head: [Part], _ offset: Int) -> Template.Reference {
    let name = written(head)
    mentions.append(Template.Mention(kind: .variable, name: name, offset: offset))
    return PredefinedVariable.named(name).map { .predefined($0) } ?? .variable(name)
  }

  /// A function's name ends at the first parenthesis, its arguments at the last; `nil` if the name is put together.
  private mutating func call(_ head: [Part], _ offset: Int) -> Template.Reference? {
    guard case .literal(let first)? = head.first,
      let open = first.first(where: { octets[$0] == UInt8(ascii: "(") })
    else { return nil }
    let name = text(first.lowerBound..<open)
    var arguments = Array(head.dropFirst())
    arguments.insert(.literal(open + 1..<first.upperBound), at: 0)
    closeArguments(&arguments, name, offset)
    mentions.append(Template.Mention(kind: .function(arguments: written(arguments)), name: name, offset: offset))
    arguments.removeAll { if case .literal(let range) = $0 { range.isEmpty } else { false } }
    return .function(
      Template.FunctionCall(name: name, function: Functions.named(name), arguments: content(arguments)))
  }

  /// Drops the last closing parenthesis and what stands behind it.
  private mutating func closeArguments(_ arguments: inout [Part], _ name: String, _ offset: Int) {
    for (number, part) in arguments.enumerated().reversed() {
      guard case .literal(let range) = part, let close = range.last(where: { octets[$0] == UInt8(ascii: ")") }) else {
        continue
      }
      arguments.removeSubrange(number...)
      arguments.append(.literal(range.lowerBound..<close))
      return
    }
    complain(
      offset, "The function \(name)( has no closing parenthesis; everything behind the first is taken as its arguments.",
      advice: "Write \(name)(…).")
  }

  /// What stands there in the source, `…` for what is put in.
  private func written(_ parts: [Part]) -> String {
    parts.map { if case .literal(let range) = $0 { text(range) } else { "…" } }.joined()
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: octets[range], as: UTF8.self) }

  // MARK: Complaints

  private mutating func complain(_ offset: Int, _ what: String, advice: String? = nil) {
    complaints.append(Template.Complaint(offset: offset, what: what, advice: advice))
  }

  private mutating func complain(missing kind: Bracket, at offset: Int) {
    complain(
      offset,
      "This \(kind.opening) is never closed: everything behind it is taken as "
        + (kind == .brace ? "the name of a variable." : "the expression."),
      advice: "Write the missing \(kind.closing).")
  }
}
