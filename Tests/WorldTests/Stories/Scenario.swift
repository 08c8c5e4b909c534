import CalldockerTesting
import Calls
import Peers
import SIPCore
import SIPSyntax
import Testing
import Wire

/// One way in which a call can go, played in virtual time; what `calldocker why` tells of it stands under its name in `told.txt`.
struct Scenario: Sendable, CustomTestStringConvertible {
  let name: String
  let play: @Sendable (Stage) throws -> Void

  init(_ name: String, _ play: @escaping @Sendable (Stage) throws -> Void) {
    self.name = name
    self.play = play
  }

  var testDescription: String { name }
}

/// Where a scenario is played: a world with a clock, alice, bob, and phones of all kinds.
final class Stage {
  let world: World
  let visitor: BrowserPeer
  private var scripts: [ScriptedPhone] = []

  init(seed: UInt64) throws {
    world = try World(seed: seed)
    visitor = world.addBrowser()
    for name in ["alice", "bob"] { try world.addAgent(name) }
  }

  @discardableResult
  func phone(_ user: String, _ habit: SoftPhone.Habit) -> SoftPhone {
    let phone = world.addPhone(user, habit: habit)
    pass(.milliseconds(100))
    return phone
  }

  /// A phone whose words the scenario writes.
  func script(_ user: String, host: UInt8 = 50, over connection: UInt64? = nil) -> ScriptedPhone {
    let address = SocketAddress(.v4(0xC633_6400 + UInt32(host)), 5060)
    let phone = ScriptedPhone(world, user, at: address, over: connection.map { ConnectionID($0) })
    scripts.append(phone)
    pass(.milliseconds(100))
    return phone
  }

  func pass(_ duration: Duration) { world.run(for: duration) }
  func pass(seconds: Int) { world.run(for: .seconds(seconds)) }

  @discardableResult
  func call(_ visitor: UInt64 = 1, from browser: BrowserPeer? = nil) throws -> CallID {
    let call = try world.call(from: browser ?? self.visitor, visitor: visitor)
    pass(.milliseconds(100))
    return call
  }

  /// A call that is not admitted.
  func callInVain(_ visitor: UInt64 = 1, offer: String? = nil) {
    let request = CallRequest(tenant: world.tenant.description, offer: offer ?? self.visitor.offer, name: "Vera")
    let (result, outputs) = world.exchange.callRequest(VisitorID(visitor), request, at: world.network.now)
    world.perform(outputs)
    if case .success = result { Issue.record("the call was admitted") }
  }

  /// As many calls as a business may have; nobody carries out what follows from them.
  func fillBusiness() {
    let request = CallRequest(tenant: world.tenant.description, extensionDialled: "echo")
    for number in 0..<UInt64(Tenant.maximumCalls) {
      if number.isMultiple(of: 500) { pass(seconds: 61) }
      _ = world.exchange.callRequest(VisitorID(1000 + number), request, at: world.network.now)
    }
  }

  func hangUp(_ call: CallID, visitor: UInt64 = 1) {
    world.perform(world.exchange.hangUp(VisitorID(visitor), call, at: world.network.now))
  }

  func talk(_ phone: SoftPhone) {
    if !world.run(atMost: .seconds(30), until: { phone.isTalking }) { Issue.record("\(world.history)") }
  }

  /// What happened to the latest call, once all is known of it.
  func record() throws -> FlightRecord {
    pass(seconds: 70)
    return try #require(world.recorder.latest(of: world.tenant, atMost: 1, at: world.network.now).first, "\(world.history)")
  }
}
