/// Several values under each key, told in the order in which they came: hash order never reaches an output.
package struct OrderedIndex<Key: Hashable & Sendable, Value: Hashable & Sendable>: Sendable {
  private var orders: [Key: [Value: UInt64]] = [:]
  private var nextOrder: UInt64 = 0

  package init() {}

  package var keyCount: Int { orders.count }

  package func contains(_ key: Key) -> Bool { orders[key] != nil }

  package func count(_ key: Key) -> Int { orders[key]?.count ?? 0 }

  /// The values under a key, the eldest first.
  package subscript(key: Key) -> [Value] { (orders[key] ?? [:]).sorted { $0.value < $1.value }.map(\.key) }

  package mutating func insert(_ value: Value, under key: Key) {
    guard orders[key]?[value] == nil else { return }
    nextOrder &+= 1
    orders[key, default: [:]][value] = nextOrder
  }

  package mutating func remove(_ value: Value, under key: Key) {
    orders[key]?[value] = nil
    if orders[key]?.isEmpty == true { orders[key] = nil }
  }

  package mutating func removeAll(under key: Key) -> [Value] {
    defer { orders[key] = nil }
    return self[key]
  }
}
