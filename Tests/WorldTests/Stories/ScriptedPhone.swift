import CalldockerTesting
import Cryptography
import SIPCore
import SIPSyntax
import Wire

/// A phone whose every word the test writes: what no well-behaved phone would say, over UDP or a connection of its own.
final class ScriptedPhone {
  private let world: World
  private let user: String
  private(set) var address: SocketAddress
  private(set) var connection: ConnectionID?
  private var registrations: UInt32 = 0
  private var lifetime = 3600
  private var random: Randomness
  /// What came, in its order.
  private(set) var requests: [SIPRequest] = []
  private(set) var responses: [SIPResponse] = []

  init(_ world: World, _ user: String, at address: SocketAddress, over connection: ConnectionID? = nil) {
    self.world = world
    self.user = user
    self.address = address
    self.connection = connection
    random = .seeded(UInt64(address.port) &+ 77)
    listen()
    register()
  }

  var invite: SIPRequest? { requests.last { $0.method == .invite } }
  private var flow: Flow {
    Flow(remote: world.sip, local: address, transport: connection.map { .tcp($0) } ?? .udp)
  }
  private func via() -> Via { flow.via(branch: Via.cookie + random.token(12)) }

  private func listen() {
    if let connection {
      world.connect(connection, from: address) { [unowned self] in receive($0) }
    } else {
      world.network.listen(address) { [unowned self] octets, _ in receive(octets) }
    }
  }

  private func receive(_ octets: [UInt8]) {
    switch try? SIPMessage(parsing: octets) {
    case .request(let request): requests.append(request)
    case .response(let response):
      responses.append(response)
      if response.status == .unauthorized, let challenge = response.headers.challenges().first { register(challenge) }
    case nil: break
    }
  }

  /// Another network, and nothing more that comes by the old one.
  func move(to address: SocketAddress) {
    world.network.close(self.address)
    self.address = address
    listen()
  }

  func send(_ message: some SIPWritable) {
    let octets = message.serialized()
    guard let connection else { return world.network.send(octets, from: address, to: world.sip) }
    world.say(octets, over: connection)
  }

  /// Its connection is gone.
  func disconnect() { if let connection { world.disconnect(connection) } }

  /// Takes itself out of the registrar.
  func signOff() {
    lifetime = 0
    register()
  }

  func register(_ challenge: DigestChallenge? = nil) {
    guard let uri = SIPURI("sip:\(world.tenant)") else { return }
    registrations += 1
    var from = NameAddress(SIPURI(user: user, host: uri.host))
    var request = SIPRequest(.register, .sip(uri))
    request.headers.append(.via, via().description)
    request.headers.append(.to, from.description)
    from.tag = "reg"
    request.headers.append(.from, from.description)
    request.headers.append(.callID, "reg-\(address)")
    request.headers.append(.cseq, CSeq(registrations, .register).description)
    request.headers.append(.contact, flow.contact(user: user).description + ";expires=\(lifetime)")
    if let challenge {
      let credentials = DigestCredentials(
        answering: challenge, username: user, password: "secret", method: .register, uri: uri.description, clientNonce: "c")
      request.headers.append(.authorization, credentials.description)
    }
    send(request)
  }

  // MARK: Answers to the INVITE

  func answer(_ status: StatusCode, tag: String = "t", _ change: (inout SIPResponse) -> Void = { _ in }) {
    guard let invite else { return }
    var response = SIPResponse(to: invite, status, toTag: tag)
    change(&response)
    send(response)
  }

  func accept(tag: String = "t", _ change: (inout SIPResponse) -> Void = { _ in }) {
    answer(.ok, tag: tag) { response in
      response.headers.append(.contact, flow.contact(user: user).description)
      response.headers.append(.contentType, "application/sdp")
      response.body = Array(description.utf8)
      change(&response)
    }
  }

  /// Answers the last request of a kind, as a phone does without a thought.
  func confirm(_ method: SIPSyntax.Method) {
    guard let request = requests.last(where: { $0.method == method }) else { return }
    send(SIPResponse(to: request, .ok, toTag: "t"))
  }

  /// A request in the dialog of an answer of ours.
  func say(_ method: SIPSyntax.Method, tag: String = "t", number: UInt32 = 1, _ change: (inout SIPRequest) -> Void = { _ in }) {
    guard let invite, var dialog = Dialog(callee: invite, tag: tag) else { return }
    var request = dialog.request(method, via: via(), contact: flow.contact(user: user))
    request.headers.set(.cseq, CSeq(number, method).description)
    change(&request)
    send(request)
  }

  func acknowledge(_ number: UInt32, tag: String = "t") {
    guard let invite, let dialog = Dialog(callee: invite, tag: tag) else { return }
    send(dialog.acknowledgement(number: number, via: via()))
  }

  var description: String { Self.description(at: address.ip) }

  static func description(at address: IPAddress, codec: String = "0") -> String {
    "v=0\r\no=- 1 1 IN IP4 \(address)\r\ns=-\r\nc=IN IP4 \(address)\r\nt=0 0\r\nm=audio 4000 RTP/AVP \(codec)\r\n"
  }
}

/// A request or a response.
protocol SIPWritable { func serialized() -> [UInt8] }
extension SIPRequest: SIPWritable {}
extension SIPResponse: SIPWritable {}
