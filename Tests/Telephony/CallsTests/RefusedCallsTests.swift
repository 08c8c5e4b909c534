import SIPCore
import Testing
import Wire

@testable import Calls

@Suite("A call that was not admitted is explained, within limits")
struct RefusedCallsTests {
  private var refusals = RefusedCalls()
  private var random = Randomness.seeded(3)
  private let here = SourceNetwork(.v4(0xC633_6401))

  private mutating func note(_ refused: RefusedCall, _ tenant: TenantID?, after seconds: Int64) {
    refusals.note(refused, of: tenant, at: Instant() + .seconds(seconds))
  }

  @Test("The same again is counted where it stands; one past the limit takes the place of the oldest of its own reason")
  mutating func flood() {
    let tenant = TenantID(using: &random)
    note(RefusedCall(.originRefused, page: "https://evil.example"), tenant, after: 0)
    for second in 0..<1000 { note(RefusedCall(.rateLimited, network: here, limit: .ofNetwork), tenant, after: Int64(second)) }
    for number in 0...RefusedCalls.maximumListed {
      note(RefusedCall(.rateLimited, network: SourceNetwork(.v4(UInt32(number))), limit: .ofBusiness), tenant, after: 2000)
    }
    let account = refusals[tenant]
    #expect(account.counts == [.originRefused: 1, .rateLimited: 1011])
    #expect(account.listed.count == RefusedCalls.maximumListed + 1 && refusals.listed == account.listed.count)
    #expect(account.listed.last?.refused.reason == .originRefused, "a flood does not push out what else was refused")
    #expect(!account.listed.contains { $0.refused.network == here })
  }

  @Test("One past all that are listed: the business of which none was refused for longest is forgotten")
  mutating func overAll() {
    let tenants = (0...RefusedCalls.maximumOverAll / RefusedCalls.maximumListed).map { _ in TenantID(using: &random) }
    for (second, tenant) in tenants.enumerated() {
      for number in 0..<RefusedCalls.maximumListed { note(RefusedCall(.busy, page: "\(number)"), tenant, after: Int64(second)) }
    }
    #expect(refusals[tenants[0]].counts.isEmpty && !refusals[tenants[1]].counts.isEmpty)
    #expect(refusals.listed == RefusedCalls.maximumOverAll)
    for tenant in tenants { refusals.forget(tenant) }
    #expect(refusals.listed == 0)
  }

  @Test("Of more businesses than a log should name those are told of whom most were refused")
  mutating func mostRefused() {
    let tenants = (0...50).map { _ in TenantID(using: &random) }
    for (number, tenant) in tenants.enumerated() {
      for _ in 0...number { note(RefusedCall(.shuttingDown), tenant, after: 0) }
      note(RefusedCall(.busy), tenant, after: 0)
    }
    let told = refusals.counts(of: .shuttingDown, atMost: 50)
    #expect(told.map(\.count) == (2...51).reversed() && told.allSatisfy { $0.tenant != tenants[0] })
  }

  @Test("What strangers wrote is cut, and a page's query is not kept")
  mutating func cut() {
    let long = String(repeating: "ü", count: 1000)
    let refused = RefusedCall(.unknownTenant, page: "https://a.example/?token=secret", named: long)
    #expect(refused.page == "https://a.example/" && refused.named?.utf8.count == RefusedCall.maximumText)
  }

  @Test("Every way in which a call is not admitted is told to its own business, and to nobody else")
  mutating func told() throws {
    var line = try SignallingLine()
    var recorder = FlightRecorder()
    func ask(_ tenant: String, page: String = "https://shop.example/a?b=c", from source: SourceNetwork? = here) {
      let request = CallRequest(tenant: tenant, offer: SignallingLine.offer, page: page, source: source)
      recorder.take(line.exchange.callRequest(VisitorID(1), request, at: line.now).1, at: line.now)
    }
    let own = line.tenant.description
    ask(own)
    for _ in 0..<30 { ask(own) }
    let stranger = TenantID(using: &random)
    ask(stranger.description)
    ask("nonsense\u{7}")
    let evil = RefusedCall(.originRefused, page: "https://evil.example", network: here)
    recorder.take(line.exchange.turnedAway(evil, naming: own), at: line.now)
    recorder.take(line.exchange.turnedAway(evil, naming: stranger.description), at: line.now)
    line.exchange.beginShutDown()
    ask(own)
    #expect(recorder.refusals[line.tenant].counts == [.noAgents: 30, .rateLimited: 1, .originRefused: 1, .shuttingDown: 1])
    #expect(recorder.refusals[nil].counts == [.unknownTenant: 2, .originRefused: 1])
    #expect(recorder.refusals[stranger].counts.isEmpty)
    let last = recorder.refusals.counts(of: .shuttingDown, atMost: 5)
    #expect(last.map(\.tenant) == [line.tenant] && last.map(\.count) == [1])

    let clock = FlightClock(offset: 0)
    let story = RefusalStory(recorder.refusals[line.tenant], clock: clock, showsPersonal: true).text
    let latest = try #require(recorder.refusals[line.tenant].listed.last?.refused.call)
    #expect(!recorder.records(of: line.tenant, beginning: latest.description, at: line.now).isEmpty)
    #expect(
      story == """
        Calls that were not admitted since the server started: 30 no-agents, 1 origin-refused, 1 rate-limited, \
        1 shutting-down (times in UTC)
        1970-01-01 00:00:00.000, on the page https://shop.example/a, from 198.51.100.1: The server was being stopped. (shutting-down)
        1970-01-01 00:00:00.000, on the page https://shop.example/a, from 198.51.100.1: There were more calls from this \
        network than one may begin in a minute. (rate-limited)
        1970-01-01 00:00:00.000, on the page https://evil.example, from 198.51.100.1: The business does not allow calls \
        from pages of this origin. (origin-refused)
        1970-01-01 00:00:00.000 to 00:00:00.000, 30 times, on the page https://shop.example/a: Nobody could be rung. \
        (no-agents) `calldocker why \(latest.description.prefix(6))` tells more.
        Hint: `calldocker tenant set UUID` shows from where pages may call; with --allowed-origin it says so anew.
        Hint: --calls-per-minute lets one network call more often; behind a proxy, see that its address is trusted.
        """)
    let hidden = RefusalStory(recorder.refusals[line.tenant], clock: clock, showsPersonal: false)
    #expect(!"\(hidden.text)\(hidden.entries)".contains("example") && !hidden.text.contains("198.51"), "\(hidden.text)")
    let strangers = RefusalStory(recorder.refusals[nil], clock: clock, showsPersonal: true).text
    #expect(strangers.contains("for \(stranger): The page names a business that there is not") && !strangers.contains("\u{7}"))
    recorder.take([.flight(.forgotten(line.tenant))], at: line.now)
    #expect(recorder.refusals[line.tenant].counts.isEmpty, "it goes with its business")
    let nothing = RefusalStory(recorder.refusals[line.tenant], clock: clock, showsPersonal: true).text
    #expect(nothing == "No call was refused since the server started.")
  }
}
