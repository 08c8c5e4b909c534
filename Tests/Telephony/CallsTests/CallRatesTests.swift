import SIPCore
import Testing
import Wire

@testable import Calls

@Suite("How fast calls may begin")
struct CallRatesTests {
  private var rates = CallRates()
  private var random = Randomness.seeded(1)
  private let here = SourceNetwork(.v4(0xC633_6401))
  private let there = SourceNetwork(.v4(0xC633_6402))

  private mutating func admitted(_ count: Int, from source: SourceNetwork?, to tenant: TenantID, at now: Instant) -> Int {
    (0..<count).count { _ in rates.admit(from: source, perSource: 30, to: tenant, at: now) == nil }
  }

  @Test("A minute's worth from one network may come at once, one more waits for its share; others are not concerned")
  mutating func source() {
    let tenant = TenantID(using: &random)
    let start = Instant(nanoseconds: 1)
    #expect(admitted(31, from: here, to: tenant, at: start) == 30)
    #expect(admitted(1, from: there, to: tenant, at: start) == 1)
    #expect(admitted(1, from: here, to: tenant, at: start + .milliseconds(1999)) == 0)
    #expect(admitted(2, from: here, to: tenant, at: start + .seconds(2)) == 1)
    #expect(admitted(100, from: here, to: tenant, at: start + .seconds(62)) == 30)
  }

  @Test("Over an hour no more than the limit a minute begins, however they come")
  mutating func average() {
    let tenant = TenantID(using: &random)
    var now = Instant()
    var count = 0
    while now < Instant() + .seconds(3600) {
      count += admitted(1, from: here, to: tenant, at: now)
      now += .milliseconds(Int.random(in: 0...900, using: &random))
    }
    #expect((1800...1830).contains(count))
  }

  @Test("For one business a minute's worth and not one more, from wherever they come; another has its own")
  mutating func tenant() {
    let (one, other) = (TenantID(using: &random), TenantID(using: &random))
    var count = 0
    for number in 0...CallRates.maximumPerTenant {
      count += admitted(1, from: SourceNetwork(.v4(UInt32(number))), to: one, at: Instant())
    }
    #expect(count == CallRates.maximumPerTenant)
    #expect(admitted(1, from: nil, to: one, at: Instant()) == 0)
    #expect(admitted(1, from: nil, to: other, at: Instant()) == 1)
  }

  @Test("What is not counted by its network has no limit but its business's")
  mutating func uncounted() {
    #expect(admitted(500, from: nil, to: TenantID(using: &random), at: Instant()) == 500)
  }

  @Test("One network past those that are remembered takes another's place, and none is remembered for ever")
  mutating func memory() {
    let tenant = TenantID(using: &random)
    for number in 0..<CallRates.maximumSources {
      // Their business is full long before.
      let (source, now) = (SourceNetwork(.v4(UInt32(number))), Instant(nanoseconds: Int64(number)))
      _ = rates.admit(from: source, perSource: 30, to: tenant, at: now)
    }
    #expect(rates.sourceCount == CallRates.maximumSources)
    _ = admitted(1, from: SourceNetwork(.v4(.max)), to: tenant, at: Instant(nanoseconds: 20_000))
    #expect(rates.sourceCount == CallRates.maximumSources)
    _ = admitted(1, from: here, to: tenant, at: Instant() + .seconds(120))
    #expect(rates.sourceCount == 1)
  }

  @Test("A visitor past the limit hears rate-limited, and no record is made of that")
  func exchange() throws {
    var line = try SignallingLine()
    var reasons: [Refusal.Reason?] = []
    for number in 0...CallRates.standardPerSource {
      let request = CallRequest(tenant: line.tenant.description, offer: SignallingLine.offer, source: here)
      let (result, outputs) = line.exchange.callRequest(VisitorID(UInt64(number)), request, at: line.now)
      if case .failure(let refusal) = result {
        reasons.append(refusal.reason)
        guard refusal.reason == .rateLimited else { continue }
        let refused = RefusedCall(.rateLimited, network: here, limit: .ofNetwork)
        #expect(outputs == [.flight(.turnedAway(line.tenant, refused))], "it is counted, and no record is made of it")
      }
    }
    #expect(reasons.count == CallRates.standardPerSource + 1, "nobody is there, and each try counts")
    #expect(reasons.last == .rateLimited && !reasons.dropLast().contains(.rateLimited))
  }
}
