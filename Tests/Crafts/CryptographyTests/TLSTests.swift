import Testing
import Wire

@testable import Cryptography

/// A server's session and a client that talks to it through this test.
private struct Pair {
  let server: TLSServerSession
  let client: TLSClientSession
  /// Bytes that travel at a time.
  var fragment: Int
  var heardByServer: [UInt8] = []
  var heardByClient: [UInt8] = []
  var atServer: [TLSOutput] = []
  var atClient: [TLSOutput] = []

  init(_ identity: Identity, client: TLSClientSession = TLSClientSession(), fragment: Int = .max) {
    server = TLSServerSession(identity: identity, at: Instant())
    self.client = client
    self.fragment = fragment
  }

  /// Carries records until nobody has any; keeps what was heard and everything else that happened.
  mutating func carry(fromClient: [TLSOutput] = [], fromServer: [TLSOutput] = []) {
    var pending = fromClient.map { (true, $0) } + fromServer.map { (false, $0) }
    while !pending.isEmpty {
      let (isFromClient, output) = pending.removeFirst()
      switch output {
      case .send(let records):
        for piece in pieces(of: records) {
          pending += (isFromClient ? server.receive(piece) : client.receive(piece)).map { (!isFromClient, $0) }
        }
      case .received(let octets): if isFromClient { heardByClient += octets } else { heardByServer += octets }
      case .established, .closed, .failed: if isFromClient { atClient.append(output) } else { atServer.append(output) }
      }
    }
  }

  mutating func shakeHands() { carry(fromClient: client.start()) }

  private func pieces(of octets: [UInt8]) -> [[UInt8]] {
    stride(from: 0, to: octets.count, by: min(fragment, octets.count)).map {
      Array(octets[$0..<min(octets.count, $0 + min(fragment, octets.count))])
    }
  }
}

extension [TLSOutput] {
  fileprivate var records: [UInt8] { flatMap { if case .send(let octets) = $0 { octets } else { [UInt8]() } } }
  fileprivate var failure: TLSFailure? { compactMap { if case .failed(let failure) = $0 { failure } else { nil } }.first }
}

@Suite("TLS, the server's side (RFC 8446, RFC 5246)")
struct TLSTests {
  private static let identity = Identity.selfSigned(names: ["localhost", "127.0.0.1"], now: 1_795_000_000, days: 30)

  private static func start() -> TLSServerSession { TLSServerSession(identity: identity, at: Instant()) }

  @Test("Hands are shaken in the newest version that both speak, for HTTP/1.1", arguments: [true, false])
  func handshake(isModern: Bool) {
    var pair = Pair(Self.identity, client: TLSClientSession(isModern: isModern, protocols: ["h2", "http/1.1"]))
    #expect(pair.server.deadline == Instant() + TLSServerSession.patience)
    pair.shakeHands()
    #expect(pair.atServer == [.established] && pair.atClient == [.established])
    #expect(pair.client.version == (isModern ? "TLSv1.3" : "TLSv1.2"))
    #expect(pair.client.applicationProtocol == Array("http/1.1".utf8))
    #expect(pair.client.serverCertificates == [Self.identity.fingerprint.octets])
    #expect(pair.server.deadline == nil)
  }

  @Test("Who offers no protocol is served; who offers only others hears so (RFC 7301 §3.2)")
  func applicationProtocols() {
    var silent = Pair(Self.identity, client: TLSClientSession(protocols: []))
    silent.shakeHands()
    #expect(silent.atServer == [.established])
    var other = Pair(Self.identity, client: TLSClientSession(protocols: ["h2"]))
    other.shakeHands()
    #expect(other.atServer.failure == .protocolError("no application protocol"))
    #expect(other.atClient.failure == .protocolError("tlsv1 alert no application protocol"))
  }

