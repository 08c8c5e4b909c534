import Wire

/// Which nonce answered which transaction within the last half minute, so that the same request hears the same challenge again though
/// no transaction is kept for it (RFC 3261 §8.2.7).
///
/// A table of fixed size, in which a newer nonce takes an older one's place. To whom that happens another nonce is given, as good.
struct RecentNonces: Sendable {
  /// Nonces that are remembered at a time: 24 bytes each.
  static let maximumRemembered = 16_384
  /// As long as a client says its request again (RFC 3261 §17.1.2.2, timer F).
  static let memory = TransactionTimers().patience

  private struct Row {
    /// A hash that nobody can aim at, as its key is ours.
    var transaction: UInt64 = 0
    var nonce: DigestAuthenticator.Nonce?
  }
  private let key: ChanceKey
  private var rows: [Row] = []

  init(_ key: ChanceKey) { self.key = key }

  /// The nonce that the transaction was answered with.
  subscript(transaction: TransactionKey, now: Instant) -> DigestAuthenticator.Nonce? {
    guard !rows.isEmpty else { return nil }
    let name = transaction.hash(key)
    let row = rows[Self.place(name)]
    guard row.transaction == name, let nonce = row.nonce, now - nonce.made < Self.memory else { return nil }
    return nonce
  }

  mutating func note(_ nonce: DigestAuthenticator.Nonce, for transaction: TransactionKey) {
    // Where nobody registers, nothing is kept.
    if rows.isEmpty { rows = Array(repeating: Row(), count: Self.maximumRemembered) }
    let name = transaction.hash(key)
    rows[Self.place(name)] = Row(transaction: name, nonce: nonce)
  }

  private static func place(_ name: UInt64) -> Int { Int(name % UInt64(maximumRemembered)) }
}
