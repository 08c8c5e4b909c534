import Calls
import Codecs
import Cryptography
import Glibc
import ICE
import Media
import RTP
import Runtime
import Wire

/// A media plane of the service, on its own thread as in service, that another program's load runs through: `calldocker-bench plane`.
///
/// It is told what to relay by lines on standard input and answers by lines on standard output:
/// `open ID UFRAG PWD FINGERPRINT PHONE-PORT opus|pcmu` with `opened ID UFRAG PWD FINGERPRINT BROWSER-PORT PHONE-PORT`, and `close ID`.
enum PlaneService {
  /// A phone whose port is not known yet.
  private struct Waiting: Sendable {
    var id: UInt64
    var credentials: ICECredentials
    var phone: PhoneLeg
  }

  static func run() throws {
    let identity = Identity.selfSigned(names: ["gateway.bench"], now: SystemClock.wallNanoseconds / 1_000_000_000, days: 30)
    let opened = Locked<[(LegID, UInt16)]>([])
    let bell = try WakeDescriptor()
    let plane = try MediaPlane(
      MediaPlane.Settings(
        host: .loopback, browserPort: 0, phonePorts: 20_000...31_999, identity: identity, sounds: SoundLibrary(prompts: [:])),
      report: { events in
        for case .opened(let leg, let port) in events { opened.with { $0.append((leg, port)) } }
        bell.ring()
      })
    var random = Randomness.system
    while let line = readLine() {
      let words = line.split(separator: " ").map(String.init)
      guard words.count >= 2, let id = UInt64(words[1]) else { continue }
      if words[0] == "close" {
        plane.post([.close(LegID(2 * id)), .close(LegID(2 * id + 1))])
      } else if words.count == 7, let call = open(words, id, plane, &random) {
        let port = try port(of: LegID(2 * id + 1), opened, bell)
        plane.post([.connectPhone(LegID(2 * id + 1), call.phone), .bridge(LegID(2 * id), LegID(2 * id + 1))])
        let (fragment, password) = (call.credentials.usernameFragment, call.credentials.password)
        print("opened \(id) \(fragment) \(password) \(identity.fingerprint) \(plane.browserPort) \(port)")
      } else {
        print("refused \(id)")
      }
      fflush(nil)
    }
    plane.stop()
  }

  private static func open(_ words: [String], _ id: UInt64, _ plane: MediaPlane, _ random: inout Randomness) -> Waiting? {
    guard let fingerprint = Fingerprint("sha-256 \(words[4])"), let phone = UInt16(words[5]) else { return nil }
    let local = ICECredentials(usernameFragment: random.token(8), password: random.token(24))
    let remote = ICECredentials(usernameFragment: words[2], password: words[3])
    let codec: AudioCodec = words[6] == "opus" ? .opus : .pcmu
    func audio(_ codec: AudioCodec) -> NegotiatedAudio {
      let format = PayloadType(codec == .opus ? 111 : 0)
      return NegotiatedAudio(codec: codec, sendPayloadType: format, receivePayloadType: format)
    }
    let browser = BrowserLeg(local: local, remote: remote, role: .server, fingerprints: [fingerprint], audio: audio(.opus))
    plane.post([.openBrowser(LegID(2 * id), browser), .openPhone(LegID(2 * id + 1))])
    return Waiting(
      id: id, credentials: local, phone: PhoneLeg(remote: SocketAddress(.loopback, phone), audio: audio(codec)))
  }

  private static func port(of leg: LegID, _ opened: Locked<[(LegID, UInt16)]>, _ bell: WakeDescriptor) throws -> UInt16 {
    let epoll = try Epoll()
    try epoll.add(bell.file, .readable, token: 0)
    while true {
      if let port = opened.with({ $0.first { $0.0 == leg }?.1 }) { return port }
      guard epoll.wait(until: SystemClock.now + .seconds(5), now: SystemClock.now) > 0 else {
        throw Broken("the media plane opened no port")
      }
      bell.silence()
    }
  }
}
