import Calls
import Runtime
import SIPSyntax
import Wire

/// Phones of many networks that all register: each is challenged, answers, and waits for its 200.
final class RegisteringCrowd {
  /// Phones that are on their way at a time: what comes in while the disk is busy goes into one commit.
  static let window = 256
  private static let patience = Duration.seconds(30)
  private static let repetition = Duration.milliseconds(500)

  private struct Phone {
    let socket: Int
    let agent: String
    let domain: String
    var attempts = 0
    var isRegistered = false
    /// What it last said and when: said again while nothing comes (RFC 3261 §17.1.2.2, timer E).
    var said: [UInt8] = []
    var saidAt = Instant()
  }

  private let server: SocketAddress
  private let sockets: [(socket: UDPSocket, address: SocketAddress)]
  private var phones: [Phone] = []
  private var next = 0
  private(set) var registered = 0
  /// Requests that had to be said again, in all.
  private(set) var repeated = 0
  private var underWay: Set<Int> = []
  /// One REGISTER with credentials, for whoever wants to know how long one is.
  private(set) var example: [UInt8] = []
  private let epoll: Epoll
  private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)

  /// - Parameter firstNetwork: of 127.0.N.1; each business has its own.
  init(_ businesses: [RealService.Business], server: SocketAddress) throws {
    self.server = server
    epoll = try Epoll()
    sockets = try businesses.indices.map { index in
      let ip = IPAddress.v4(0x7F00_0001 + UInt32(index + 1) << 8)
      let socket = try UDPSocket(bind: SocketAddress(ip, 0))
      return (socket, SocketAddress(ip, socket.localAddress?.port ?? 0))
    }
    for (index, socket) in sockets.enumerated() { try epoll.add(socket.socket.file, .readable, token: UInt64(index)) }
    for (index, business) in businesses.enumerated() {
      phones += business.agents.map { Phone(socket: index, agent: $0, domain: business.id.description) }
    }
  }

  deinit {
    for socket in sockets { socket.socket.close() }
    room.deallocate()
  }

  var count: Int { phones.count }

  /// Lets everybody register; nanoseconds until the last 200.
  func run() throws -> Int64 {
    let began = SystemClock.now
    var heard = began
    (next, registered) = (0, 0)
    for index in phones.indices { (phones[index].attempts, phones[index].isRegistered) = (0, false) }
    while next < min(Self.window, phones.count) { start() }
    while registered < phones.count {
      guard SystemClock.now - heard < Self.patience else {
        throw Broken("\(phones.count - registered) phones got no answer to their REGISTER")
      }
      let count = epoll.wait(until: SystemClock.now + .milliseconds(100), now: SystemClock.now)
      for event in 0..<count {
        while let (length, _) = sockets[Int(epoll.token(event))].socket.receive(into: room) {
          heard = SystemClock.now
          try receive(Array(room[..<length]))
        }
      }
      repeatLost()
    }
    return (SystemClock.now - began).nanoseconds
  }

  private func repeatLost() {
    let due = SystemClock.now - Self.repetition
    for number in underWay where phones[number].saidAt < due {
      repeated += 1
      phones[number].saidAt = SystemClock.now
      send(number)
    }
  }

  private func send(_ number: Int) {
    let socket = sockets[phones[number].socket].socket
    phones[number].said.withUnsafeBytes { _ = socket.send($0, to: server) }
  }

  private func start() {
    underWay.insert(next)
    register(next, credentials: nil)
    next += 1
  }

  private func register(_ number: Int, credentials: DigestCredentials?) {
    phones[number].attempts += 1
    let phone = phones[number]
    let address = sockets[phone.socket].address
    var lines = [
      "REGISTER sip:\(phone.domain) SIP/2.0",
      "Via: SIP/2.0/UDP \(address);rport;branch=z9hG4bK\(SystemClock.now.nanoseconds)x\(number)x\(phone.attempts)",
      "Max-Forwards: 70", "From: <sip:\(phone.agent)@\(phone.domain)>;tag=\(number)",
      "To: <sip:\(phone.agent)@\(phone.domain)>", "Call-ID: bench-\(number)",
      "CSeq: \(SystemClock.now.nanoseconds / 1_000_000 % 2_000_000_000) REGISTER",
      "Contact: <sip:\(phone.agent)@\(address)>;+sip.instance=\"<urn:uuid:4f1d7a2e-93b3-4c3a-8a53-\(100_000_000_000 + number)>\"",
      "Expires: 3600", "User-Agent: Example Phone 4.2.1",
    ]
    if let credentials { lines.append("Authorization: \(credentials)") }
    let octets = Array((lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n").utf8)
    if credentials != nil { example = octets }
    (phones[number].said, phones[number].saidAt) = (octets, SystemClock.now)
    send(number)
  }

  private func receive(_ octets: [UInt8]) throws {
    guard case .response(let response)? = try? SIPMessage(parsing: octets),
      let number = (response.headers[.callID]?.split(separator: "-").last).flatMap({ Int($0) }), phones.indices.contains(number)
    else { throw Broken("the service answered something that is no answer to a REGISTER") }
    switch response.status {
    case .ok:
      guard !phones[number].isRegistered else { return }
      phones[number].isRegistered = true
      phones[number].said = []
      underWay.remove(number)
      registered += 1
      if next < phones.count { start() }
    case .unauthorized where phones[number].attempts == 1:
      guard let challenge = response.headers.challenges().first else { throw Broken("a challenge without one") }
      register(
        number,
        credentials: DigestCredentials(
          answering: challenge, username: phones[number].agent, password: RealService.password, method: .register,
          uri: "sip:\(phones[number].domain)", clientNonce: "0a4f113b"))
    // What was said twice may be answered twice.
    case .unauthorized where phones[number].attempts > 1 && !phones[number].isRegistered: break
    case .trying: break
    default: throw Broken("a REGISTER was answered with \(response.status.value)")
    }
  }
}
