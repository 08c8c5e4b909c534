/// Text with `${…}` and `$[…]` in it, taken apart once when the plan is loaded.
package struct Template: Hashable, Sendable, CustomStringConvertible {
  /// Bytes of a text once everything is put in: past it the rest is cut off, and the log says so.
  package static var maximumLength: Int { 65_536 }
  /// How deep `${…}` and `$[…]` may stand in one another.
  package static var maximumNesting: Int { 32 }

  /// As written.
  package let text: String
  let content: Content
  /// What is wrong with it, and what it names; `nil` where there is nothing to say, as with most texts.
  private let notes: Notes?

  package init(_ text: String) {
    self.text = text
    guard text.utf8.contains(UInt8(ascii: "$")) else {
      content = .literal(text)
      notes = nil
      return
    }
    var reader = TemplateReader(text)
    content = reader.read()
    notes = reader.complaints.isEmpty && reader.mentions.isEmpty ? nil : Notes(reader.complaints, reader.mentions)
  }

  package var description: String { text }

  /// The text with variables, functions and expressions put in, from the inside out; results are not looked at again.
  package func expanded(in run: inout Run) throws(Pending) -> String {
    if run.callsInCalls == 0 { run.callsOfText = 0 }
    return try content.expanded(in: &run)
  }

  /// The text as it is understood while a plan is loaded: globals are known, and nothing of any call.
  package func expanded(globals: [String: String]) -> String {
    var world = NoCall(globals: globals)
    // Without a call no function is called, so nothing can be pending.
    return (try? content.expanded(in: &world)) ?? ""
  }

  /// Whether nothing has to be put in.
  package var isLiteral: Bool { if case .literal(let literal) = content { literal == text } else { false } }

  /// What is wrong with the text, if it stands there.
  package func findings(at place: SourcePlace) -> [Finding] {
    (notes?.complaints ?? []).map { .warning(place.advanced(by: $0.offset), $0.what, advice: $0.advice) }
  }

  /// The variables and functions that the text names outright; names that are put together while a call runs are not among them.
  package var mentions: [Mention] { notes?.mentions ?? [] }

  /// A variable or function that a text names.
  package struct Mention: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case variable
      /// With its arguments as written.
      case function(arguments: String)
    }
    package var kind: Kind
    package var name: String
    /// Bytes from the beginning of the text.
    package var offset: Int
  }

  struct Complaint: Hashable, Sendable {
    var offset: Int
    var what: String
    var advice: String?
  }

  private final class Notes: Sendable {
    let complaints: [Complaint]
    let mentions: [Mention]
    init(_ complaints: [Complaint], _ mentions: [Mention]) {
      self.complaints = complaints
      self.mentions = mentions
    }
  }

  package static func == (left: Template, right: Template) -> Bool { left.text == right.text }
  package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension Template {
  /// Text, or what becomes text once the call is known.
  enum Content: Sendable {
    case literal(String)
    case pieces([Piece])
  }

  /// Kept in boxes: a text that is put together walks past them, and a copy of one would count several references.
  indirect enum Piece: Sendable {
    case literal(String)
    /// `${…}` that says outright what it names.
    case reference(Reference, Excerpt?)
    /// `${NAME:…}` whose offset or length is put together.
    case excerpt(Reference, Content)
    /// `${…}` that can be read only once what stands in it is put in.
    case composed(Content)
    /// `$[…]` that something is put into before it is read.
    case expression(Content)
  }

  /// What `${…}` names.
  enum Reference: Sendable {
    case predefined(PredefinedVariable)
    case variable(String)
    case function(FunctionCall)
  }

  struct FunctionCall: Sendable {
    let name: String
    /// `nil` if there is none of that name.
    let function: DialplanFunction?
    let arguments: Content
  }
}

extension Template.Content {
  func expanded(in world: inout some TemplateWorld) throws(Pending) -> String {
    switch self {
    case .literal(let text): return text
    case .pieces(let pieces):
      var result = pieces.count == 1 ? try pieces[0].expanded(in: &world) : ""
      if pieces.count > 1 {
        for piece in pieces {
          result += try piece.expanded(in: &world)
          if result.utf8.count > Template.maximumLength { break }
        }
      }
      guard result.utf8.count > Template.maximumLength else { return result }
      world.complain(.error, "A text grew past \(Template.maximumLength) bytes and was cut off there.")
      return Excerpt(offset: 0, length: Template.maximumLength).of(result)
    }
  }
}

extension Template.Piece {
  func expanded(in world: inout some TemplateWorld) throws(Pending) -> String {
    switch self {
    case .literal(let text): return text
    case .reference(let reference, let excerpt):
      let value = try reference.value(in: &world)
      return excerpt?.of(value) ?? value
    case .excerpt(let reference, let written):
      let excerpt = Excerpt(try written.expanded(in: &world))
      return excerpt.of(try reference.value(in: &world))
    case .composed(let content):
      let (reference, excerpt) = TemplateReader.reference(try content.expanded(in: &world))
      let value = try reference.value(in: &world)
      return excerpt?.of(value) ?? value
    case .expression(let content): return try Expression.value(of: try content.expanded(in: &world), in: &world)
    }
  }
}

extension Template.Reference {
  func value(in world: inout some TemplateWorld) throws(Pending) -> String {
    switch self {
    case .variable(let name): world.value(ofVariable: name) ?? ""
    case .predefined(let variable): world.value(of: variable)
    case .function(let call): try world.call(call.name, call.function, try call.arguments.expanded(in: &world))
    }
  }
}
