import Testing
import Wire

@testable import ICE

private let ours = ICECredentials(usernameFragment: "ours", password: "the-password-of-the-server")
private let theirs = ICECredentials(usernameFragment: "theirs", password: "the-password-of-the-browser")
private let newOurs = ICECredentials(usernameFragment: "ours2", password: "another-password-of-the-server")
private let newTheirs = ICECredentials(usernameFragment: "theirs2", password: "another-password-of-the-browser")
private let start = Instant(nanoseconds: 1_000_000_000)

private func source(_ number: UInt16) -> SocketAddress { SocketAddress(.v4(0xC000_0201), number) }

private func check(
  _ attributes: [STUNAttribute] = [.iceControlling(tieBreaker: 1)], to local: ICECredentials = ours, password: String? = nil,
  kind: STUNMessage.Class = .request, method: UInt16 = STUNMessage.binding
) -> [UInt8] {
  STUNMessage(
    kind, method: method, transaction: STUNTransactionID(high: 7, low: 9),
    attributes: [.username(Array("\(local.usernameFragment):theirs".utf8)), .priority(1)] + attributes
  ).encoded(password: password ?? local.password)
}

private let nomination = check([.iceControlling(tieBreaker: 1), .useCandidate])

@Suite("RFC 8445 §2.5, §7.3: the lite agent answers checks")
struct LiteAgentTests {
  private var agent = LiteAgent(local: ours, remote: theirs, at: start)

  private func answer(in outputs: [LiteAgent.Output]) throws -> (datagram: STUNDatagram, to: SocketAddress) {
    for case .send(let octets, let to) in outputs { return (try STUNDatagram(parsing: octets), to) }
    throw STUNError.notSTUN
  }

  private func choice(in outputs: [LiteAgent.Output]) -> SocketAddress? {
    for case .selected(let address) in outputs { return address }
    return nil
  }

  @Test("§7.3.1 a good check is answered with its source, sealed, and selects it")
  mutating func success() throws {
    let outputs = agent.receive(check(), from: source(1), at: start)
    let (datagram, to) = try answer(in: outputs)
    #expect(to == source(1))
    #expect(datagram.message.kind == .success)
    #expect(datagram.message.transaction == STUNTransactionID(high: 7, low: 9))
    #expect(datagram.message.mappedAddress == source(1))
    #expect(datagram.isAuthentic(password: ours.password) && datagram.isFingerprinted)
    #expect(outputs.dropFirst() == [.authenticated(source(1)), .selected(source(1))])
    #expect(agent.receive(check(), from: source(1), at: start).count == 1)
  }

  @Test("The peer's half of the USERNAME may be newer than what signalling told us")
  mutating func newerPeer() throws {
    let request = STUNMessage(
      .request, transaction: STUNTransactionID(high: 7, low: 9), attributes: [.username(Array("ours:else".utf8))])
    let outputs = agent.receive(request.encoded(password: ours.password), from: source(1), at: start)
    #expect(try answer(in: outputs).datagram.message.kind == .success)
  }

  @Test("RFC 8489 §9.1.3 without USERNAME or integrity: 400, unsealed")
  mutating func missing() throws {
    let nameless = STUNMessage(.request, transaction: STUNTransactionID(high: 7, low: 9)).encoded(password: ours.password)
    let unsealed = STUNMessage(
      .request, transaction: STUNTransactionID(high: 7, low: 9), attributes: [.username(Array("ours:theirs".utf8))]
    ).encoded(password: nil)
    for request in [nameless, unsealed] {
      let (datagram, _) = try answer(in: agent.receive(request, from: source(1), at: start))
      #expect(datagram.message.errorCode == .badRequest)
      #expect(!datagram.claimsIntegrity)
    }
    #expect(agent.selected == nil && agent.counters.refused == 2)
  }

  @Test("RFC 8489 §9.1.3 a wrong name or password: 401, unsealed, and nothing is selected")
  mutating func unauthenticated() throws {
    let stranger = ICECredentials(usernameFragment: "our", password: ours.password)
    for request in [check(password: "wrong"), check(to: stranger), check(to: newOurs)] {
      let outputs = agent.receive(request, from: source(1), at: start)
      let (datagram, _) = try answer(in: outputs)
      #expect(datagram.message.errorCode == .unauthenticated)
      #expect(!datagram.claimsIntegrity && outputs.count == 1)
    }
    #expect(agent.selected == nil && agent.counters.refused == 3)
  }

  @Test("RFC 8489 §6.3.1 an unknown attribute that must be understood: 420 and its number")
  mutating func unknownAttribute() throws {
    let request = check([.other(type: 0x7001, [1]), .other(type: 0x7000, []), .other(type: 0x7001, [])])
    let (datagram, _) = try answer(in: agent.receive(request, from: source(1), at: start))
    #expect(datagram.message.attributes == [.errorCode(.unknownAttribute), .unknownAttributes([0x7001, 0x7000])])
    #expect(datagram.isAuthentic(password: ours.password))
    let optional = check([.other(type: 0xC057, [0, 0, 0, 1])])
    #expect(try answer(in: agent.receive(optional, from: source(1), at: start)).datagram.message.kind == .success)
  }

