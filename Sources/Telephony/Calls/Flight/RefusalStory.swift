import Wire

/// Calls that were not admitted, told in plain sentences: one line for each kind, the latest first.
package struct RefusalStory {
  private let account: RefusedCalls.Account
  private let clock: FlightClock
  private let showsPersonal: Bool

  package init(_ account: RefusedCalls.Account, clock: FlightClock, showsPersonal: Bool) {
    self.account = account
    self.clock = clock
    self.showsPersonal = showsPersonal
  }

  /// One of them for programs, too: what is private is three dots.
  package struct Entry: Hashable, Sendable {
    package var first: String
    package var last: String
    package var count: Int
    package var reason: String
    package var limit: String?
    package var page: String?
    package var network: String?
    package var named: String?
    package var call: String?
    package var sentence: String
  }

  package var entries: [Entry] {
    account.listed.map { group in
      let refused = group.refused
      return Entry(
        first: moment(group.first), last: moment(group.last), count: group.count, reason: refused.reason.rawValue,
        limit: refused.limit?.rawValue, page: refused.page.map(shown), network: refused.network.map { shown("\($0)") },
        // The UUID of a business stands on a public page.
        named: refused.named.map { TenantID($0) == nil ? shown($0) : $0 }, call: refused.call?.description,
        sentence: refused.sentence)
    }
  }

  /// How many for which reason, in the order of the reasons' names.
  package var counts: [(reason: String, count: Int)] {
    account.counts.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 }
  }

  package var text: String {
    guard !counts.isEmpty else { return "No call was refused since the server started." }
    let sum = counts.map { "\($0.count) \($0.reason)" }.joined(separator: ", ")
    let lines = zip(account.listed, entries).map { line($0, $1) }
    return (["Calls that were not admitted since the server started: \(sum) (times in UTC)"] + lines + hints).joined(
      separator: "\n")
  }

  private func line(_ group: RefusedCalls.Group, _ entry: Entry) -> String {
    var text = "\(clock.day(group.first)) \(clock.time(group.first))"
    if group.count > 1 { text += " to \(clock.time(group.last)), \(group.count) times" }
    if let page = entry.page { text += ", on the page \(page)" }
    if let network = entry.network { text += ", from \(network)" }
    if let named = entry.named { text += ", for \(named)" }
    text += ": \(entry.sentence) (\(entry.reason))"
    // By the first characters a call is known, as in the log.
    if let call = entry.call { text += " `calldocker why \(call.prefix(6))` tells more." }
    return text
  }

  private var hints: [String] {
    let reasons = Set(account.listed.map(\.refused.reason))
    var hints: [String] = []
    if reasons.contains(.originRefused) {
      hints.append("`calldocker tenant set UUID` shows from where pages may call; with --allowed-origin it says so anew.")
    }
    if account.listed.contains(where: { $0.refused.limit == .ofNetwork }) {
      hints.append("--calls-per-minute lets one network call more often; behind a proxy, see that its address is trusted.")
    }
    return hints.map { "Hint: \($0)" }
  }

  private func moment(_ moment: Instant) -> String { "\(clock.day(moment))T\(clock.time(moment))Z" }
  private func shown(_ text: String) -> String { showsPersonal ? FlightNames.onOneLine(text) : "…" }
}
