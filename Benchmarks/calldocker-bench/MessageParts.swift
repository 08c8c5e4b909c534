import Cryptography
import ICE
import Runtime
import SIPSyntax
import SocketIO
import Wire

/// What is said around the packets: how many of each a core does in a second.
enum MessageParts {
  static let all = [sip, stun, dtls, socketIO]

  private static func headings(_ first: String) -> Table { Table(first, "a second", "µs", "blocks each") }

  private static func measure(_ table: inout Table, _ name: String, batch: Int = 100, _ work: () -> Cost) {
    let (microseconds, allocations) = rate(batch: batch, work)
    table.add(name, (1_000_000 / microseconds).perSecond, microseconds.text(2), allocations.text(1))
  }

  // MARK: SIP

  static let sip = Part(name: "sip", about: "SIP messages read and written") {
    var table = headings("")
    for (name, text) in SIPExamples.all {
      let octets = Array(text.replacing("\n", with: "\r\n").utf8)
      let message: SIPMessage
      do { message = try SIPMessage(parsing: octets) } catch { throw Broken("the example \(name) is no SIP: \(error)") }
      let again = message.serialized()
      guard (try? SIPMessage(parsing: again)) == message else {
        throw Broken("the example \(name) is not read again as written")
      }
      var sum = 0
      measure(&table, "\(name), \(octets.count) bytes, read") {
        Processor.cost { for _ in 0..<10 { sum &+= (try? SIPMessage(parsing: octets))?.headers.count ?? 0 } } / 10
      }
      measure(&table, "\(name), written") { Processor.cost { for _ in 0..<10 { sum &+= message.serialized().count } } / 10 }
      guard sum > 0 else { throw Broken("nothing was read") }
    }
    print(table.text)
    return []
  }

  // MARK: STUN

  static let stun = Part(name: "stun", about: "Connectivity checks judged and answered") {
    let local = ICECredentials(usernameFragment: "gate", password: "a password of twenty-two or more")
    let remote = ICECredentials(usernameFragment: "face", password: "another password of that length")
    let source = SocketAddress(.loopback, 4000)
    var lite = LiteAgent(local: local, remote: remote, at: Instant())
    var controlling = ControllingAgent(local: remote, remote: local, randomness: .seeded(1))
    guard case .send(let check, _)? = controlling.start(candidates: [source], at: Instant()).first else {
      throw Broken("no check to answer")
    }
    var answers = 0
    var table = headings("")
    measure(&table, "binding request, \(check.count) bytes") {
      Processor.cost { for _ in 0..<10 { answers &+= lite.receive(check, from: source, at: Instant()).count } } / 10
    }
    guard answers > 0, lite.counters.refused == 0 else { throw Broken("the check was not answered") }
    print(table.text)
    return []
  }

  // MARK: DTLS

  static let dtls = Part(name: "dtls", about: "DTLS-SRTP handshakes, P-256, both certificates") {
    let now = SystemClock.wallNanoseconds / 1_000_000_000
    let gateway = Identity.selfSigned(names: ["gateway.bench"], now: now, days: 30)
    let browser = Identity.selfSigned(names: ["browser.bench"], now: now, days: 30)
    var isBroken = false
    var table = headings("")
    measure(&table, "our side, as server", batch: 20) {
      let (cost, isEstablished) = shake(gateway, browser)
      isBroken = isBroken || !isEstablished
      return cost
    }
    guard !isBroken else { throw Broken("a handshake did not end") }
    print(table.text)
    return []
  }

  /// One handshake; only what the server does is counted, with the making and the freeing of its association.
  private static func shake(_ gateway: Identity, _ browser: Identity) -> (Cost, isEstablished: Bool) {
    let client = DTLSSession(identity: browser, role: .client, fingerprints: [gateway.fingerprint])
    var server: DTLSSession?
    var cost = Processor.cost { server = DTLSSession(identity: gateway, role: .server, fingerprints: [browser.fingerprint]) }
    var isEstablished = false
    var flight = datagrams(client.start(at: Instant()))
    while !flight.isEmpty {
      var answers: [[UInt8]] = []
      for datagram in flight {
        var outputs: [DTLSSession.Output] = []
        cost += Processor.cost { outputs = datagram.withUnsafeBytes { server?.receive($0, at: Instant()) } ?? [] }
        isEstablished = isEstablished || outputs.contains { if case .established = $0 { true } else { false } }
        answers += datagrams(outputs)
      }
      flight = answers.flatMap { answer in datagrams(answer.withUnsafeBytes { client.receive($0, at: Instant()) }) }
    }
    cost += Processor.cost { server = nil }
    return (cost, isEstablished)
  }

  private static func datagrams(_ outputs: [DTLSSession.Output]) -> [[UInt8]] {
    outputs.compactMap { if case .send(let octets) = $0 { octets } else { nil } }
  }

  // MARK: Socket.IO

  static let socketIO = Part(name: "socketio", about: "Socket.IO events over WebSocket") {
    var session = SocketIOSession(id: "bench", isWebSocket: true, at: Instant())
    guard session.text("40", at: Instant()).contains(.connected) else { throw Broken("the session did not connect") }
    let heard = #"42["call-accepted",{"call_id":"6f1c0d3e-6c43-4c52-9a6a-0f2f9b7d1c55","agent":"alice"}]"#
    let said = #"["call-state",{"call_id":"6f1c0d3e-6c43-4c52-9a6a-0f2f9b7d1c55","state":"ringing","agents":2}]"#
    var events = 0
    var table = headings("")
    measure(&table, "event in, \(heard.utf8.count) bytes") {
      Processor.cost {
        for _ in 0..<10 {
          for case .event in session.text(heard, at: Instant()) { events += 1 }
        }
      } / 10
    }
    guard events > 0 else { throw Broken("no event was heard") }
    measure(&table, "event out, \(said.utf8.count) bytes") {
      Processor.cost { for _ in 0..<10 { events &+= session.emit(said).count } } / 10
    }
    print(table.text)
    return []
  }
}

extension Cost {
  fileprivate static func / (cost: Cost, count: Int) -> Cost {
    Cost(nanoseconds: cost.nanoseconds / Int64(count), allocations: cost.allocations / UInt64(count))
  }
}
