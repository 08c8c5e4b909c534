import Testing
import Wire

@testable import ICE

@Suite("RFC 5769: the vectors of STUN")
struct STUNVectorTests {
  static let password = "VOkJxbRl1RmTxUk/WvJxBt"
  static let request =
    "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff"
    + "80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    + "80280004e57a3bcf"
  static let responseV4 =
    "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643"
    + "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96"
  static let responseV6 =
    "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    + "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed41"
    + "80280004c8fb0b4c"

  private func read(_ hex: String) throws -> STUNDatagram {
    try STUNDatagram(parsing: try #require(Hex.decode(hex)))
  }

  @Test("§2.1 the request: every attribute, both seals")
  func sampleRequest() throws {
    let datagram = try read(Self.request)
    #expect(datagram.message.kind == .request)
    #expect(datagram.message.method == STUNMessage.binding)
    #expect(datagram.message.transaction == STUNTransactionID(high: 0xB7E7_A701, low: 0xBC34_D686_FA87_DFAE))
    #expect(
      datagram.message.attributes == [
        .software("STUN test client"), .priority(0x6E00_01FF), .iceControlled(tieBreaker: 0x932F_F9B1_5126_3B36),
        .username(Array("evtj:h6vY".utf8)),
      ])
    #expect(datagram.isFingerprinted)
    #expect(datagram.isAuthentic(password: Self.password))
    #expect(!datagram.isAuthentic(password: Self.password + "x"))
  }

