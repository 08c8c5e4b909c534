/// What a JSON value may be (JSON Schema 2020-12, as OpenAPI 3.1 has it): bodies are judged by it, and the description shows it.
package indirect enum Schema: Hashable, Sendable {
  /// A text of so many characters (Unicode scalars).
  case text(ClosedRange<Int>? = nil, format: String? = nil)
  /// One of these words.
  case word([String])
  case integer(ClosedRange<Int>? = nil)
  case number
  case flag
  case list(of: Schema, atMost: Int? = nil)
  /// Texts by names that are not known beforehand.
  case texts
  case anything
  case object(Object)
  case orNull(Schema)

  package struct Object: Hashable, Sendable {
    /// Names it in the description.
    package var name: String
    package var fields: [Field]
  }

  package struct Field: Hashable, Sendable {
    package var name: String
    package var schema: Schema
    package var isRequired: Bool
    package var note: String?
  }

  static func object(_ name: String, _ fields: Field...) -> Schema { .object(Object(name: name, fields: fields)) }

  static func page(_ name: String, of item: Schema) -> Schema {
    .object(
      name, .always("items", .list(of: item)),
      .always("next", .orNull(.text()), "Give it as `after` for the next page; null with the last."))
  }

  var object: Object? { if case .object(let object) = self { object } else { nil } }

  /// The same object under another name, with more fields.
  func adding(_ name: String, _ fields: Field...) -> Schema {
    .object(Object(name: name, fields: (object?.fields ?? []) + fields))
  }
}

extension Schema.Field {
  static func always(_ name: String, _ schema: Schema, _ note: String? = nil) -> Schema.Field {
    Schema.Field(name: name, schema: schema, isRequired: true, note: note)
  }

  static func maybe(_ name: String, _ schema: Schema, _ note: String? = nil) -> Schema.Field {
    Schema.Field(name: name, schema: schema, isRequired: false, note: note)
  }
}

// MARK: Judging

extension Schema {
  /// What is wrong with a value, in a sentence that names it; `nil` if nothing is.
  ///
  /// - Parameter name: what the value is called, such as `teams[2]`.
  func fault(in value: JSON, called name: String) -> String? {
    switch (self, value) {
    case (.orNull, .null), (.anything, _): return nil
    case (.orNull(let schema), _): return schema.fault(in: value, called: name)
    case (.text(let length, _), .string(let text)):
      guard let length, !length.contains(text.unicodeScalars.count) else { return nil }
      return "\(name) must have \(length.lowerBound) to \(length.upperBound) characters."
    case (.word(let words), .string(let text)): return words.contains(text) ? nil : "\(name) must be \(expectation)."
    case (.integer(let range), .integer(let integer)):
      guard let range else { return nil }
      return range.contains(Int(clamping: integer)) ? nil : "\(name) must be \(expectation)."
    case (.number, .integer), (.number, .number), (.flag, .bool): return nil
    case (.list(let item, let limit), .array(let values)):
      if let limit, values.count > limit { return "\(name) may have \(limit) entries." }
      for (index, value) in values.enumerated() {
        if let fault = item.fault(in: value, called: "\(name)[\(index)]") { return fault }
      }
      return nil
    case (.texts, .object(let members)):
      for member in members {
        if let fault = Schema.text().fault(in: member.value, called: "\(name).\(member.name)") { return fault }
      }
      return nil
    case (.object(let object), .object(let members)): return object.fault(in: members, called: name)
    default: return "\(name) must be \(expectation)."
    }
  }

  /// What is expected, for a sentence.
  private var expectation: String {
    switch self {
    case .text: "a text"
    case .word(let words): words.count == 1 ? words[0] : "one of \(words.joined(separator: ", "))"
    case .integer(nil): "a whole number"
    case .integer(let range?): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number: "a number"
    case .flag: "true or false"
    case .list: "a list"
    case .texts, .object: "an object"
    case .anything: "any value"
    case .orNull(let schema): schema.expectation
    }
  }
}

extension Schema.Object {
  /// - Parameter name: empty for the body itself, whose fields have no prefix.
  func fault(in members: [JSON.Member], called name: String) -> String? {
    let prefix = name.isEmpty ? "" : "\(name)."
    for member in members {
      guard let field = fields.first(where: { $0.name == member.name }) else {
        let meant = Suggestion.sentence(for: member.name, among: fields.map(\.name))
        return "There is no field \(prefix)\(member.name.prefix(Self.shownName))\(meant.isEmpty ? "." : meant)"
      }
      if let fault = field.schema.fault(in: member.value, called: prefix + field.name) { return fault }
    }
    let missing = fields.first { field in field.isRequired && !members.contains { $0.name == field.name } }
    return missing.map { "\(prefix)\($0.name) is missing." }
  }

  /// Characters of an unknown name that are shown.
  private static let shownName = 64
}

// MARK: The description

extension Schema {
  /// The schema as JSON; named objects stand among the components and are referred to.
  var json: JSON {
    switch self {
    case .text(let length, let format):
      var members = [JSON.Member("type", .string("string"))]
      if let length {
        members += [
          .init("minLength", .integer(Int64(length.lowerBound))), .init("maxLength", .integer(Int64(length.upperBound))),
        ]
      }
      if let format { members.append(.init("format", .string(format))) }
      return .object(members)
    case .word(let words):
      return .object([.init("type", .string("string")), .init("enum", .array(words.map(JSON.string)))])
    case .integer(let range):
      var members = [JSON.Member("type", .string("integer"))]
      if let range {
        members += [
          .init("minimum", .integer(Int64(range.lowerBound))), .init("maximum", .integer(Int64(range.upperBound))),
        ]
      }
      return .object(members)
    case .number: return .object([.init("type", .string("number"))])
    case .flag: return .object([.init("type", .string("boolean"))])
    case .list(let item, let limit):
      let bound = limit.map { [JSON.Member("maxItems", .integer(Int64($0)))] } ?? []
      return .object([.init("type", .string("array")), .init("items", item.json)] + bound)
    case .texts:
      return .object([.init("type", .string("object")), .init("additionalProperties", Schema.text().json)])
    case .anything: return .object([])
    case .object(let object): return .object([.init("$ref", .string("#/components/schemas/\(object.name)"))])
    case .orNull(let schema):
      return .object([.init("anyOf", .array([schema.json, .object([.init("type", .string("null"))])]))])
    }
  }

  /// The named objects in it, the inner ones too.
  var objects: [Object] {
    switch self {
    case .list(let schema, _), .orNull(let schema): schema.objects
    case .object(let object): [object] + object.fields.flatMap(\.schema.objects)
    default: []
    }
  }
}

extension Schema.Object {
  /// Nothing but what is described may stand in it.
  var json: JSON {
    let properties = fields.map { field -> JSON.Member in
      guard case .object(var members) = field.schema.json, let note = field.note else {
        return JSON.Member(field.name, field.schema.json)
      }
      members.append(.init("description", .string(note)))
      return JSON.Member(field.name, .object(members))
    }
    let required = fields.filter(\.isRequired).map { JSON.string($0.name) }
    return .object(
      [.init("type", .string("object")), .init("properties", .object(properties))]
        + (required.isEmpty ? [] : [.init("required", .array(required))]) + [.init("additionalProperties", .bool(false))])
  }
}
