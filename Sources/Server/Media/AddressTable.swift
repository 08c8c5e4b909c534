import Wire

/// Which leg a browser's datagram belongs to, found by its source address: open addressing over plain memory, nothing counted, nothing allocated per look-up.
struct AddressTable: ~Copyable {
  /// An address as three words, compared without a call: an IPv4 address stands as the IPv6 one that means it.
  private struct Key: Equatable {
    var high: UInt64
    var low: UInt64
    var port: UInt16

    init(_ address: SocketAddress) {
      switch address.ip {
      case .v4(let v4): (high, low) = (0, 0xFFFF_0000_0000 | UInt64(v4))
      case .v6(let high, let low): (self.high, self.low) = (high, low)
      }
      port = address.port
    }

    /// Mixed by multiplication: an attacker who could choose addresses to collide would first have to pass ICE from each.
    var hash: Int {
      let bits = (high &* 0x9E37_79B9_7F4A_7C15 ^ low ^ UInt64(port) << 32) &* 0x9E37_79B9_7F4A_7C15
      return Int(truncatingIfNeeded: bits >> 24)
    }
  }

  private struct Entry {
    var key: Key
    var slot: Int32
  }
  private static let empty: Int32 = -1
  private static let removed: Int32 = -2

  private var entries: UnsafeMutableBufferPointer<Entry>
  private(set) var count = 0
  private var used = 0

  init(capacity: Int = 64) {
    entries = Self.allocate(capacity)
  }

  deinit {
    entries.deallocate()
  }

  /// The slot of the leg at `address`.
  func slot(of address: SocketAddress) -> Int? {
    let key = Key(address)
    var position = key.hash & mask
    while true {
      let entry = entries[position]
      if entry.slot == Self.empty { return nil }
      if entry.slot != Self.removed, entry.key == key { return Int(entry.slot) }
      position = (position &+ 1) & mask
    }
  }

  /// Gives `address` to the leg in `slot`, whoever had it before.
  mutating func set(_ address: SocketAddress, to slot: Int) { set(Key(address), to: slot) }

  private mutating func set(_ key: Key, to slot: Int) {
    if (used + 1) * 2 > entries.count { rebuild() }
    var position = key.hash & mask
    var free: Int?
    while entries[position].slot != Self.empty {
      if entries[position].slot == Self.removed {
        free = free ?? position
      } else if entries[position].key == key {
        entries[position].slot = Int32(slot)
        return
      }
      position = (position &+ 1) & mask
    }
    if free == nil { used += 1 }
    entries[free ?? position] = Entry(key: key, slot: Int32(slot))
    count += 1
  }

  /// Forgets `address` if it belongs to `slot`.
  mutating func remove(_ address: SocketAddress, of slot: Int) {
    let key = Key(address)
    var position = key.hash & mask
    while entries[position].slot != Self.empty {
      if entries[position].slot == Int32(slot), entries[position].key == key {
        entries[position].slot = Self.removed
        count -= 1
        return
      }
      position = (position &+ 1) & mask
    }
  }

  private var mask: Int { entries.count - 1 }

  /// Makes room: twice the size when truly full, the same size when only removed entries fill it.
  private mutating func rebuild() {
    let old = entries
    entries = Self.allocate(count * 4 > old.count ? old.count * 2 : old.count)
    used = 0
    count = 0
    for entry in old where entry.slot >= 0 { set(entry.key, to: Int(entry.slot)) }
    old.deallocate()
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutableBufferPointer<Entry> {
    let entries = UnsafeMutableBufferPointer<Entry>.allocate(capacity: capacity)
    entries.initialize(repeating: Entry(key: Key(SocketAddress(.any, 0)), slot: empty))
    return entries
  }
}
