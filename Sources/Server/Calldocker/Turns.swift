import Calls

/// Changes of one business come one after the other; those of different businesses do not wait for each other.
struct Turns {
  /// Changes of one business that may wait; one more is refused.
  static let maximum = 256

  /// Who waits, by whose change is under way.
  private var waiting: [TenantID: [CheckedContinuation<Bool, Never>]] = [:]

  /// Whether nobody is there before; if so it is the caller's turn.
  mutating func mayBegin(_ id: TenantID) -> Bool {
    guard waiting[id] == nil else { return false }
    waiting[id] = []
    return true
  }

  /// The waiter hears `true` when it is its turn, and `false` at once where too many wait.
  mutating func wait(_ id: TenantID, _ waiter: CheckedContinuation<Bool, Never>) {
    guard let count = waiting[id]?.count, count < Self.maximum else { return waiter.resume(returning: false) }
    waiting[id]?.append(waiter)
  }

  /// The next one's turn begins, if somebody waits.
  mutating func end(_ id: TenantID) {
    if let next = waiting[id]?.first {
      waiting[id]?.removeFirst()
      next.resume(returning: true)
    } else {
      waiting[id] = nil
    }
  }
}
