import SIPCore
import Wire

/// A call that was not admitted, as far as anybody may want to know why.
package struct RefusedCall: Hashable, Sendable {
  /// Bytes that are kept of a page's address and of what stood where a business's UUID should.
  package static let maximumText = 300

  package var reason: Refusal.Reason
  /// The page that asked, without its query, or the origin of one that may not.
  package var page: String?
  /// The network that asked; `nil` for this machine, and for proxies that name nobody.
  package var network: SourceNetwork?
  /// What stood where the UUID of a business should, if no business has it.
  package var named: String?
  /// Which limit of its rates a call was past.
  package var limit: CallRates.Limit?
  /// The call that `calldocker why` tells more of.
  package var call: CallID?

  package init(
    _ reason: Refusal.Reason, page: String? = nil, network: SourceNetwork? = nil, named: String? = nil,
    limit: CallRates.Limit? = nil, call: CallID? = nil
  ) {
    self.reason = reason
    self.page = page?.withoutQuery.cut(to: Self.maximumText)
    self.network = network
    self.named = named?.cut(to: Self.maximumText)
    self.limit = limit
    self.call = call
  }
}

/// Calls that were not admitted, of each business: how many for which reason, and the latest of each. What comes again and again is counted
/// where it stands, so that neither a crowd before a closed door nor a flood from everywhere takes the place of all else.
package struct RefusedCalls: Sendable {
  /// That are listed of one business for one reason; one more takes the place of the oldest.
  package static let maximumListed = 10
  /// That are listed over all; past it the business of which none was refused for longest is forgotten.
  package static let maximumOverAll = 10_000

  /// The same, so many times.
  package struct Group: Hashable, Sendable {
    package var first: Instant
    package var last: Instant
    package var count = 1
    package var refused: RefusedCall
  }

  /// Of one business, or of nobody that we know.
  package struct Account: Sendable {
    package private(set) var counts: [Refusal.Reason: Int] = [:]
    private var groups: [Refusal.Reason: [Group]] = [:]

    /// The latest first.
    package var listed: [Group] {
      groups.values.joined().sorted {
        ($0.last, $0.refused.reason.rawValue, $0.first) > ($1.last, $1.refused.reason.rawValue, $1.first)
      }
    }

    /// Returns how many more are listed.
    fileprivate mutating func note(_ refused: RefusedCall, at now: Instant) -> Int {
      counts[refused.reason, default: 0] &+= 1
      var own = groups[refused.reason] ?? []
      let before = own.count
      var group = Group(first: now, last: now, refused: refused)
      if let index = own.firstIndex(where: { $0.refused.isSame(as: refused) }) {
        group.first = own[index].first
        group.count = own[index].count &+ 1
        own.remove(at: index)
      }
      own.append(group)
      if own.count > RefusedCalls.maximumListed { own.removeFirst() }
      groups[refused.reason] = own
      return own.count - before
    }
  }

  private var accounts: [TenantID?: Account] = [:]
  private var latest = DeadlineQueue<TenantID?>()
  private(set) var listed = 0

  package init() {}

  package subscript(tenant: TenantID?) -> Account { accounts[tenant] ?? Account() }

  package mutating func note(_ refused: RefusedCall, of tenant: TenantID?, at now: Instant) {
    listed += accounts[tenant, default: Account()].note(refused, at: now)
    latest.set(tenant, to: now)
    while listed > Self.maximumOverAll, let oldest = latest.popDue(at: now) { forget(oldest) }
  }

  /// How many of each business were refused for a reason, the most first, for no more than so many businesses.
  package func counts(of reason: Refusal.Reason, atMost limit: Int) -> [(tenant: TenantID?, count: Int)] {
    let counts = accounts.compactMap { account in account.value.counts[reason].map { (tenant: account.key, count: $0) } }
    return Array(
      counts.sorted { ($1.count, $0.tenant?.description ?? "") < ($0.count, $1.tenant?.description ?? "") }.prefix(limit))
  }

  package mutating func forget(_ tenant: TenantID?) {
    latest.remove(tenant)
    listed -= accounts.removeValue(forKey: tenant)?.listed.count ?? 0
  }
}

extension RefusedCall {
  /// Whether it is the same again: of one that has a record each tells a story of its own, but of those there are enough already.
  fileprivate func isSame(as other: RefusedCall) -> Bool {
    (page, network, named, limit) == (other.page, other.network, other.named, other.limit)
  }

  /// Why, in a sentence; who asked and from where stands beside it.
  package var sentence: String {
    switch reason {
    case .originRefused: "The business does not allow calls from pages of this origin."
    case .rateLimited where limit == .ofNetwork: "There were more calls from this network than one may begin in a minute."
    case .rateLimited:
      "There were more calls for the business than \(CallRates.maximumPerTenant) in a minute, as many as one may have."
    case .shuttingDown: "The server was being stopped."
    case .unknownTenant: "The page names a business that there is not: see the data-uuid of its script."
    case .noAgents: "Nobody could be rung."
    case .busy: "There was no room for one more call."
    case .badSDP: "The browser's description of its sound could not be used."
    case .badRequest: "The page named no business: see the data-uuid of its script."
    case .unauthorised, .unknownCall: "It was not allowed."
    }
  }
}