  @Test(
    "§2.2 and §2.3 the responses: the reflected address",
    arguments: [(responseV4, "192.0.2.1:32853"), (responseV6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853")])
  func sampleResponses(hex: String, address: String) throws {
    let datagram = try read(hex)
    #expect(datagram.message.kind == .success)
    #expect(datagram.message.mappedAddress?.description == address)
    #expect(datagram.isFingerprinted)
    #expect(datagram.isAuthentic(password: Self.password))
  }

  @Test("Flipping any one bit of a sealed message is noticed")
  func everyBitCounts() throws {
    let octets = try #require(Hex.decode(Self.responseV4))
    for bit in 0..<octets.count * 8 {
      var bent = octets
      bent[bit / 8] ^= 1 << UInt8(bit % 8)
      let read = try? STUNDatagram(parsing: bent)
      // FINGERPRINT stands outside MESSAGE-INTEGRITY: bending its type only makes it another attribute to be ignored.
      let passes = read.map { $0.isFingerprinted && $0.isAuthentic(password: Self.password) } ?? false
      #expect(!passes, "bit \(bit)")
    }
  }

  @Test("Our fragment is found in a request without judging it, and in nothing else")
  func fragments() throws {
    let octets = try #require(Hex.decode(Self.request))
    let found = try #require(STUNMessage.usernameFragments(inRequest: octets))
    #expect(found.local == "evtj")
    #expect(found.remote == "h6vY")
    for length in 0..<octets.count {
      _ = STUNMessage.usernameFragments(inRequest: Array(octets[..<length]))
    }
    #expect(STUNMessage.usernameFragments(inRequest: try #require(Hex.decode(Self.responseV4))) == nil)
    #expect(STUNMessage.usernameFragments(inRequest: []) == nil)
    let nameless = STUNMessage(.request, transaction: STUNTransactionID(high: 1, low: 2)).encoded(password: nil)
    #expect(STUNMessage.usernameFragments(inRequest: nameless) == nil)
  }
}

@Suite("RFC 8489: STUN messages")
struct STUNMessageTests {
  private let transaction = STUNTransactionID(high: 1, low: 2)

  @Test("CRC-32 has its known check value")
  func crc() {
    #expect(STUNFingerprint.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
  }

  @Test("§5 class and method bits interleave", arguments: [(UInt16(0x001), UInt16(0x0111)), (0x0FF, 0x03FF), (0x080, 0x0310)])
  func messageType(method: UInt16, type: UInt16) throws {
    let octets = STUNMessage(.failure, method: method, transaction: transaction).encoded(password: nil)
    #expect(UInt16(octets[0]) << 8 | UInt16(octets[1]) == type)
    #expect(try STUNDatagram(parsing: octets).message.method == method)
  }

  @Test("What is written is read again", arguments: 1...60 as ClosedRange<UInt64>)
  func roundTrip(seed: UInt64) throws {
    var random = Randomness.seeded(seed)
    let choices: [STUNAttribute] = [
      .username(random.bytes(Int.random(in: 0..<40, using: &random))), .priority(.max), .useCandidate,
      .xorMappedAddress(SocketAddress(.v4(UInt32(truncatingIfNeeded: random.next())), 65_535)),
      .xorMappedAddress(SocketAddress(.v6(high: random.next() | 1, low: random.next()), 0)),
      .mappedAddress(SocketAddress(.loopback, 9)), .iceControlling(tieBreaker: random.next()),
      .iceControlled(tieBreaker: 0), .errorCode(.roleConflict), .errorCode(STUNErrorCode(699, "")),
      .unknownAttributes([1, 0x7FFF]), .software(random.token(5)), .other(type: 0x7777, random.bytes(3)),
    ]
    let message = STUNMessage(
      .indication, transaction: STUNTransactionID(using: &random),
      attributes: choices.shuffled(using: &random).prefix(Int.random(in: 0...choices.count, using: &random)).map { $0 })
    let datagram = try STUNDatagram(parsing: message.encoded(password: "secret"))
    #expect(datagram.message == message, "seed \(seed)")
    #expect(datagram.isAuthentic(password: "secret") && datagram.isFingerprinted)
    #expect(!(try STUNDatagram(parsing: message.encoded(password: nil))).claimsIntegrity)
  }

  @Test("§6.3 each kind of nonsense has its name")
  func refusals() throws {
    let good = STUNMessage(.request, transaction: transaction, attributes: [.priority(1)]).encoded(password: nil)
    func refused(_ bend: (inout [UInt8]) -> Void) -> STUNError? {
      var octets = good
      bend(&octets)
      do throws(STUNError) { _ = try STUNDatagram(parsing: octets) } catch { return error }
      return nil
    }
    #expect(refused { $0 = [] } == .notSTUN)
    #expect(refused { $0[0] = 0x80 } == .notSTUN)
    #expect(refused { $0[4] ^= 1 } == .notSTUN)
    #expect(refused { $0.removeLast() } == .truncated)
    #expect(refused { $0[3] += 4 } == .truncated)
    #expect(refused { $0[23] = 200 } == .truncated)
    #expect(refused { $0[23] = 3 } == .malformedAttribute(STUNAttributeType.priority))
    #expect(refused { $0[$0.count - 1] ^= 1 } == .wrongFingerprint)
    #expect(
      refused {
        $0 += [0x80, 0x22, 0, 0]
        $0[3] += 4
      } == .wrongFingerprint)
  }

  @Test("One past each limit")
  func limits() throws {
    let software = STUNAttribute.software("")
    // FINGERPRINT is an attribute too.
    let most = STUNMessage(
      .request, transaction: transaction, attributes: Array(repeating: software, count: STUNMessage.maximumAttributes - 1))
    #expect(try STUNDatagram(parsing: most.encoded(password: nil)).message == most)
    var over = most
    over.attributes.append(software)
    #expect(throws: STUNError.tooManyAttributes) { try STUNDatagram(parsing: over.encoded(password: nil)) }

    let room = STUNMessage.maximumOctets - STUNMessage.headerOctets - STUNFingerprint.attributeOctets - 4
    var long = STUNMessage(
      .request, transaction: transaction, attributes: [.other(type: 0x9000, Array(repeating: 1, count: room))])
    #expect(try STUNDatagram(parsing: long.encoded(password: nil)).message == long)
    long.attributes = [.other(type: 0x9000, Array(repeating: 1, count: room + 1))]
    #expect(throws: STUNError.tooLong) { try STUNDatagram(parsing: long.encoded(password: nil)) }
  }

  @Test("§14.5 what follows MESSAGE-INTEGRITY is not believed")
  func afterIntegrity() throws {
    var octets = STUNMessage(.request, transaction: transaction).encoded(password: "secret")
    octets.removeLast(STUNFingerprint.attributeOctets)
    octets += STUNAttributeType.useCandidate.octets + [0, 0]
    octets.replaceSubrange(2..<4, with: UInt16(octets.count - STUNMessage.headerOctets).octets)
    let datagram = try STUNDatagram(parsing: octets)
    #expect(datagram.isAuthentic(password: "secret"))
    #expect(!datagram.message.nominates)
  }
}
