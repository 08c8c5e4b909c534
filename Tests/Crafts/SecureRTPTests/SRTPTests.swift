import Cryptography
import Testing
import Wire

@testable import SecureRTP

/// One side of an association that holds packets for a test.
private final class Side {
  struct NoSession: Error {}
  private var session: SRTPSession
  private let memory: UnsafeMutableRawBufferPointer

  init(_ keys: SRTPKeys) throws {
    guard let session = SRTPSession(keys) else { throw NoSession() }
    self.session = session
    memory = .allocate(byteCount: 512, alignment: 16)
  }
  deinit { memory.deallocate() }

  func run(
    _ packet: [UInt8], _ verb: (inout SRTPSession, UnsafeMutableRawBufferPointer, inout Int) -> SRTPOutcome
  ) -> (SRTPOutcome, [UInt8]) {
    memory.copyBytes(from: packet)
    var length = packet.count
    let outcome = verb(&session, memory, &length)
    return (outcome, Array(memory[..<length]))
  }

  func seal(_ packet: [UInt8]) -> (SRTPOutcome, [UInt8]) { run(packet) { $0.protect($1, length: &$2) } }
  func open(_ packet: [UInt8]) -> (SRTPOutcome, [UInt8]) { run(packet) { $0.unprotect($1, length: &$2) } }
}

@Suite("SRTP: sealed, opened, and nothing else (RFC 3711, RFC 7714)")
struct SRTPTests {
  private static func keys(_ profile: SRTPProfile) -> (SRTPKeys, SRTPKeys) {
    var random = Randomness.seeded(3)
    let length = profile.keyLength + profile.saltLength
    let (one, other) = (random.bytes(length), random.bytes(length))
    return (
      SRTPKeys(profile: profile, local: one, remote: other), SRTPKeys(profile: profile, local: other, remote: one)
    )
  }

  private static func packet(_ sequence: UInt16, payload: [UInt8] = Array("hello".utf8)) -> [UInt8] {
    [0x80, 111] + sequence.octets + UInt32(960).octets + UInt32(0xCAFE).octets + payload
  }

  @Test("What one side seals the other opens", arguments: SRTPProfile.allCases)
  func roundTrip(profile: SRTPProfile) throws {
    let (ours, theirs) = Self.keys(profile)
    let sender = try Side(ours)
    let receiver = try Side(theirs)
    let (outcome, sealed) = sender.seal(Self.packet(1))
    #expect(outcome == .ok)
    #expect(sealed.count == Self.packet(1).count + (profile == .aes128CMSHA180 ? 10 : 16))
    #expect(sealed[12...].prefix(5) != Self.packet(1)[12...])
    let opened = receiver.open(sealed)
    #expect(opened.0 == .ok)
    #expect(opened.1 == Self.packet(1))
    #expect(receiver.open(sealed).0 == .replayed)
  }

  @Test("Every flipped bit is noticed", arguments: SRTPProfile.allCases)
  func bitFlips(profile: SRTPProfile) throws {
    let (ours, theirs) = Self.keys(profile)
    let sender = try Side(ours)
    let receiver = try Side(theirs)
    let (_, sealed) = sender.seal(Self.packet(7))
    for bit in 0..<(sealed.count * 8) {
      var forged = sealed
      forged[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(receiver.open(forged).0 != .ok, "bit \(bit)")
    }
    #expect(receiver.open(sealed).0 == .ok)
  }

  @Test("Sequence numbers wrap and the seal holds", arguments: SRTPProfile.allCases)
  func rollover(profile: SRTPProfile) throws {
    let (ours, theirs) = Self.keys(profile)
    let sender = try Side(ours)
    let receiver = try Side(theirs)
    for index in 0..<140 {
      let sequence = UInt16(truncatingIfNeeded: 65_500 + index)
      let (_, sealed) = sender.seal(Self.packet(sequence))
      #expect(receiver.open(sealed).0 == .ok, "packet \(index)")
    }
  }

  @Test("RTCP is sealed with its own index", arguments: SRTPProfile.allCases)
  func rtcp(profile: SRTPProfile) throws {
    let (ours, theirs) = Self.keys(profile)
    let sender = try Side(ours)
    let receiver = try Side(theirs)
    let report: [UInt8] =
      [0x80, 201, 0, 1] + UInt32(0xCAFE).octets + [0x81, 202, 0, 2] + UInt32(0xCAFE).octets + [1, 1, 97, 0]
    let (outcome, sealed) = sender.run(report) { $0.protectRTCP($1, length: &$2) }
    #expect(outcome == .ok)
    let opened = receiver.run(sealed) { $0.unprotectRTCP($1, length: &$2) }
    #expect(opened.0 == .ok)
    #expect(opened.1 == report)
  }

  @Test("Whatever arrives is a value: runts never reach libsrtp2, noise is never opened", arguments: SRTPProfile.allCases)
  func noise(profile: SRTPProfile) throws {
    let (ours, theirs) = Self.keys(profile)
    let (sender, receiver) = (try Side(ours), try Side(theirs))
    // A stream that is known already, so that its own checks are asked too.
    #expect(receiver.open(sender.seal(Self.packet(1)).1).0 == .ok)
    let tag = profile == .aes128CMSHA180 ? 10 : 16
    var random = Randomness.seeded(9)
    for round in 0..<4000 {
      var octets = random.bytes(round % 200)
      if octets.count >= 12, round.isMultiple(of: 2) { octets.replaceSubrange(8..<12, with: UInt32(0xCAFE).octets) }
      if let first = octets.first { octets[0] = 0x80 | first & 0x3F }
      let speech = receiver.open(octets).0
      let report = receiver.run(octets) { $0.unprotectRTCP($1, length: &$2) }.0
      #expect(speech != .ok && report != .ok, "\(octets)")
      #expect(octets.count >= 12 + tag || speech == .malformed)
      #expect(octets.count >= 8 + 4 + tag || report == .malformed)
    }
  }

  @Test("Runts, wrong keys and packets without room are values")
  func refusals() throws {
    let (ours, theirs) = Self.keys(.aeadAES128GCM)
    let receiver = try Side(theirs)
    for length in 0..<12 { #expect(receiver.open([UInt8](repeating: 0x80, count: length)).0 == .malformed) }
    #expect(throws: Side.NoSession.self) { try Side(SRTPKeys(profile: .aeadAES128GCM, local: [1], remote: [2])) }
    let sender = try Side(ours)
    #expect(sender.run(Self.packet(1)) { $0.protect(.init(rebasing: $1[..<20]), length: &$2) }.0 == .malformed)
  }
}
