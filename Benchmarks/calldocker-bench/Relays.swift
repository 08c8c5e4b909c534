import Calls
import Codecs
import Cryptography
import Floor
import ICE
import Media
import RTP
import Runtime
import Wire

/// What stands between the ends of many calls.
protocol Relay: AnyObject {
  var lines: [Line] { get }
  /// Sets up one more call.
  func call(_ ends: Ends) throws
  /// Waits once and relays what is there.
  func turn()
  /// Does what is due by the clock, if anything is.
  func wake()
  /// Lets the calls' time pass, so that streams run at their own pace however fast they are sent.
  func pass(_ time: Int64)
}

/// The gateway's own media loop: the sockets, the engine and the calls of the service, without its thread.
final class GatewayRelay: Relay {
  private let loop: MediaLoop
  private let codec: AudioCodec
  private let events = Locked<[MediaEvent]>([])
  private(set) var lines: [Line] = []
  private var time = SystemClock.now.nanoseconds

  private static let identity = Identity.selfSigned(names: ["gateway.bench"], now: wallSeconds, days: 30)
  private static let browser = Identity.selfSigned(names: ["browser.bench"], now: wallSeconds, days: 30)
  private static var wallSeconds: Int64 { SystemClock.wallNanoseconds / 1_000_000_000 }

  /// - Parameter codec: what the phones speak; the browsers speak Opus.
  init(codec: AudioCodec) throws {
    self.codec = codec
    loop = try MediaLoop(
      MediaPlane.Settings(
        host: .loopback, browserPort: 0, phonePorts: 20_000...31_999, identity: Self.identity,
        sounds: SoundLibrary(prompts: [:])
      ),
      report: { [events] news in events.with { $0 += news } })
  }

  deinit { loop.mailbox.post(.stop) }

  /// Costs what reading the machine's clock costs, and shows the calls' own time.
  private static func read(_ time: Int64) -> Instant { Instant(nanoseconds: time &+ (SystemClock.now.nanoseconds & 1) >> 1) }
  private var now: Instant { Self.read(time) }

  func turn() {
    let time = time
    if let now = loop.receive({ Self.read(time) }) { loop.wake(at: now) }
  }
  func wake() {
    guard let deadline = loop.deadline, deadline <= now else { return }
    loop.wake(at: now)
  }
  /// The packets' part of `turn`.
  func receive() {
    let time = time
    _ = loop.receive { Self.read(time) }
  }
  func pass(_ time: Int64) { self.time += time }

  // MARK: Setting up a call

  func call(_ ends: Ends) throws {
    let number = UInt64(lines.count)
    let (browserLeg, phoneLeg) = (LegID(2 * number), LegID(2 * number + 1))
    let local = ICECredentials(usernameFragment: "gate\(number)", password: "a password of twenty-two or more")
    let remote = ICECredentials(usernameFragment: "face\(number)", password: "another password of that length")
    let format = codec == .opus ? 96 : 0 as UInt8
    let browserAudio = NegotiatedAudio(codec: .opus, sendPayloadType: PayloadType(111), receivePayloadType: PayloadType(111))
    let phoneAudio = NegotiatedAudio(
      codec: codec, sendPayloadType: PayloadType(format), receivePayloadType: PayloadType(format))
    post([
      .openBrowser(
        browserLeg,
        BrowserLeg(
          local: local, remote: remote, role: .server, fingerprints: [Self.browser.fingerprint], audio: browserAudio)),
      .openPhone(phoneLeg),
    ])
    let port = try port(of: phoneLeg)
    let keys = try connect(browserLeg, ends, local: local, remote: remote)
    post([.connectPhone(phoneLeg, PhoneLeg(remote: ends.phoneAddress, audio: phoneAudio)), .bridge(browserLeg, phoneLeg)])
    lines.append(
      try Line(ends, browserPort: loop.browserPort, phonePort: port, keys: keys, formats: (111, format)))
    // Not all calls of a day begin at the same moment, or transcoders would all have their turn at once.
    pass(7_300_000)
  }

