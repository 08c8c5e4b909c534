import Calls
import Cryptography
import Peers
import SIPCore
import SIPSyntax
import Wire

/// Calls through the exchange and the machines of SIP, from the visitor's click to the phone's 200 for our BYE.
enum CallsPart {
  static let part = Part(
    name: "calls", about: "Calls a second, INVITE to BYE, on one core: our side beside reading and writing the same messages"
  ) {
    try run()
  }

  /// The aim: calls a second on one core.
  private static let aim = 100.0
  /// Calls in one measurement.
  private static let batch = 20

  private static func run() throws -> [Aim] {
    var table = Table("", "a second", "µs a call", "floor", "ratio", "blocks a call", "SIP messages")
    var slowest = Double.infinity
    for agents in [10, 1000] {
      let house = try House(agents: agents)
      // The first are the cold ones.
      for _ in 0..<batch { try house.call() }
      var blocks: [Double] = []
      let comparison = try Comparison(
        rounds: 40,
        ours: {
          house.cost = Cost()
          house.messages = ([], [])
          for _ in 0..<batch { try house.call() }
          blocks.append(Double(house.cost.allocations) / Double(batch))
          return Double(house.cost.nanoseconds) / Double(batch) / 1000
        }, floor: { try floor(house) })
      let messages = (house.messages.read.count + house.messages.written.count) / batch
      let rate = 1_000_000 / comparison.ours
      table.add(
        "a business of \(agents) agents", rate.perSecond, comparison.ours.text(0), comparison.floor.text(0),
        comparison.ratio.text(2), median(blocks).text(0), "\(messages)")
      slowest = min(slowest, rate)
    }
    print(table.text)
    return [
      Aim(sentence: "a core carries \(aim.text(0)) calls a second (the worst row: \(slowest.perSecond))", isMet: slowest >= aim)
    ]
  }

  /// What reading and writing the messages of the last calls takes, of one call.
  private static func floor(_ house: House) throws -> Double {
    if house.messages.read.isEmpty { for _ in 0..<batch { try house.call() } }
    let written = try house.messages.written.map { try SIPMessage(parsing: $0) }
    var sum = 0
    let cost = Processor.cost {
      for octets in house.messages.read { sum &+= (try? SIPMessage(parsing: octets))?.headers.count ?? 0 }
      for message in written { sum &+= message.serialized().count }
    }
    guard sum > 0 else { throw Broken("there was nothing to read") }
    return Double(cost.nanoseconds) / Double(batch) / 1000
  }
}

/// An exchange with one business and its registered phones, in imagined time; what the exchange does is counted, and nothing else.
private final class House: PeerNetwork {
  private static let phones = 10
  private static let server = SocketAddress(.v4(0xC000_0201), 5060)

  private(set) var now = Instant(nanoseconds: 1_000_000_000)
  var cost = Cost()
  /// What the exchange read and wrote.
  var messages: (read: [[UInt8]], written: [[UInt8]]) = ([], [])

  private var exchange: Exchange
  private let tenant: TenantID
  private var receivers: [SocketAddress: ([UInt8], SocketAddress) -> Void] = [:]
  private var waiting: [(octets: [UInt8], from: SocketAddress)] = []
  private var phones: [SoftPhone] = []
  private var visitor: UInt64 = 0
  private var leg: UInt64 = 0
  private var isTalking = false
  private var isOver = false
  private let offer: String

  /// - Parameter agents: of the business; ten of them have a phone.
  init(agents: Int) throws {
    var random = Randomness.seeded(1)
    tenant = TenantID(using: &random)
    let identity = Identity.selfSigned(names: ["gateway.bench"], now: 1_795_000_000, days: 30)
    exchange = Exchange(
      site: Exchange.Site(planes: [[SocketAddress(Self.server.ip, 7000)]], fingerprint: identity.fingerprint),
      randomness: .seeded(2))
    offer = CallOffer.text(identity.fingerprint)
    try exchange.apply(.tenantAdded(tenant, name: "Bench", isOpen: false, fallback: .refuse))
    for number in 0..<agents {
      guard let name = AgentName("agent\(number)") else { continue }
      let digest = DigestSecrets(user: name.description, realm: tenant.description, password: "secret")
      try exchange.apply(.agentAdded(tenant, name, digest: digest, teams: []))
    }
    for number in 0..<Self.phones {
      let phone = SoftPhone(
        self, at: SocketAddress(.v4(0xC633_6401 + UInt32(number)), 5060), mediaPort: 4000, server: Self.server,
        user: "agent\(number)", domain: tenant.description, password: "secret", habit: .answer(after: .zero), hums: 1000,
        codec: .pcmu, randomness: .seeded(UInt64(number)))
      phones.append(phone)
      phone.register()
      settle()
      guard phone.isRegistered else { throw Broken("a phone could not register") }
    }
  }

