import Codecs
import Cryptography
import Foundation
import Peers
import RTP
import Runtime
import Wire

/// A visitor's call to a phone of the doctor's own, over the service's real ports: each hums a tone that the other listens for.
///
/// The visitor speaks Opus in SRTP, the phone PCMU in plain RTP, so that what lies between has everything to do that it can.
final class TestCall {
  private static let visitorTone = 440.0
  private static let phoneTone = 1000.0
  /// How long each step may take: signalling on one machine takes milliseconds, and a machine that is busy a second.
  private static let patience = Duration.seconds(10)
  private static let talk = Duration.milliseconds(2500)
  /// Seconds more that both ends may listen: on a machine that is busy the first ones are full of holes.
  private static let encores = 6
  private static let samples = 8000

  private let service: Service
  private let examination: Examination
  private let ward: any Doctor.Ward
  private var line: VisitorLine?
  private var answer: [String: Any]?
  private var states: [String] = []
  private var call: String?
  private var brokenLine: String?
  private var check = CallCheck(step: .registering)

  init(_ service: Service, _ examination: Examination, _ ward: any Doctor.Ward) {
    self.service = service
    self.examination = examination
    self.ward = ward
  }

  func run() -> CallCheck {
    do {
      try converse()
    } catch {
      check.obstacle = check.obstacle ?? "\(error)"
    }
    line?.leave()
    if check.step < .done || !check.findings.isEmpty, let call {
      check.story = ward.story(of: call, tenant: examination.tenant)
    }
    return check
  }

  /// A step did not come about in its time.
  private struct Stuck: Error {}

  private func converse() throws {
    let network = try SocketNetwork()
    let peers = Ends(phone: try phone(on: network), browser: try browser(on: network))
    let (phone, browser) = (peers.phone, peers.browser)
    func step(_ step: CallCheck.Step, _ obstacle: @autoclosure () -> String?, until condition: () -> Bool) throws {
      check.step = step
      guard network.run(atMost: Self.patience, peers, until: { condition() || brokenLine != nil }), brokenLine == nil else {
        check.obstacle = brokenLine ?? obstacle()
        throw Stuck()
      }
    }
    phone.register()
    try step(.registering, phone.isRefused ? "its REGISTER was refused" : "its REGISTER was not answered") {
      phone.isRegistered
    }

    check.step = .connecting
    let line = try VisitorLine(connect: service.http, speaksTLS: service.speaksTLS, within: .seconds(30))
    self.line = line
    var isConnected = false
    try network.watch(line.file) { [unowned self] in
      hear {
        try line.hear()
      } isConnected: {
        isConnected = true
      }
    }
    hear {
      try line.heard()
    } isConnected: {
      isConnected = true
    }
    try step(.connecting, "no answer to the hello of Socket.IO") { isConnected }

    let clicked = network.now
    try line.say("call-request", ["uuid": examination.tenant, "sdp": browser.offer, "name": "Doctor"])
    try step(.routing, "no answer to call-request") { answer != nil }
    call = answer?["callId"] as? String
    guard let sdp = answer?["sdp"] as? String else {
      check.obstacle = answer?["message"] as? String ?? answer?["reason"] as? String
      throw Stuck()
    }
    try browser.accept(sdp)
    try step(.ringing, "no INVITE came") { phone.timesRung > 0 }
    check.told = phone.directions.map { .init(directions: $0, expected: service.told(to: service.reach), phone: service.reach) }
    try step(.answering, "the visitor was never told that somebody talks") { phone.isTalking && states.contains("talking") }
    check.answeredAfter = Double((network.now - clicked).milliseconds) / 1000
    try step(.media, browser.failure.map { "\($0)" } ?? mediaObstacle(browser)) { browser.isConnected }
    check.roundTrip = browser.roundTrip.map { Double($0.nanoseconds) / 1e6 }

    check.step = .talking
    var listening = Self.talk
    for _ in 0...Self.encores {
      _ = network.run(atMost: listening, peers) { false }
      check.visitor = Self.ear(browser.voice, listeningFor: Self.phoneTone)
      check.phone = Self.ear(phone.voice, listeningFor: Self.visitorTone)
      if [check.visitor, check.phone].allSatisfy({ $0?.isClear ?? false }) { break }
      listening = .seconds(1)
    }

    try line.say("call-hangup", ["callId": call ?? ""])
    try step(.hangingUp, phone.isTalking ? "the phone got no BYE" : "the visitor was not told") {
      !phone.isTalking && states.contains("ended")
    }
    try look()
  }