  @Test(
    "Both hear each other, however the bytes are cut",
    arguments: [1, 7, 100, 1461, 16_384, 65_536, .max], [true, false])
  func fragments(fragment: Int, isModern: Bool) {
    var random = Randomness.seeded(UInt64(fragment))
    var pair = Pair(Self.identity, client: TLSClientSession(isModern: isModern), fragment: fragment)
    pair.shakeHands()
    var (question, answer): ([UInt8], [UInt8]) = ([], [])
    for size in [1, 2, 1000, 16_383, 16_384, 16_385, 50_000] {
      let (asked, answered) = (random.bytes(size), random.bytes(size))
      pair.carry(fromClient: pair.client.send(asked))
      pair.carry(fromServer: pair.server.send(answered))
      question += asked
      answer += answered
    }
    #expect(pair.heardByServer == question)
    #expect(pair.heardByClient == answer)
    #expect(pair.atServer == [.established] && pair.atClient == [.established])
  }

  @Test("A megabyte passes each way, and what follows a hello at once is heard")
  func large() {
    var random = Randomness.seeded(1)
    let (question, answer) = (random.bytes(1_048_576), random.bytes(1_048_576))
    var pair = Pair(Self.identity)
    // A client's last flight and its request arrive together, as they do on a real network.
    let flight = pair.client.receive(pair.server.receive(pair.client.start().records).records)
    let together = flight.records + pair.client.send(question).records
    let outputs = pair.server.receive(together)
    guard case .established? = outputs.first, case .received(let heard)? = outputs.last else {
      Issue.record("\(outputs.count) outputs")
      return
    }
    #expect(heard == question)
    pair.carry(fromServer: pair.server.send(answer))
    #expect(pair.heardByClient == answer)
  }

  @Test("A goodbye is answered, from either side, and nothing is said after it")
  func goodbye() {
    var pair = Pair(Self.identity)
    pair.shakeHands()
    pair.carry(fromClient: pair.client.close())
    #expect(pair.atServer == [.established, .closed])
    #expect(pair.server.send([1]).isEmpty && pair.server.receive([1]).isEmpty && pair.server.close().isEmpty)
    var other = Pair(Self.identity)
    other.shakeHands()
    other.carry(fromServer: other.server.close())
    #expect(other.atClient == [.established, .closed])
    #expect(other.server.receive([1]).isEmpty)
  }

  @Test("What was said before a goodbye in the same bytes is heard first")
  func lastWords() {
    var pair = Pair(Self.identity)
    pair.shakeHands()
    let outputs = pair.server.receive(pair.client.send([1, 2, 3]).records + pair.client.close().records)
    #expect(outputs.suffix(2) == [.received([1, 2, 3]), .closed])
  }

  @Test("Plain HTTP ends in a failure that says what it was")
  func plainHTTP() {
    let server = Self.start()
    #expect(server.receive(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)).failure == .protocolError("http request"))
    #expect(server.deadline == nil && server.receive([0x16]).isEmpty)
  }

  @Test("Garbage, with or without a record's head, ends in one failure or at the deadline", arguments: 0..<200 as Range<UInt64>)
  func garbage(seed: UInt64) {
    var random = Randomness.seeded(seed)
    let server = Self.start()
    var outputs: [TLSOutput] = []
    for _ in 0..<8 {
      let noise = random.bytes(Int.random(in: 1...400, using: &random))
      let head: [UInt8] = seed % 2 == 0 ? [0x16, 3, 1, UInt8(noise.count >> 8), UInt8(noise.count & 0xFF)] : []
      outputs += server.receive(head + noise)
    }
    let failures = outputs.filter { if case .failed = $0 { true } else { false } }
    // Noise may look like the beginning of a long hello: then it is the deadline that ends it.
    #expect(failures.count == (server.deadline == nil ? 1 : 0))
    #expect(!outputs.contains(.established))
  }

