/// The `;name=value` list of a SIP URI or its `?name=value&…` headers, in order, in canonical escaped form.
package struct URIParameters: Hashable, Sendable {
  struct Entry: Hashable, Sendable {
    var name: String
    var value: String?
  }
  private(set) var entries: [Entry] = []

  package init() {}

  package var isEmpty: Bool { entries.isEmpty }
  package var count: Int { entries.count }
  package var names: [String] { entries.map { PercentEscaping.unescape($0.name) } }

  package func contains(_ name: String) -> Bool { index(of: name) != nil }

  /// The value of `name` in any case, unescaped; `nil` if absent or without a value.
  package subscript(name: String) -> String? {
    get { index(of: name).flatMap { entries[$0].value }.map(PercentEscaping.unescape) }
    set {
      guard let newValue else { return remove(name) }
      set(name, to: PercentEscaping.escape(newValue, allowed: .uriParameter))
    }
  }

  /// Adds a parameter that has no value, such as `lr`.
  package mutating func setFlag(_ name: String) { set(name, to: nil) }

  package mutating func remove(_ name: String) {
    guard let index = index(of: name) else { return }
    entries.remove(at: index)
  }

  private mutating func set(_ name: String, to value: String?) {
    if let index = index(of: name) {
      entries[index].value = value
    } else {
      entries.append(Entry(name: PercentEscaping.escape(name, allowed: .uriParameter), value: value))
    }
  }

  mutating func append(_ entry: Entry) { entries.append(entry) }

  func index(of name: String) -> Int? { entries.firstIndex { $0.name.equalsIgnoringCase(name) } }

  func write(to text: inout [UInt8], first: UInt8, separator: UInt8) {
    for (index, entry) in entries.enumerated() {
      text.append(index == 0 ? first : separator)
      text.append(entry.name)
      guard let value = entry.value else { continue }
      text.append(UInt8(ascii: "="))
      text.append(value)
    }
  }
}

extension String {
  /// Whether both are the same but for the case of ASCII letters.
  func equalsIgnoringCase(_ other: String) -> Bool {
    utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { $0.lowercased == $1.lowercased }
  }
}

extension UInt8 {
  var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
