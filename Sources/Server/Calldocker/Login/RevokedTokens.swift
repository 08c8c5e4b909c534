import Calls

/// Tokens that are worth nothing any more though their own time is not up.
struct RevokedTokens: Sendable {
  /// Of all people together; past it nobody is logged out by its token's name any more until some have ended by themselves.
  static let maximum = 200_000
  /// Of one person, so that nobody can use up what is there for all.
  static let maximumOfOne = 500

  struct Person: Hashable, Sendable {
    var tenant: TenantID
    var role: Role
    var user: String
  }
  private struct Entry {
    /// Seconds since 1970.
    var expiresAt: Int64
    /// `nil` for one that was revoked before the last start.
    var person: Person?
  }
  private var entries: [String: Entry] = [:]
  private var counts: [Person: Int] = [:]

  var count: Int { entries.count }

  func contains(_ id: String) -> Bool { entries[id] != nil }

  /// Whether one more of this person can be remembered.
  func hasRoom(for person: Person) -> Bool {
    entries.count < Self.maximum && counts[person, default: 0] < Self.maximumOfOne
  }

  mutating func insert(_ id: String, expiresAt: Int64, of person: Person? = nil) {
    guard entries.updateValue(Entry(expiresAt: expiresAt, person: person), forKey: id) == nil, let person else { return }
    counts[person, default: 0] += 1
  }

  /// Forgets those that have ended by themselves.
  ///
  /// - Parameter now: seconds since 1970.
  mutating func sweep(now: Int64) {
    for (id, entry) in entries where entry.expiresAt <= now {
      entries[id] = nil
      guard let person = entry.person, let count = counts[person] else { continue }
      counts[person] = count > 1 ? count - 1 : nil
    }
  }
}
