import Attendant
import Calls
import Dialplan
import Runtime
import Wire

/// Calls that are led by dialplans.
extension SignallingPlane {
  /// What a plan may know of its business at a moment.
  static func facts(_ zones: ZoneFiles) -> (Exchange, TenantID) -> any OfficeFacts {
    // Read each time: somebody may set the machine's date.
    let origin = SystemClock.wallNanoseconds &- SystemClock.now.nanoseconds
    return { LiveFacts($0.tenant($1), zones: zones, origin: origin) }
  }

  /// The plan by which a business's calls are led from now on; those that are keep theirs.
  ///
  /// - Parameter attendance: whether it is the business's own, or lent by the house.
  package func lead(_ tenant: TenantID, by plan: Dialplan, as attendance: Attendance) {
    guard exchange.tenant(tenant) != nil else { return }
    attendant.setPlan(plan, of: tenant, facts: Self.facts(zones)(exchange, tenant))
    exchange.set(attendance, of: tenant)
  }

  /// What an attendant wants of others than the exchange.
  func run(_ errands: [Attendant.Errand]) {
    for errand in errands {
      switch errand {
      case .log(let tenant, let call, let level, let sentence):
        log.write(
          level.level, "The dialplan says", personal: sentence,
          [("tenant", tenant.description), ("call", String(call.description.prefix(6)))])
      case .store: break
      case .fetch(let tenant, let call, let fetch):
        Task { [pages] in answer(fetch, await pages.fetch(fetch, for: tenant), tenant, call) }
      }
    }
  }

  private func answer(_ fetch: Fetch, _ page: String?, _ tenant: TenantID, _ call: CallID) {
    let now = SystemClock.now
    let led = attendant.answer(fetch, with: page, tenant, call, in: &exchange, at: now, Self.facts(zones))
    perform(led.outputs, at: now)
    run(led.errands)
    schedule()
  }
}

extension Run.LogLevel {
  fileprivate var level: Log.Level {
    switch self {
    case .debug, .verbose: .debug
    case .notice: .info
    case .warning, .error: .warning
    }
  }
}