  /// Who talks with whom.
  private struct Ends: SocketNetwork.Inhabitants {
    var phone: SoftPhone
    var browser: BrowserPeer

    var deadline: Instant? { earliest(phone.deadline, browser.deadline) }

    func wake() {
      phone.wake()
      browser.wake()
    }
  }

  private func mediaObstacle(_ browser: BrowserPeer) -> String {
    browser.hasLostConsent || browser.roundTrip == nil
      ? "no connectivity check was answered at \(browser.candidates.map(\.description).joined(separator: ", "))"
      : "the handshake did not end"
  }

  private func phone(on network: SocketNetwork) throws -> SoftPhone {
    let address = try network.reserve(service.reach)
    let media = try network.reservePair(service.reach)
    return SoftPhone(
      network, at: address, mediaPort: media.port, server: service.sip, user: examination.agent, domain: examination.tenant,
      password: examination.password, habit: .answer(after: .milliseconds(300)), hums: Self.phoneTone, codec: .pcmu,
      randomness: .system)
  }

  /// Its socket has no address of its own, as a browser's: each candidate is reached from the one that faces it.
  private func browser(on network: SocketNetwork) throws -> BrowserPeer {
    let address = try network.reserve(service.reach.isIPv6 ? .anyOfBoth : .any)
    let identity = Identity.selfSigned(
      names: ["doctor"], now: SystemClock.wallNanoseconds / 1_000_000_000, days: 30)
    return BrowserPeer(network, at: address, identity: identity, hums: Self.visitorTone, randomness: .system)
  }

  private static func ear(_ voice: Voice, listeningFor tone: Double) -> CallCheck.Ear {
    let last = Array(voice.heard.suffix(samples))
    return CallCheck.Ear(
      share: ToneDetector.share(of: tone, in: last, rate: samples), level: ToneDetector.level(of: last),
      received: voice.packetsHeard, lost: Int(voice.reception.lost))
  }

  // MARK: The visitor's events

  private func hear(_ words: () throws -> [VisitorLine.Word], isConnected: () -> Void) {
    do {
      for word in try words() {
        switch word {
        case .connected: isConnected()
        case .answered(let body): if answer == nil { answer = body }
        case .event("call-state", let body): if let state = body["state"] as? String { states.append(state) }
        case .event: break
        }
      }
    } catch {
      brokenLine = "\(error)"
    }
  }

  // MARK: The call log

  /// Both legs report before the line is written: it may take a moment.
  private func look() throws {
    check.step = .recording
    let end = SystemClock.now + Self.patience
    var seen = ExaminedCall()
    while seen.end == nil, SystemClock.now < end {
      seen = try ward.call(call ?? "")
      if seen.end == nil { Foundation.Thread.sleep(forTimeInterval: 0.05) }
    }
    guard let reason = seen.end else {
      check.obstacle = "no line was written within \(Self.patience.components.seconds) s"
      return
    }
    guard reason == "visitor-hung-up", seen.visitorCodec == "opus", seen.agentCodec == "pcmu" else {
      check.obstacle = "its line says \(reason), \(seen.visitorCodec ?? "nothing") and \(seen.agentCodec ?? "nothing")"
      return
    }
    check.step = .done
  }
}
