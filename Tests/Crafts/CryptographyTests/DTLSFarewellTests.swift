import COpenSSL
import Testing
import VirtualClock
import Wire

@testable import Cryptography

@Suite("A DTLS association at rest: without OpenSSL's part, a goodbye is still said and understood (RFC 6347 §4.1)")
struct DTLSFarewellTests {
  private static let one = Identity.selfSigned(names: ["one.test"], now: 1_795_000_000, days: 30)
  private static let other = Identity.selfSigned(names: ["other.test"], now: 1_795_000_000, days: 30)
  private static let suites = [
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
  ]
  private let now = Instant()

  /// Two associations that agreed on keys.
  private func pair(_ suite: String) -> (client: DTLSSession, server: DTLSSession) {
    let client = DTLSSession(identity: Self.one, role: .client, fingerprints: [Self.other.fingerprint])
    let server = DTLSSession(identity: Self.other, role: .server, fingerprints: [Self.one.fingerprint])
    SSL_set_cipher_list(client.ssl, suite)
    var (toServer, toClient) = (datagrams(client.start(at: now)), datagrams(server.start(at: now)))
    while !toServer.isEmpty || !toClient.isEmpty {
      toClient += toServer.flatMap { datagrams(say($0, to: server)) }
      toServer = toClient.flatMap { datagrams(say($0, to: client)) }
      toClient = []
    }
    return (client, server)
  }
  private func datagrams(_ outputs: [DTLSSession.Output]) -> [[UInt8]] {
    outputs.compactMap { if case .send(let datagram) = $0 { datagram } else { nil } }
  }
  private func say(_ datagram: [UInt8], to session: DTLSSession) -> [DTLSSession.Output] {
    datagram.withUnsafeBytes { session.receive($0, at: now) }
  }

  @Test("OpenSSL's part is given back, and OpenSSL understands the goodbye that was sealed beforehand", arguments: suites)
  func said(suite: String) throws {
    let (client, server) = pair(suite)
    server.rest()
    #expect(server.isResting && server.ssl == nil && server.deadline == nil)
    let goodbye = server.close()
    #expect(goodbye.count == 1)
    #expect(say(try #require(datagrams(goodbye).first), to: client).contains(.closed))
    #expect(server.close().isEmpty && server.ssl == nil, "it is said once")
  }

  @Test("OpenSSL's goodbye is understood at rest, by the server as by the client, once", arguments: suites)
  func heard(suite: String) throws {
    for isServer in [true, false] {
      let pair = pair(suite)
      let (listener, speaker) = isServer ? (pair.server, pair.client) : (pair.client, pair.server)
      listener.rest()
      let goodbye = try #require(datagrams(speaker.close()).first)
      #expect(say(goodbye, to: listener) == [.closed])
      #expect(say(goodbye, to: listener).isEmpty)
    }
  }

  @Test("At rest both say goodbye, and both understand", arguments: suites)
  func both(suite: String) throws {
    let (client, server) = pair(suite)
    client.rest()
    server.rest()
    #expect(say(try #require(datagrams(client.close()).first), to: server) == [.closed])
  }

  @Test("A goodbye of which one bit is different, that is cut, or of another association says nothing", arguments: suites)
  func forged(suite: String) throws {
    let (client, server) = pair(suite)
    server.rest()
    let goodbye = try #require(datagrams(client.close()).first)
    for position in goodbye.indices {
      var bent = goodbye
      bent[position] ^= 1
      #expect(say(bent, to: server).isEmpty, "byte \(position)")
      #expect(say(Array(goodbye.prefix(position)), to: server).isEmpty, "\(position) bytes")
    }
    let stranger = pair(suite)
    #expect(say(try #require(datagrams(stranger.client.close()).first), to: server).isEmpty)
    #expect(server.isResting)
    #expect(say(goodbye, to: server) == [.closed], "the true one does")
  }

  @Test("Who missed our last flight is told it again until the rest, and not from then on")
  func lastFlight() throws {
    defer { virtual_clock_clear() }
    virtual_clock_set(1_795_420_800_000_000)
    let client = DTLSSession(identity: Self.one, role: .client, fingerprints: [Self.other.fingerprint])
    let server = DTLSSession(identity: Self.other, role: .server, fingerprints: [Self.one.fingerprint])
    var toServer = datagrams(client.start(at: now))
    while !toServer.isEmpty {
      let outputs = toServer.flatMap { say($0, to: server) }
      let isOver = outputs.contains { if case .established = $0 { true } else { false } }
      // The last flight is lost.
      toServer = isOver ? [] : datagrams(outputs).flatMap { datagrams(say($0, to: client)) }
    }
    func again() throws -> [[UInt8]] {
      let due = try #require(client.deadline)
      virtual_clock_set(1_795_420_800_000_000 + (due - now).nanoseconds / 1000)
      return datagrams(client.wake(at: due)).flatMap { datagrams(say($0, to: server)) }
    }
    let flight = try again()
    #expect(!flight.isEmpty)
    server.rest()
    #expect(try again().isEmpty)
    let outputs = flight.flatMap { say($0, to: client) }
    #expect(outputs.contains { if case .established = $0 { true } else { false } })
  }

  @Test("A cipher without authentication of its own keeps OpenSSL's part, and its goodbye is heard all the same")
  func oldCipher() throws {
    let (client, server) = pair("ECDHE-ECDSA-AES128-SHA")
    server.rest()
    #expect(!server.isResting && server.ssl != nil && server.deadline == nil)
    #expect(say(try #require(datagrams(client.close()).first), to: server).contains(.closed))
  }

  @Test("Nothing rests before there are keys, nor after the end")
  func early() {
    let session = DTLSSession(identity: Self.one, role: .server, fingerprints: [])
    _ = session.start(at: now)
    session.rest()
    #expect(!session.isResting && session.ssl != nil)
    let (client, _) = pair(Self.suites[0])
    _ = client.close()
    client.rest()
    #expect(!client.isResting)
  }
}
