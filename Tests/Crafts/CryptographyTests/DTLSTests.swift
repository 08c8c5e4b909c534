import COpenSSL
import Testing
import VirtualClock
import Wire

@testable import Cryptography

/// Two associations that talk to each other through this test.
private struct Pair {
  let client: DTLSSession
  let server: DTLSSession
  var keys: (client: SRTPKeys?, server: SRTPKeys?)
  var failures: [DTLSFailure] = []
  var largest = 0
  var now = Instant()

  init(
    client: Identity, server: Identity, expectedOfClient: Fingerprint? = nil, expectedOfServer: Fingerprint? = nil,
    mtu: Int = DTLSSession.mtu
  ) {
    self.client = DTLSSession(
      identity: client, role: .client, fingerprints: [expectedOfServer ?? server.fingerprint], mtu: mtu)
    self.server = DTLSSession(
      identity: server, role: .server, fingerprints: [expectedOfClient ?? client.fingerprint], mtu: mtu)
  }

  mutating func run(dropping drop: (Int) -> Bool = { _ in false }) {
    var pending = client.start(at: now).map { (true, $0) } + server.start(at: now).map { (false, $0) }
    var sent = 0
    while !pending.isEmpty {
      let (isFromClient, output) = pending.removeFirst()
      switch output {
      case .send(let datagram):
        sent += 1
        largest = max(largest, datagram.count)
        guard !drop(sent) else { continue }
        let receiver = isFromClient ? server : client
        pending += datagram.withUnsafeBytes { receiver.receive($0, at: now) }.map { (!isFromClient, $0) }
      case .established(let keys): if isFromClient { self.keys.client = keys } else { self.keys.server = keys }
      case .failed(let failure): failures.append(failure)
      case .closed: break
      }
    }
  }
}

@Suite("DTLS-SRTP: keys that only the announced peer gets (RFC 5763, RFC 5764)")
struct DTLSTests {
  static let one = Identity.selfSigned(names: ["one.test", "192.0.2.1"], now: 1_795_000_000, days: 30)
  static let other = Identity.selfSigned(names: ["other.test"], now: 1_795_000_000, days: 30)

