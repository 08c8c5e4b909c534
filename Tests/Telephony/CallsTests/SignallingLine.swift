import Cryptography
import SIPCore
import SIPSyntax
import Wire

@testable import Calls

/// An exchange with one tenant, spoken to in whole SIP messages as a peer sends them.
struct SignallingLine {
  static let offer = """
    v=0
    o=- 1 1 IN IP4 127.0.0.1
    s=-
    t=0 0
    m=audio 9 UDP/TLS/RTP/SAVPF 111
    a=ice-ufrag:abcd
    a=ice-pwd:abcdefghijklmnopqrstuvwx
    a=fingerprint:\(Fingerprint(algorithm: .sha256, octets: Array(repeating: 7, count: 32)))
    a=setup:actpass
    a=rtpmap:111 opus/48000/2
    """
  static let gateway = SocketAddress(.v4(0xC000_0201), 5060)

  let tenant: TenantID
  var exchange: Exchange
  var now = Instant()
  /// Whether the test itself says when the disk has what is to be kept; else it has it at once.
  var holdsTickets = false
  private var random = Randomness.seeded(7)

  init(agents: [String] = ["alice", "bob"], policy: DigestPolicy = .md5) throws {
    tenant = TenantID(using: &random)
    let site = Exchange.Site(planes: [[Self.gateway]], fingerprint: Fingerprint(algorithm: .sha256, octets: []))
    exchange = Exchange(site: site, randomness: .seeded(8))
    try exchange.apply(.tenantAdded(tenant, name: "Test", isOpen: true, fallback: .refuse))
    try exchange.apply(.digestPolicySet(tenant, policy))
    for agent in agents {
      guard let name = AgentName(agent) else { continue }
      let digest = DigestSecrets(user: agent, realm: tenant.description, password: "secret")
      try exchange.apply(.agentAdded(tenant, name, digest: digest, teams: []))
    }
  }

  static func udp(_ address: IPAddress = .v4(0xC633_6401), port: UInt16 = 5060) -> Flow {
    Flow(remote: SocketAddress(address, port), local: gateway)
  }
  static func tcp(_ number: UInt64, _ address: IPAddress = .v4(0xC633_6401)) -> Flow {
    Flow(remote: SocketAddress(address, 40_000), local: gateway, transport: .tcp(ConnectionID(number)))
  }

  mutating func connect(_ flow: Flow) -> [Exchange.Output] { exchange.connectionOpened(flow, at: now) }

  private mutating func settle(_ outputs: [Exchange.Output]) -> [Exchange.Output] {
    guard !holdsTickets else { return outputs }
    return outputs.flatMap { output -> [Exchange.Output] in
      guard case .keep(let phones) = output, let ticket = phones.ticket else { return [output] }
      return exchange.kept(ticket, at: now)
    }
  }

  /// Hands a message to the exchange as it would arrive over that flow.
  mutating func send(_ octets: [UInt8], over flow: Flow) -> [Exchange.Output] {
    guard let connection = flow.connection else { return settle(exchange.receive(datagram: octets, over: flow, at: now)) }
    return settle(exchange.receive(octets, on: connection, at: now))
  }

  mutating func request(_ method: SIPSyntax.Method, to user: String, domain: String? = nil, over flow: Flow, number: UInt32)
    -> SIPRequest
  {
    let host = Host(domain ?? tenant.description) ?? .address(.loopback)
    var from = NameAddress(SIPURI(user: user, host: host))
    var request = SIPRequest(method, .sip(SIPURI(host: host)))
    request.headers.append(.via, flow.reversed.via(branch: Via.cookie + random.token(12)).description)
    request.headers.append(.to, from.description)
    from.tag = "f"
    request.headers.append(.from, from.description)
    request.headers.append(.callID, "r-\(user)-\(flow.remote)")
    request.headers.append(.cseq, CSeq(number, method).description)
    return request
  }

  /// Registers, answering the challenge; says how it ended, and how it was challenged.
  mutating func register(
    _ user: String, password: String = "secret", domain: String? = nil, over flow: Flow, number: UInt32 = 1,
    expires: Int = 3600, algorithm: DigestAlgorithm? = nil, _ adapt: (inout SIPRequest) -> Void = { _ in }
  ) -> (answer: SIPResponse?, challenge: SIPResponse?, outputs: [Exchange.Output]) {
    var register = request(.register, to: user, domain: domain, over: flow, number: number * 2)
    register.headers.append(.contact, flow.reversed.contact(user: user).description + ";expires=\(expires)")
    adapt(&register)
    let first = responses(send(register.serialized(), over: flow)).first
    let challenge = first?.headers.challenges().first { algorithm == nil || $0.algorithm == algorithm }
    guard let challenge else { return (first, nil, []) }
    register.headers.set(.cseq, CSeq(number * 2 + 1, .register).description)
    register.headers.set(.via, flow.reversed.via(branch: Via.cookie + random.token(12)).description)
    let credentials = DigestCredentials(
      answering: challenge, username: user, password: password, method: .register, uri: register.uri.description,
      clientNonce: "c")
    register.headers.append(.authorization, credentials.description)
    let outputs = send(register.serialized(), over: flow)
    return (responses(outputs).first, first, outputs)
  }

  mutating func call(_ visitor: UInt64 = 1, name: String = "Vera") -> (call: CallID?, outputs: [Exchange.Output]) {
    let request = CallRequest(tenant: tenant.description, offer: Self.offer, name: name)
    let (result, outputs) = exchange.callRequest(VisitorID(visitor), request, at: now)
    return (try? result.get().call, outputs)
  }

  /// Gives every phone's leg that was wished for its port.
  mutating func openLegs(_ outputs: [Exchange.Output]) -> [Exchange.Output] {
    outputs.flatMap { output -> [Exchange.Output] in
      guard case .media(.openPhone(let leg)) = output else { return [] }
      return exchange.receive(.opened(leg, port: 20_000), at: now)
    }
  }

  mutating func wait(_ duration: Duration) -> [Exchange.Output] {
    let end = now + duration
    var outputs: [Exchange.Output] = []
    while let next = exchange.deadline, next <= end {
      now = max(now, next)
      outputs += exchange.wake(at: now)
    }
    now = end
    return outputs
  }

  /// A phone's answer to an INVITE.
  static func accepting(_ invite: SIPRequest, over flow: Flow, tag: String = "phone") -> SIPResponse {
    var response = SIPResponse(to: invite, .ok, toTag: tag)
    response.headers.append(.contact, flow.reversed.contact(user: "alice").description)
    response.headers.append(.contentType, "application/sdp")
    let description =
      "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
    response.body = Array(description.utf8)
    return response
  }
}

extension Flow {
  /// As the peer sees it.
  var reversed: Flow { Flow(remote: local, local: remote, transport: transport) }
}

/// The SIP messages among what an exchange wants sent.
func messages(_ outputs: [Exchange.Output]) -> [SIPMessage] {
  outputs.compactMap { output in
    switch output {
    case .datagram(let octets, _), .stream(let octets, _): try? SIPMessage(parsing: octets)
    default: nil
    }
  }
}
func responses(_ outputs: [Exchange.Output]) -> [SIPResponse] {
  messages(outputs).compactMap { if case .response(let response) = $0 { response } else { nil } }
}
func requests(_ outputs: [Exchange.Output]) -> [SIPRequest] {
  messages(outputs).compactMap { if case .request(let request) = $0 { request } else { nil } }
}