  // MARK: PeerNetwork

  func listen(_ address: SocketAddress, _ receive: @escaping ([UInt8], SocketAddress) -> Void) { receivers[address] = receive }
  func close(_ address: SocketAddress) { receivers[address] = nil }
  /// Sound goes nowhere; only signalling is of interest.
  func send(_ octets: [UInt8], from: SocketAddress, to: SocketAddress) {
    if to == Self.server { waiting.append((octets, from)) }
  }

  // MARK: A call

  func call() throws {
    visitor += 1
    (isTalking, isOver) = (false, false)
    let request = CallRequest(tenant: tenant.description, offer: offer, name: "Vera", page: "https://www.example.com/prices")
    var routed: Result<Exchange.Routed, Refusal>?
    measured { exchange in
      let (result, outputs) = exchange.callRequest(VisitorID(visitor), request, at: now)
      routed = result
      return outputs
    }
    guard case .success(let call)? = routed else { throw Broken("a call was not admitted: \(String(describing: routed))") }
    settle()
    pass(.milliseconds(200))
    guard isTalking else { throw Broken("nobody answered a call") }
    measured { $0.hangUp(VisitorID(visitor), call.call, at: now) }
    settle()
    guard isOver else { throw Broken("a call did not end") }
    // What waits for late answers dies in the calls that follow, as in service.
    pass(.seconds(1))
    guard exchange.callCount == 0 else { throw Broken("a call was left behind") }
  }

  private func measured(_ action: (inout Exchange) -> [Exchange.Output]) {
    var outputs: [Exchange.Output] = []
    cost += Processor.cost { outputs = action(&exchange) }
    for output in outputs { perform(output) }
  }

  private func perform(_ output: Exchange.Output) {
    switch output {
    case .datagram(let octets, let flow):
      messages.written.append(octets)
      receivers[flow.remote]?(octets, Self.server)
    case .media(.openPhone(let leg)): measured { $0.receive(.opened(leg, port: 20_000), at: now) }
    case .media(.openBrowser(let leg, _)): measured { $0.receive(.connected(leg), at: now) }
    case .media(.close(let leg)): measured { $0.receive(.closed(leg, LegReport()), at: now) }
    case .keep(let phones): if let ticket = phones.ticket { measured { $0.kept(ticket, at: now) } }
    case .visitor(_, .talking): isTalking = true
    case .visitor(_, .ended): isOver = true
    default: break
    }
  }

  /// Lets everything that was said be heard.
  private func settle() {
    repeat {
      while !waiting.isEmpty {
        let (octets, source) = waiting.removeFirst()
        messages.read.append(octets)
        measured { $0.receive(datagram: octets, over: Flow(remote: source, local: Self.server), at: now) }
      }
      for phone in phones where phone.deadline.map({ $0 <= now }) ?? false { phone.wake() }
    } while !waiting.isEmpty
  }

  private func pass(_ duration: Duration) {
    let end = now + duration
    while now < end {
      now = min(end, earliest(exchange.deadline, end) ?? end)
      measured { $0.wake(at: now) }
      settle()
    }
  }
}

/// A browser's offer with credentials that nobody uses.
enum CallOffer {
  static func text(_ fingerprint: Fingerprint) -> String {
    """
    v=0
    o=- 4611731400430051336 2 IN IP4 127.0.0.1
    s=-
    t=0 0
    a=group:BUNDLE 0
    a=extmap-allow-mixed
    a=msid-semantic: WMS 2c1b
    m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
    c=IN IP4 0.0.0.0
    a=rtcp:9 IN IP4 0.0.0.0
    a=ice-ufrag:abcd
    a=ice-pwd:0123456789abcdef01234567
    a=ice-options:trickle
    a=fingerprint:\(fingerprint)
    a=setup:actpass
    a=mid:0
    a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
    a=sendrecv
    a=msid:2c1b 5d3e
    a=rtcp-mux
    a=rtcp-rsize
    a=rtpmap:111 opus/48000/2
    a=rtcp-fb:111 transport-cc
    a=fmtp:111 minptime=10;useinbandfec=1
    a=rtpmap:63 red/48000/2
    a=rtpmap:9 G722/8000
    a=rtpmap:0 PCMU/8000
    a=rtpmap:8 PCMA/8000
    a=rtpmap:13 CN/8000
    a=rtpmap:110 telephone-event/48000
    a=rtpmap:126 telephone-event/8000
    a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6
    """
  }
}
