import Testing
import Wire

@testable import ICE

private let server = ICECredentials(usernameFragment: "ours", password: "the-password-of-the-server")
private let browser = ICECredentials(usernameFragment: "theirs", password: "the-password-of-the-browser")
private let newServer = ICECredentials(usernameFragment: "ours2", password: "another-password-of-the-server")
private let newBrowser = ICECredentials(usernameFragment: "theirs2", password: "another-password-of-the-browser")
private let home = SocketAddress(.v4(0xC000_0201), 50_000)
private let door = SocketAddress(.v4(0xCB00_7101), 3478)
private let deadEnd = SocketAddress(.v4(0xCB00_7102), 3478)

/// A browser and a lite server with an imagined network between them: 20 ms each way, seeded loss.
private struct Pair {
  var controlling: ControllingAgent
  var lite = LiteAgent(local: server, remote: browser, at: Instant())
  var now = Instant()
  /// How many of 100 datagrams are lost.
  var loss = 0
  var randomness: Randomness
  /// Where the browser's datagrams seem to come from.
  var source = home
  var heard: [ControllingAgent.Output] = []
  var served: [LiteAgent.Output] = []
  private enum Flight {
    case toServer([UInt8], from: SocketAddress)
    case toBrowser([UInt8], to: SocketAddress)
  }
  private var flights: [(due: Instant, flight: Flight)] = []

  init(seed: UInt64, role: ControllingAgent.Role = .controlling, nomination: ControllingAgent.Nomination = .aggressive) {
    randomness = .seeded(seed)
    controlling = ControllingAgent(
      local: browser, remote: server, role: role, nomination: nomination, randomness: .seeded(seed &+ 1))
  }

  mutating func start(_ candidates: [SocketAddress] = [door]) { perform(controlling.start(candidates: candidates, at: now)) }

  mutating func perform(_ outputs: [ControllingAgent.Output]) {
    for output in outputs {
      if case .send(let octets, let to) = output {
        if to == door { launch(.toServer(octets, from: source)) }
      } else {
        heard.append(output)
      }
    }
  }

  mutating func perform(_ outputs: [LiteAgent.Output]) {
    for output in outputs {
      if case .send(let octets, let to) = output {
        launch(.toBrowser(octets, to: to))
      } else {
        served.append(output)
      }
    }
  }

  private mutating func launch(_ flight: Flight) {
    guard Int.random(in: 0..<100, using: &randomness) >= loss else { return }
    flights.append((now + .milliseconds(20), flight))
  }

  mutating func run(for duration: Duration) {
    let end = now + duration
    while let next = ([controlling.deadline, lite.deadline] + flights.map(\.due)).compactMap({ $0 }).min(), next <= end {
      now = max(now, next)
      let landing = flights.filter { $0.due <= now }
      flights.removeAll { $0.due <= now }
      for (_, flight) in landing {
        switch flight {
        case .toServer(let octets, let source): perform(lite.receive(octets, from: source, at: now))
        case .toBrowser(let octets, let to): if to == source { perform(controlling.receive(octets, from: door, at: now)) }
        }
      }
      perform(controlling.wake(at: now))
      perform(lite.wake(at: now))
    }
    now = end
  }
}

@Suite("RFC 8445: a controlling agent meets a lite one in virtual time")
struct ControllingAgentTests {
  @Test("Both choose the path in one round trip, or two where nomination is regular")
  func connects() {
    for (nomination, trips) in [(ControllingAgent.Nomination.aggressive, 1), (.regular, 2)] {
      var pair = Pair(seed: 1, nomination: nomination)
      pair.start([deadEnd, door])
      pair.run(for: .milliseconds(Int64(40 * trips - 1)))
      #expect(pair.heard.isEmpty)
      pair.run(for: .milliseconds(1))
      #expect(pair.heard == [.selected(door)])
      #expect(pair.served == [.authenticated(home), .selected(home)])
      #expect(pair.lite.counters.accepted == trips)
    }
  }

