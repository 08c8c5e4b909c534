/// The `;name=value` list behind a header's value, in order, values without their quotation marks (RFC 3261 §25.1, generic-param).
package struct HeaderParameters: Hashable, Sendable {
  private struct Entry: Hashable {
    var name: String
    var value: String?
  }
  private var entries: [Entry] = []

  package init() {}

  package func contains(_ name: String) -> Bool { entries.contains { $0.name.equalsIgnoringCase(name) } }

  /// The value of `name` in any case; `nil` if absent or without a value.
  package subscript(name: String) -> String? {
    get { entries.first { $0.name.equalsIgnoringCase(name) }?.value }
    set {
      entries.removeAll { $0.name.equalsIgnoringCase(name) }
      guard let newValue else { return }
      entries.append(Entry(name: name, value: newValue))
    }
  }

  /// Adds a parameter that has no value, such as `rport`.
  package mutating func setFlag(_ name: String) {
    entries.removeAll { $0.name.equalsIgnoringCase(name) }
    entries.append(Entry(name: name, value: nil))
  }

  func write(to text: inout [UInt8]) {
    for entry in entries {
      text.append(UInt8(ascii: ";"))
      text.appendVisible(entry.name.utf8)
      guard let value = entry.value else { continue }
      text.append(UInt8(ascii: "="))
      if !value.isEmpty, ByteSet.parameterValue.containsAll(value.utf8) {
        text.append(value)
      } else {
        text.appendQuoted(value)
      }
    }
  }

  static func read(_ scanner: inout Scanner) throws(SIPSyntaxError) -> HeaderParameters {
    var parameters = HeaderParameters()
    while scanner.skipSeparator(UInt8(ascii: ";")) {
      // An empty parameter (";;") is what some phones write; it says nothing.
      if scanner.isAtEnd || scanner.next == UInt8(ascii: ";") { continue }
      guard parameters.entries.count < SIPLimit.parameters.maximum else { throw scanner.fails(.end) }
      let name = try scanner.token()
      guard scanner.skipSeparator(UInt8(ascii: "=")) else {
        parameters.entries.append(Entry(name: name, value: nil))
        continue
      }
      let value =
        scanner.next == UInt8(ascii: "\"")
        ? try scanner.quotedString() : String(decoding: scanner.take(while: .parameterValue), as: UTF8.self)
      parameters.entries.append(Entry(name: name, value: value))
    }
    return parameters
  }
}
