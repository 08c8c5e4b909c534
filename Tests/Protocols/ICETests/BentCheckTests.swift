import Testing
import Wire

@testable import ICE

private let ours = ICECredentials(usernameFragment: "ours", password: "the-password-of-the-server")
private let theirs = ICECredentials(usernameFragment: "theirs", password: "the-password-of-the-browser")
private let transaction = STUNTransactionID(high: 7, low: 9)
private let source = SocketAddress(.v4(0xC000_0201), 9)

/// A request of these attributes, written byte by byte so that it may be wrong; sealed at its end if a password is given.
private func request(_ attributes: [(UInt16, [UInt8])], password: String? = ours.password) -> [UInt8] {
  let others = attributes.map { STUNAttribute.other(type: $0.0, $0.1) }
  return STUNMessage(.request, transaction: transaction, attributes: others).encoded(password: password)
}

private let name: (UInt16, [UInt8]) = (STUNAttributeType.username, Array("ours:theirs".utf8))
private let long = [UInt8](repeating: 0x78, count: 700)

@Suite("Checks bent a little: each has its error, or none (RFC 8489 §6.3, §9.1.3, §14)")
struct BentCheckTests {
  private func answer(_ datagram: [UInt8]) throws -> STUNMessage? {
    var agent = LiteAgent(local: ours, remote: theirs, at: Instant())
    let outputs = agent.receive(datagram, from: source, at: Instant())
    #expect(agent.selected == nil || outputs.count > 1)
    guard case .send(let octets, source)? = outputs.first else { return nil }
    return try STUNDatagram(parsing: octets).message
  }

  @Test(
    "400 for a check that does not say who sends it, or does not prove it",
    arguments: [
      request([]), request([(STUNAttributeType.priority, [0, 0, 0, 1])]), request([name], password: nil),
      request([], password: nil),
    ])
  func badRequest(datagram: [UInt8]) throws { #expect(try answer(datagram)?.errorCode == .badRequest) }

  @Test(
    "401 for a name or a password that is not ours",
    arguments: [
      "", ":", "our:theirs", "oursx:theirs", "ours", "OURS:theirs", " ours:theirs", "theirs:ours", "ours\0:theirs",
      "ours;theirs",
    ])
  func wrongName(text: String) throws {
    #expect(try answer(request([(STUNAttributeType.username, Array(text.utf8))]))?.errorCode == .unauthenticated)
    #expect(try answer(request([name], password: "wrong"))?.errorCode == .unauthenticated)
    #expect(try answer(request([name], password: ""))?.errorCode == .unauthenticated)
  }

  @Test(
    "420 names what we do not know, and only what must be known",
    arguments: [0x0000, 0x0007, 0x0014, 0x0026, 0x7FFF] as [UInt16])
  func unknown(type: UInt16) throws {
    let refusal = try #require(try answer(request([name, (type, [1, 2, 3, 4])])))
    #expect(refusal.errorCode == .unknownAttribute && refusal.attributes.contains(.unknownAttributes([type])))
    #expect(try answer(request([name, (type | 0x8000, [1, 2, 3, 4])]))?.kind == .success)
  }

  @Test("487 for a browser that would be controlled, whatever else it says")
  func conflict() throws {
    let controlled: (UInt16, [UInt8]) = (STUNAttributeType.iceControlled, Array(repeating: 1, count: 8))
    #expect(try answer(request([name, controlled]))?.errorCode == .roleConflict)
    #expect(try answer(request([name, controlled, (STUNAttributeType.useCandidate, [])]))?.errorCode == .roleConflict)
  }

  @Test(
    "What is malformed is dropped: an answer would help only who forges sources",
    arguments: [
      [], [0], Array(repeating: 0, count: 19), Array(repeating: 0, count: 20), Array(repeating: 0xFF, count: 20),
      request([(STUNAttributeType.priority, [1])]), request([(STUNAttributeType.priority, [1, 2, 3, 4, 5])]),
      request([(STUNAttributeType.iceControlling, [1])]),
      request([(STUNAttributeType.xorMappedAddress, [0, 3, 0, 0, 0, 0, 0, 0])]),
      request([(STUNAttributeType.xorMappedAddress, [0, 1])]), request([(STUNAttributeType.errorCode, [0, 0, 7, 0])]),
      request([name, (0x9000, long), (0x9001, long), (0x9002, long)]),
      request(Array(repeating: (0x9000, []), count: STUNMessage.maximumAttributes)),
    ] as [[UInt8]])
  func dropped(datagram: [UInt8]) throws { #expect(try answer(datagram) == nil) }

  @Test("A check is whole or nothing: cut anywhere or with any bit turned, it selects nobody")
  func cutAndTurned() {
    let good = request([name, (STUNAttributeType.useCandidate, [])])
    for length in 0..<good.count {
      var agent = LiteAgent(local: ours, remote: theirs, at: Instant())
      #expect(agent.receive(Array(good[..<length]), from: source, at: Instant()).isEmpty)
    }
    // FINGERPRINT stands behind the seal: as another attribute it is ignored, and the check is what it was (§14.5).
    let nameOfFingerprint = (good.count - 8) * 8..<(good.count - 6) * 8
    for bit in 0..<(good.count * 8) where !nameOfFingerprint.contains(bit) {
      var bent = good
      bent[bit / 8] ^= 1 << (bit % 8)
      var agent = LiteAgent(local: ours, remote: theirs, at: Instant())
      _ = agent.receive(bent, from: source, at: Instant())
      #expect(agent.selected == nil, "bit \(bit)")
    }
  }
}