  @Test("Bytes that were changed on their way are heard by nobody", arguments: 0..<60 as Range<UInt64>)
  func tampering(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var pair = Pair(Self.identity, client: TLSClientSession(isModern: seed % 2 == 0))
    pair.shakeHands()
    var records = pair.client.send([1, 2, 3]).records + pair.client.send([4, 5, 6]).records
    let place = Int.random(in: 0..<records.count, using: &random)
    records[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
    let outputs = pair.server.receive(records)
    let heard = outputs.flatMap { if case .received(let octets) = $0 { octets } else { [UInt8]() } }
    #expect([1, 2, 3, 4, 5, 6].starts(with: heard) && heard.count < 6, "byte \(place): \(heard)")
  }

  @Test("A hello that was cut waits for its rest, and its sender is given up after 10 s", arguments: [1, 5, 40, 200])
  func truncated(length: Int) {
    let server = Self.start()
    #expect(server.receive(Array(TLSClientSession().start().records.prefix(length))).isEmpty)
    #expect(server.wake(at: Instant() + .seconds(10) - .nanoseconds(1)).isEmpty)
    #expect(server.wake(at: Instant() + .seconds(10)) == [.failed(.timedOut)])
    #expect(server.deadline == nil && server.wake(at: Instant() + .seconds(11)).isEmpty)
  }

  @Test("A handshake without an end is given up at its limit of bytes, and not before")
  func tooLong() {
    // One ClientHello that claims 131 071 bytes (RFC 8446 §4), in records of 1024.
    let server = Self.start()
    var taken = 0
    var hello: [UInt8] = [1, 1, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 1020)
    while taken + 1029 <= TLSServerSession.maximumHandshake {
      #expect(server.receive([0x16, 3, 1, 4, 0] + hello).isEmpty)
      taken += 1029
      hello = [UInt8](repeating: 0, count: 1024)
    }
    #expect(server.receive([0x16, 3, 1, 4, 0] + hello).failure == .handshakeTooLong)
  }

  @Test("TLS 1.1 is refused with the alert that says why (RFC 8996, RFC 8446 §6.2)")
  func oldVersion() {
    let random = [UInt8](repeating: 7, count: 32)
    // ClientHello of version 3.2, no session, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA and its like, no compression.
    let body: [UInt8] = [3, 2] + random + [0, 0, 4, 0xC0, 0x13, 0xC0, 0x09, 1, 0]
    let hello: [UInt8] = [0x16, 3, 1, 0, UInt8(body.count + 4), 1, 0, 0, UInt8(body.count)] + body
    let outputs = Self.start().receive(hello)
    #expect(outputs.records.suffix(2) == [2, 70], "no protocol_version alert: \(outputs.records)")
    #expect(outputs.failure == .protocolError("unsupported protocol"))
  }

  @Test("A chain is sent whole, the server's own certificate first")
  func chain() throws {
    let root = try TestCertificate("Root")
    let middle = try TestCertificate("Middle", issuer: root)
    let own = try TestCertificate("own.test", issuer: middle)
    let folder = try TestFolder()
    let file = try folder.write("chain.pem", own.certificatePEM + middle.certificatePEM + root.certificatePEM)
    let identity = try Identity(certificateFile: file, keyFile: folder.write("key.pem", own.keyPEM))
    var pair = Pair(identity)
    pair.shakeHands()
    #expect(pair.client.serverCertificates == [own.fingerprint, middle.fingerprint, root.fingerprint])
  }

  @Test("An RSA certificate serves as well", arguments: [true, false])
  func rsa(isModern: Bool) throws {
    let own = try TestCertificate("own.test", rsaBits: 2048)
    let folder = try TestFolder()
    let file = try folder.write("both.pem", own.certificatePEM + own.keyPEM)
    var pair = Pair(try Identity(certificateFile: file, keyFile: file), client: TLSClientSession(isModern: isModern))
    pair.shakeHands()
    #expect(pair.atServer == [.established])
  }

  @Test("Before hands are shaken nothing is said, whatever the owner asks for")
  func early() {
    let server = Self.start()
    #expect(server.send([1]).isEmpty && server.close().isEmpty)
    #expect(server.deadline == nil && server.receive([0x16]).isEmpty)
  }
}
