/// The small database of a dialplan (`DB(family/key)`): text by family and key.
package struct KeyStore: Hashable, Sendable {
  package static var maximumKeys: Int { 10_000 }
  package static var maximumValueLength: Int { 4096 }

  /// One change, for who keeps it on the disk; `nil` removes.
  package struct Change: Hashable, Sendable {
    package var family: String
    package var key: String
    package var value: String?

    package init(family: String, key: String, value: String?) {
      self.family = family
      self.key = key
      self.value = value
    }
  }

  private var families: [String: [String: String]] = [:]
  package private(set) var count = 0

  package init() {}

  package subscript(family: String, key: String) -> String? { families[family]?[key] }

  /// The families that have keys, sorted.
  package var familyNames: [String] { families.keys.sorted() }

  /// The keys of a family, sorted.
  package func keys(of family: String) -> [String] { families[family]?.keys.sorted() ?? [] }

  /// Whether the change was made: a full store takes no further key.
  package mutating func apply(_ change: Change) -> Bool {
    let isKnown = families[change.family]?[change.key] != nil
    guard let value = change.value else {
      guard isKnown else { return false }
      families[change.family]?[change.key] = nil
      if families[change.family]?.isEmpty == true { families[change.family] = nil }
      count -= 1
      return true
    }
    guard value.utf8.count <= Self.maximumValueLength, isKnown || count < Self.maximumKeys else { return false }
    families[change.family, default: [:]][change.key] = value
    if !isKnown { count += 1 }
    return true
  }
}