  @Test(
    "A tenth of all datagrams lost: connected all the same, and consent holds for ten minutes",
    arguments: 1...20 as ClosedRange<UInt64>)
  func loss(seed: UInt64) {
    var pair = Pair(seed: seed, nomination: seed.isMultiple(of: 2) ? .regular : .aggressive)
    pair.loss = 10
    pair.start()
    pair.run(for: .seconds(600))
    #expect(pair.heard == [.selected(door)], "seed \(seed)")
    #expect(pair.served == [.authenticated(home), .selected(home)], "seed \(seed)")
    // One consent check in 4 to 6 seconds, and a tenth of them lost.
    #expect((75...150).contains(pair.lite.counters.accepted), "seed \(seed)")
  }

  @Test("RFC 8489 §6.2.1 an unanswered check is repeated after 0.5, 1, 2, 4 … s and then given up")
  func retransmissions() {
    var agent = ControllingAgent(local: browser, remote: server, randomness: .seeded(1))
    _ = agent.start(candidates: [door], at: Instant())
    var moments: [Int64] = []
    var last: [ControllingAgent.Output] = []
    while let due = agent.deadline {
      last = agent.wake(at: due)
      moments.append((due - Instant()).milliseconds)
    }
    #expect(moments == [500, 1500, 3500, 7500, 15_500, 31_500, 47_500])
    #expect(last == [.failed])
  }

  @Test("§7.2.5.1 told of a role conflict, it becomes controlling and goes on", arguments: [1, 2])
  func roleConflict(doors: Int) {
    var pair = Pair(seed: 3, role: .controlled)
    pair.start(Array(repeating: door, count: doors))
    pair.run(for: .seconds(1))
    #expect(pair.controlling.role == .controlling)
    #expect(pair.heard == [.selected(door)])
    #expect(pair.lite.counters.refused == doors)
  }

  @Test("RFC 7675 §5.1 when the path dies both sides notice: never before 24 s, always within 31")
  func consent() {
    var pair = Pair(seed: 4)
    pair.start()
    pair.run(for: .seconds(60))
    pair.loss = 100
    pair.run(for: .seconds(23))
    #expect(pair.heard.count == 1 && pair.served.count == 2)
    pair.run(for: .seconds(8))
    #expect(pair.heard.last == .consentLost && pair.served.last == .consentLost)
    #expect(pair.controlling.deadline == nil && pair.lite.deadline == nil)
  }

  @Test("§9 a browser that changes networks restarts, and the server follows it to its new address")
  func restart() {
    var pair = Pair(seed: 5)
    pair.start()
    pair.run(for: .seconds(20))
    let mobile = SocketAddress(.v4(0xC633_6401), 40_000)
    pair.source = mobile
    pair.lite.restart(local: newServer, remote: newBrowser, at: pair.now)
    pair.perform(pair.controlling.restart(local: newBrowser, remote: newServer, candidates: [door], at: pair.now))
    pair.run(for: .seconds(60))
    #expect(pair.heard == [.selected(door), .selected(door)])
    #expect(pair.served.suffix(2) == [.authenticated(mobile), .selected(mobile)])
    #expect(pair.lite.localFragments == ["ours2"])
  }

  @Test("Answers that are forged, from elsewhere, or repeated change nothing")
  func foreignAnswers() throws {
    var agent = ControllingAgent(local: browser, remote: server, randomness: .seeded(6))
    guard case .send(let octets, _)? = agent.start(candidates: [door], at: Instant()).first else { return }
    let request = try STUNDatagram(parsing: octets).message
    let good = request.success(reflecting: home).encoded(password: server.password)
    let forged = request.success(reflecting: home).encoded(password: "wrong")
    #expect(agent.receive(forged, from: door, at: Instant()).isEmpty)
    #expect(agent.receive(good, from: deadEnd, at: Instant()).isEmpty)
    let refusal = request.failure(.unauthenticated).encoded(password: nil)
    #expect(agent.receive(refusal, from: door, at: Instant()).isEmpty)
    #expect(agent.receive(good, from: door, at: Instant()) == [.selected(door)])
    #expect(agent.receive(good, from: door, at: Instant()).isEmpty)
  }
}