  @Test("§7.3.1.1 a peer that thinks itself controlled: 487, whatever its tie-breaker", arguments: [UInt64(0), .max])
  mutating func roleConflict(tieBreaker: UInt64) throws {
    let outputs = agent.receive(check([.iceControlled(tieBreaker: tieBreaker)]), from: source(1), at: start)
    let (datagram, _) = try answer(in: outputs)
    #expect(datagram.message.errorCode == .roleConflict)
    #expect(datagram.isAuthentic(password: ours.password))
    #expect(agent.selected == nil)
  }

  @Test("Indications, responses, other methods and noise are counted and otherwise ignored")
  mutating func ignored() {
    let noise: [[UInt8]] = [
      check(kind: .indication), check(kind: .success), check(kind: .failure), check(method: 3), [], [0x16, 0xFE, 0xFD],
    ]
    for datagram in noise {
      #expect(agent.receive(datagram, from: source(1), at: start).isEmpty)
    }
    #expect(agent.counters == LiteAgent.Counters(accepted: 0, refused: 0, ignored: noise.count))
  }

  @Test("The newest authenticated pair is followed until one is nominated, then the newest nominated")
  mutating func selection() {
    #expect(choice(in: agent.receive(check(), from: source(1), at: start)) == source(1))
    #expect(choice(in: agent.receive(check(), from: source(2), at: start)) == source(2))
    #expect(choice(in: agent.receive(nomination, from: source(1), at: start)) == source(1))
    #expect(choice(in: agent.receive(check(), from: source(2), at: start)) == nil)
    #expect(choice(in: agent.receive(nomination, from: source(2), at: start)) == source(2))
    // A plain check of a pair nominated earlier keeps it known but does not win it back.
    #expect(choice(in: agent.receive(check(), from: source(1), at: start)) == nil)
    #expect(choice(in: agent.receive(nomination, from: source(1), at: start)) == source(1))
    #expect(agent.selected == source(1))
  }

  @Test("One pair past the limit: the oldest is forgotten, never the selected one")
  mutating func pairLimit() {
    _ = agent.receive(nomination, from: source(1), at: start)
    for number in 2...UInt16(LiteAgent.maximumPairs) { _ = agent.receive(check(), from: source(number), at: start) }
    let known = agent.receive(check(), from: source(2), at: start)
    #expect(known.count == 1)
    let newcomer = agent.receive(check(), from: source(99), at: start)
    #expect(newcomer.dropFirst() == [.authenticated(source(99))])
    #expect(agent.selected == source(1))
    // 3 was the one longest silent, so it is new again; 1 is selected and was kept.
    #expect(agent.receive(check(), from: source(1), at: start).count == 1)
    #expect(agent.receive(check(), from: source(3), at: start).contains(.authenticated(source(3))))
  }

  @Test("RFC 7675 §5.1 consent lives 30 s from the last authenticated check, no longer, and can come back")
  mutating func consent() {
    _ = agent.receive(nomination, from: source(1), at: start)
    let end = start + LiteAgent.consentLifetime
    #expect(agent.deadline == end)
    _ = agent.receive(check(password: "wrong"), from: source(1), at: start + .seconds(20))
    #expect(agent.deadline == end)
    #expect(agent.wake(at: end - .nanoseconds(1)).isEmpty)
    #expect(agent.wake(at: end) == [.consentLost])
    #expect(agent.deadline == nil && agent.selected == nil)
    #expect(agent.wake(at: end + .seconds(100)).isEmpty)
    #expect(choice(in: agent.receive(check(), from: source(1), at: end + .seconds(1))) == source(1))
    #expect(agent.deadline == end + .seconds(1) + LiteAgent.consentLifetime)
  }

  @Test("A browser that never comes is given up after the same 30 s")
  mutating func neverHeard() {
    #expect(agent.deadline == start + LiteAgent.consentLifetime)
    #expect(agent.wake(at: start + LiteAgent.consentLifetime) == [.consentLost])
  }

  @Test("§9 restart: the old credentials work until the new ones are seen, the new ones choose afresh")
  mutating func restart() throws {
    _ = agent.receive(nomination, from: source(1), at: start)
    let later = start + .seconds(10)
    agent.restart(local: newOurs, remote: newTheirs, at: later)
    #expect(agent.remote == newTheirs && agent.selected == source(1))
    #expect(agent.localFragments == ["ours2", "ours"])
    #expect(try answer(in: agent.receive(check(), from: source(1), at: later)).datagram.isAuthentic(password: ours.password))
    // Forged checks for the new session change nothing.
    _ = agent.receive(check(to: newOurs, password: "wrong"), from: source(2), at: later)
    #expect(agent.localFragments.count == 2 && agent.selected == source(1))
    // A plain check of the new session outvotes the old session's nomination.
    #expect(choice(in: agent.receive(check(to: newOurs), from: source(2), at: later)) == source(2))
    #expect(agent.localFragments == ["ours2"])
    let straggler = try answer(in: agent.receive(nomination, from: source(1), at: later))
    #expect(straggler.datagram.message.errorCode == .unauthenticated)
    #expect(agent.selected == source(2))
  }

  @Test("§9 two restarts before the first is seen: what worked still works, the abandoned one does not")
  mutating func restartTwice() {
    _ = agent.receive(nomination, from: source(1), at: start)
    agent.restart(local: newOurs, remote: newTheirs, at: start)
    let third = ICECredentials(usernameFragment: "ours3", password: "a-third-password-of-the-server")
    agent.restart(local: third, remote: newTheirs, at: start)
    #expect(agent.localFragments == ["ours3", "ours"])
    #expect(agent.receive(check(to: third), from: source(3), at: start).contains(.selected(source(3))))
  }
}
