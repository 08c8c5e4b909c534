import SIPCore
import Wire

/// How fast calls may begin, from each network and for each business: a program that calls without end keeps nobody else from calling.
///
/// After a pause a minute's worth may come at once; from then on one more whenever its share of the minute has passed (the generic cell
/// rate algorithm, ITU-T I.371 §A.1).
package struct CallRates: Sendable {
  package static let window = Duration.seconds(60)
  /// Calls a minute from one IPv4 address or IPv6 network of 64 bits: an office behind one router, whose people call and call again.
  package static let standardPerSource = 30
  /// Calls a minute for one business, from wherever they come.
  package static let maximumPerTenant = 1000
  /// Networks that are remembered; past it the one whose minute is over first is forgotten.
  package static let maximumSources = 20_000

  private struct Gauge<Key: Hashable & Sendable>: Sendable {
    /// When all that was admitted would have come, had it come evenly.
    private var fullUntil = DeadlineQueue<Key>()
    var count: Int { fullUntil.count }

    mutating func admit(_ key: Key, perWindow limit: Int, atMost keys: Int, at now: Instant) -> Bool {
      while fullUntil.popDue(at: now) != nil {}
      let share = CallRates.window / limit
      let from = max(fullUntil[key] ?? now, now)
      guard from - now <= CallRates.window - share else { return false }
      if fullUntil[key] == nil, count >= keys { _ = fullUntil.popDue(at: now + CallRates.window) }
      fullUntil.set(key, to: from + share)
      return true
    }
  }

  private var sources = Gauge<SourceNetwork>()
  private var tenants = Gauge<TenantID>()

  package init() {}

  var sourceCount: Int { sources.count }

  /// What a call may be past.
  package enum Limit: String, Hashable, Sendable {
    case ofNetwork = "network"
    case ofBusiness = "business"
  }

  /// The limit that one more call would be past; notes it if there is none.
  ///
  /// - source: where it comes from; `nil` where that says nothing, which only its business is counted for.
  mutating func admit(from source: SourceNetwork?, perSource limit: Int, to tenant: TenantID, at now: Instant) -> Limit? {
    if let source {
      guard sources.admit(source, perWindow: limit, atMost: Self.maximumSources, at: now) else { return .ofNetwork }
    }
    // Tenants are as many as there are, and none is forgotten before its minute is over.
    return tenants.admit(tenant, perWindow: Self.maximumPerTenant, atMost: .max, at: now) ? nil : .ofBusiness
  }
}