  private func post(_ commands: [MediaCommand]) {
    loop.mailbox.post(.commands(commands))
    turn()
  }

  private func port(of leg: LegID) throws -> UInt16 {
    for case .opened(leg, let port) in events.with({ $0 }) { return port }
    throw Broken("the gateway opened no port for a phone")
  }

  /// The browser's part: a check, a handshake, the keys.
  private func connect(_ leg: LegID, _ ends: Ends, local: ICECredentials, remote: ICECredentials) throws -> SRTPKeys {
    let gateway = SocketAddress(.loopback, loop.browserPort)
    var agent = ControllingAgent(local: remote, remote: local, randomness: .system)
    let handshake = DTLSSession(identity: Self.browser, role: .client, fingerprints: [Self.identity.fingerprint])
    var keys: SRTPKeys?
    for case .send(let octets, _) in agent.start(candidates: [gateway], at: now) { send(octets, ends.browser, gateway) }
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
    defer { room.deallocate() }
    for _ in 0..<100 {
      turn()
      while let (count, source) = ends.browser.receive(into: room) {
        let datagram = UnsafeRawBufferPointer(rebasing: room[..<count])
        var outputs: [DTLSSession.Output] = []
        if DatagramKind(of: datagram) == .stun {
          let answers = agent.receive(Array(datagram), from: source, at: now)
          if answers.contains(.selected(gateway)) { outputs = handshake.start(at: now) }
        } else {
          outputs = handshake.receive(datagram, at: now)
        }
        for output in outputs {
          if case .send(let octets) = output { send(octets, ends.browser, gateway) }
          if case .established(let exported) = output { keys = exported }
        }
      }
      if let keys, events.with({ $0.contains(.connected(leg)) }) {
        events.with { $0.removeAll() }
        return keys
      }
    }
    throw Broken("a browser's handshake with the gateway did not end")
  }

  private func send(_ octets: [UInt8], _ socket: UDPSocket, _ address: SocketAddress) {
    octets.withUnsafeBytes { _ = socket.send($0, to: address) }
  }
}

/// The floor: the same socket calls and libsrtp2's, and nothing else (`Benchmarks/Floor`).
final class FloorRelay: Relay {
  private let relay: OpaquePointer
  private(set) var lines: [Line] = []
  private let sound: UnsafeMutableBufferPointer<Int16>

  /// - Parameter sound: what phones say where the floor transcodes; empty where it passes Opus through.
  init(calls: Int, sound: [Int16]) throws {
    guard let relay = floor_open(UInt32(calls)) else { throw Broken("the floor has no sockets") }
    self.relay = relay
    self.sound = .allocate(capacity: sound.count)
    _ = self.sound.initialize(from: sound)
    guard sound.isEmpty || floor_transcode(relay, self.sound.baseAddress, UInt32(sound.count / 160)) else {
      throw Broken("the floor has no codecs")
    }
  }

  func call(_ ends: Ends) throws {
    let number = UInt32(lines.count)
    let keys = SRTPKeys(profile: .aeadAES128GCM, local: Self.key(lines.count, 1), remote: Self.key(lines.count, 2))
    guard floor_connect(relay, number, ends.browserAddress.port, ends.phoneAddress.port, keys.local, keys.remote) else {
      throw Broken("the floor refuses its keys")
    }
    lines.append(
      try Line(
        ends, browserPort: floor_browser_port(relay), phonePort: floor_phone_port(relay, number), keys: keys,
        formats: (111, sound.isEmpty ? 96 : 0)))
  }

  deinit {
    floor_close(relay)
    sound.deallocate()
  }

  private static func key(_ number: Int, _ salt: Int) -> [UInt8] {
    (0..<28).map { UInt8(truncatingIfNeeded: number &* 31 &+ salt &* 101 &+ $0 &* 7) }
  }

  func turn() { _ = floor_turn(relay) }
  func wake() {}
  func pass(_ time: Int64) {}
}
