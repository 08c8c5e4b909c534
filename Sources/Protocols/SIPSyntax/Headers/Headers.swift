/// The header fields of a message, in their order, each value as it came with folds made spaces (RFC 3261 §7.3.1).
package struct Headers: Hashable, Sendable {
  package struct Field: Hashable, Sendable {
    package var name: HeaderName
    package var value: [UInt8]
    /// Where the value began in its datagram; 0 in a message that we build.
    var offset = 0

    package static func == (left: Field, right: Field) -> Bool { left.name == right.name && left.value == right.value }
    package func hash(into hasher: inout Hasher) {
      hasher.combine(name)
      hasher.combine(value)
    }
  }
  package private(set) var fields: [Field] = []

  package init() {}

  package var count: Int { fields.count }

  /// The text of the first field of that name.
  package subscript(name: HeaderName) -> String? {
    fields.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
  }

  package func contains(_ name: HeaderName) -> Bool { fields.contains { $0.name == name } }

  /// Adds a field at the end. Whatever `value` holds, it stays one line.
  package mutating func append(_ name: HeaderName, _ value: some Sequence<UInt8>) {
    var line: [UInt8] = []
    line.appendVisible(value)
    fields.append(Field(name: name, value: line))
  }
  package mutating func append(_ name: HeaderName, _ text: String) { append(name, text.utf8) }

  /// Adds a field before all others.
  package mutating func prepend(_ name: HeaderName, _ text: String) {
    append(name, text)
    fields.insert(fields.removeLast(), at: 0)
  }

  /// Puts a field in the place of the first of that name and removes the others.
  package mutating func set(_ name: HeaderName, _ text: String) {
    guard let index = fields.firstIndex(where: { $0.name == name }) else { return append(name, text) }
    append(name, text)
    fields[index] = fields.removeLast()
    let kept = fields[...index] + fields[(index + 1)...].filter { $0.name != name }
    fields = Array(kept)
  }

  package mutating func remove(_ name: HeaderName) { fields.removeAll { $0.name == name } }

  /// Copies all fields of that name from another message, in order.
  package mutating func copy(_ name: HeaderName, from other: Headers) {
    fields += other.fields.filter { $0.name == name }
  }

  /// Copies the field of that name from another message; of several, which only a malformed one has, the first.
  mutating func copyFirst(_ name: HeaderName, from other: Headers) {
    if let field = other.fields.first(where: { $0.name == name }) { fields.append(field) }
  }

  mutating func append(received name: HeaderName, _ value: [UInt8], at offset: Int) {
    fields.append(Field(name: name, value: value, offset: offset))
  }

  /// Replaces the first value of the first field of that name, which may hold several after commas.
  mutating func replaceFirst(_ name: HeaderName, with text: String) {
    guard let index = fields.firstIndex(where: { $0.name == name }) else { return }
    let rest = Self.elements(fields[index].value[...]).dropFirst()
    fields[index].value = Array(text.utf8) + rest.flatMap { Array(", ".utf8) + $0 }
  }

  // MARK: Reading

  /// What `read` makes of the one field of that name; `nil` if there is none, an error if there are several.
  func single<Value>(
    _ name: HeaderName, _ read: (inout Scanner) throws(SIPSyntaxError) -> Value
  ) throws(SIPSyntaxError) -> Value? {
    var found: Field?
    for field in fields where field.name == name {
      guard found == nil else { throw SIPSyntaxError(.repeatedHeader, in: name, at: field.offset) }
      found = field
    }
    guard let found else { return nil }
    return try Self.read(found, found.value[...], read)
  }

  /// What `read` makes of each value of that name, over all fields and commas.
  func list<Value>(
    _ name: HeaderName, _ read: (inout Scanner) throws(SIPSyntaxError) -> Value
  ) throws(SIPSyntaxError) -> [Value] {
    var values: [Value] = []
    for field in fields where field.name == name {
      for element in Self.elements(field.value[...]) { values.append(try Self.read(field, element, read)) }
    }
    return values
  }

  private static func read<Value>(
    _ field: Field, _ text: Bytes, _ read: (inout Scanner) throws(SIPSyntaxError) -> Value
  ) throws(SIPSyntaxError) -> Value {
    var scanner = Scanner(text)
    do throws(SIPSyntaxError) {
      scanner.skipWhitespace()
      let value = try read(&scanner)
      try scanner.expectEnd()
      return value
    } catch {
      throw SIPSyntaxError(error.problem, in: field.name, at: field.offset + error.offset)
    }
  }

  /// The parts between commas that stand neither in quotation marks nor in angle brackets.
  static func elements(_ value: Bytes) -> [Bytes] {
    var elements: [Bytes] = []
    var start = value.startIndex
    var (isQuoted, isBracketed, isEscaped) = (false, false, false)
    for index in value.indices {
      defer { isEscaped = isQuoted && !isEscaped && value[index] == UInt8(ascii: "\\") }
      switch value[index] {
      case UInt8(ascii: "\"") where !isEscaped: isQuoted.toggle()
      case UInt8(ascii: "<") where !isQuoted: isBracketed = true
      case UInt8(ascii: ">") where !isQuoted: isBracketed = false
      case UInt8(ascii: ",") where !isQuoted && !isBracketed:
        elements.append(value[start..<index])
        start = index + 1
      default: break
      }
    }
    elements.append(value[start...])
    return elements
  }

  func write(to text: inout [UInt8]) {
    for field in fields where field.name != .contentLength {
      text.append(field.name.text)
      text.append(": ")
      text += field.value
      text.append("\r\n")
    }
  }
}