  @Test("A handshake gives both sides the same keys, crosswise")
  func handshake() throws {
    var pair = Pair(client: Self.one, server: Self.other)
    pair.run()
    let (client, server) = (try #require(pair.keys.client), try #require(pair.keys.server))
    #expect(client.local == server.remote)
    #expect(client.remote == server.local)
    #expect(client.local != client.remote)
    #expect(client.profile == .aeadAES128GCM)
    #expect(client.local.count == 28)
    let restAt = pair.now + DTLSSession.restAfter
    #expect(pair.client.deadline == restAt && pair.server.deadline == restAt)
    #expect(pair.server.wake(at: restAt).isEmpty)
    #expect(pair.server.deadline == nil && !pair.server.isResting, "whether the peer has spoken, its owner knows")
  }

  @Test("No datagram is larger than the MTU, and a hello in pieces is understood", arguments: [400, 600, 1200])
  func fragments(mtu: Int) {
    var pair = Pair(client: Self.one, server: Self.other, mtu: mtu)
    pair.run()
    #expect(pair.keys.server != nil)
    #expect(pair.largest <= mtu)
  }

  @Test("A certificate that was not announced gets no keys, whoever shows it")
  func wrongFingerprint() {
    var deceivedClient = Pair(client: Self.one, server: Self.other, expectedOfServer: Self.one.fingerprint)
    deceivedClient.run()
    #expect(deceivedClient.keys.client == nil)
    #expect(deceivedClient.failures.contains(.fingerprintMismatch))
    var deceivedServer = Pair(client: Self.one, server: Self.other, expectedOfClient: Self.other.fingerprint)
    deceivedServer.run()
    #expect(deceivedServer.keys.server == nil)
    #expect(deceivedServer.failures == [.fingerprintMismatch])
  }

  @Test("A datagram one byte past the limit is dropped like a loss, and the handshake goes on without it")
  func longDatagram() throws {
    let now = Instant()
    let client = DTLSSession(identity: Self.one, role: .client, fingerprints: [Self.other.fingerprint])
    let server = DTLSSession(identity: Self.other, role: .server, fingerprints: [Self.one.fingerprint])
    guard case .send(let hello)? = client.start(at: now).first else { return #expect(Bool(false), "no hello") }
    func answers(octets count: Int) -> [DTLSSession.Output] {
      // What follows a record in its datagram is another record, here none that means anything.
      let datagram = hello + [UInt8](repeating: 0, count: count - hello.count)
      return datagram.withUnsafeBytes { server.receive($0, at: now) }
    }
    #expect(answers(octets: DTLSSession.maximumDatagram + 1).isEmpty)
    #expect(!answers(octets: DTLSSession.maximumDatagram).isEmpty)
  }

  @Test("Datagrams that nobody takes wait up to the limit; one more is lost, as on the way")
  func outbox() throws {
    let outbox = DatagramBIO.Outbox()
    let bio = try #require(DatagramBIO.make(filling: outbox))
    defer { BIO_free(bio) }
    for number in 0...UInt8(DatagramBIO.maximumWaiting) {
      #expect(withUnsafeBytes(of: number) { BIO_write(bio, $0.baseAddress, 1) } == 1)
    }
    #expect(outbox.datagrams == (0..<UInt8(DatagramBIO.maximumWaiting)).map { [$0] })
  }

  @Test("Garbage at any stage is survived, and the handshake that it disturbs still ends", arguments: 0..<60 as Range<UInt64>)
  func garbage(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var pair = Pair(client: Self.one, server: Self.other)
    let now = pair.now
    _ = pair.server.start(at: now)
    for _ in 0..<20 {
      var noise = random.bytes(Int.random(in: 1...200, using: &random))
      noise[0] = UInt8.random(in: 20...25, using: &random)
      _ = noise.withUnsafeBytes { pair.server.receive($0, at: now) }
    }
    pair.run()
    #expect(pair.keys.server != nil || !pair.failures.isEmpty || pair.server.deadline != nil)
  }

  @Test("A lost flight goes out again after 0.1 s, then after twice as long each time, up to 3 s")
  func retransmission() throws {
    defer { virtual_clock_clear() }
    var now = Instant()
    func tellTime() { virtual_clock_set(1_795_420_800_000_000 + (now - Instant()).nanoseconds / 1000) }
    tellTime()
    let client = DTLSSession(identity: Self.one, role: .client, fingerprints: [Self.other.fingerprint])
    let hello = client.start(at: now)
    #expect(hello.count == 1)
    var waits: [Int64] = []
    while waits.count < 8, let deadline = client.deadline {
      waits.append((deadline - now).milliseconds)
      now = deadline
      tellTime()
      #expect(client.wake(at: now).count == 1, "the hello again, after \(waits)")
    }
    #expect(zip(waits, [100, 200, 400, 800, 1600, 3000, 3000, 3000]).allSatisfy { (0...2).contains($0 - $1) }, "\(waits)")
  }

  @Test("Whatever is lost, both have their keys in the end", arguments: 0..<60 as Range<UInt64>)
  func loss(seed: UInt64) throws {
    defer { virtual_clock_clear() }
    var random = Randomness.seeded(seed)
    var now = Instant()
    let client = DTLSSession(identity: Self.one, role: .client, fingerprints: [Self.other.fingerprint])
    let server = DTLSSession(identity: Self.other, role: .server, fingerprints: [Self.one.fingerprint])
    var keys: [SRTPKeys] = []
    virtual_clock_set(1_795_420_800_000_000)
    var pending = client.start(at: now).map { (true, $0) } + server.start(at: now).map { (false, $0) }
    while keys.count < 2 {
      while !pending.isEmpty {
        let (isFromClient, output) = pending.removeFirst()
        switch output {
        case .send(let datagram):
          guard random.next() % 10 >= 3 else { continue }
          let receiver = isFromClient ? server : client
          pending += datagram.withUnsafeBytes { receiver.receive($0, at: now) }.map { (!isFromClient, $0) }
        case .established(let exported): keys.append(exported)
        case .failed(let failure): Issue.record("seed \(seed): \(failure) after \((now - Instant()).milliseconds) ms")
        case .closed: break
        }
      }
      guard let deadline = earliest(client.deadline, server.deadline), now - Instant() < .seconds(30) else { break }
      now = deadline
      virtual_clock_set(1_795_420_800_000_000 + (now - Instant()).nanoseconds / 1000)
      pending = client.wake(at: now).map { (true, $0) } + server.wake(at: now).map { (false, $0) }
    }
    #expect(keys.count == 2, "seed \(seed)")
  }

  @Test("A peer that never answers is given up after 30 s")
  func silence() {
    let client = DTLSSession(identity: Self.one, role: .server, fingerprints: [])
    #expect(client.start(at: Instant()).isEmpty)
    #expect(client.deadline == Instant() + DTLSSession.patience)
    #expect(client.wake(at: Instant() + .seconds(29)).isEmpty)
    #expect(client.wake(at: Instant() + .seconds(30)) == [.failed(.timedOut)])
    #expect(client.deadline == nil)
  }

  @Test("A close is heard by the other side")
  func close() throws {
    var pair = Pair(client: Self.one, server: Self.other)
    pair.run()
    let goodbye = pair.client.close()
    guard case .send(let datagram)? = goodbye.first else { return #expect(Bool(false), "no close_notify") }
    #expect(datagram.withUnsafeBytes { pair.server.receive($0, at: pair.now) }.contains(.closed))
  }
}
