import Calls
import Codecs
import Cryptography
import ICE
import Media
import RTP
import Wire

extension FuzzTarget {
  /// A media engine's day as a list of decisions: commands, datagrams from anywhere, time. Strangers hear nothing, and at its end nothing is left.
  static let media: Body = { octets throws(BrokenPromise) in
    let day = MediaDay(Decisions(octets))
    try day.live()
  }
}

/// What an engine sent while it dealt with one input.
private final class Outbox {
  var toBrowsers: [(octets: [UInt8], address: SocketAddress)] = []
  var toPhones = 0
  var openPorts: Set<UInt16> = []
}

private struct RecordingTransport: MediaTransport {
  let outbox: Outbox
  private var nextPort: UInt16 = 20_000

  init(_ outbox: Outbox) { self.outbox = outbox }

  mutating func sendToBrowser(_ packet: UnsafeRawBufferPointer, at address: SocketAddress) {
    outbox.toBrowsers.append((Array(packet), address))
  }
  mutating func send(_ packet: UnsafeRawBufferPointer, from: PhonePort, _ channel: PhoneChannel, to address: SocketAddress) {
    outbox.toPhones += 1
  }
  mutating func openPhonePort(for slot: Int) -> PhonePort? {
    guard outbox.openPorts.count < 4 else { return nil }
    defer { nextPort &+= 2 }
    outbox.openPorts.insert(nextPort)
    return PhonePort(number: nextPort, rtp: Int32(slot), rtcp: Int32(slot))
  }
  mutating func closePhonePort(_ port: PhonePort, of slot: Int) { outbox.openPorts.remove(port.number) }
}

private final class MediaDay {
  private static let legs = 6
  private static let identity = Identity.selfSigned(names: ["gateway"], now: 1_795_000_000, days: 30)
  private static let browser = Identity.selfSigned(names: ["browser"], now: 1_795_000_000, days: 30)
  private static let sounds = SoundLibrary(prompts: [
    "echo-greeting": WAVFile(rate: 8000, samples: Tone([660], amplitude: 0.3).samples(rate: 8000, seconds: 1))
  ])

  private var decisions: Decisions
  private let outbox = Outbox()
  private var engine: MediaEngine<RecordingTransport>
  private var now = Instant()
  /// Legs that the engine should have, as far as commands and events tell.
  private var open: Set<LegID> = []
  /// Addresses from which a check with the right password came.
  private var proven: Set<SocketAddress> = []
  private var sequence: UInt16 = 0
  /// Wake-ups that are left: sound is encoded at each, which is slow.
  private var wakesLeft = 2000
  private let bench = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)

  init(_ decisions: Decisions) {
    self.decisions = decisions
    engine = MediaEngine(
      transport: RecordingTransport(outbox), identity: Self.identity, sounds: Self.sounds,
      wallClock: WallClock(nanosecondsSince1970: 1_795_420_800_000_000_000, at: Instant()), randomness: .seeded(3))
  }

  deinit { bench.deallocate() }

  func live() throws(BrokenPromise) {
    for _ in 0..<160 where !decisions.isAtEnd {
      try step()
      try promise(engine.legCount == open.count, "the engine has the legs it was given: \(engine.legCount), \(open.count)")
    }
    for leg in 0..<Self.legs { try command(.close(LegID(UInt64(leg)))) }
    try promise(engine.legCount == 0 && open.isEmpty, "no leg is left")
    try promise(engine.deadline == nil, "nothing is waited for")
    try promise(outbox.openPorts.isEmpty, "no port is left open")
    let address = SocketAddress(.v4(0xCB00_7101), 40_000)
    try arrive(check(LegID(0), nominates: true), from: address)
    try promise(outbox.toBrowsers.isEmpty, "who is gone answers nobody")
  }

  private func step() throws(BrokenPromise) {
    outbox.toBrowsers = []
    switch decisions.below(12) {
    case 0: try openLeg()
    case 1: try connect()
    case 2: try wish()
    case 3: try pass(.milliseconds(Int64(decisions.octet())))
    case 4: try pass(.seconds(Int64(decisions.octet() & 63)))
    case 5: try arrive(decisions.block(), from: source())
    case 6, 7: try proveAndArrive()
    case 8: try arrivePhone(decisions.block())
    case 9, 10: try speak()
    default: try command(.close(leg()))
    }
  }

  private func leg() -> LegID { LegID(UInt64(decisions.below(Self.legs))) }
  private func source() -> SocketAddress { SocketAddress(.v4(0xCB00_7101 + UInt32(decisions.below(4))), 40_000) }

  // MARK: Commands

  private func openLeg() throws(BrokenPromise) {
    let leg = leg()
    guard decisions.flag() else { return try command(.openPhone(leg)) }
    let remote = ICECredentials(usernameFragment: "theirs", password: "the-password-of-the-browser")
    let audio = NegotiatedAudio(
      codec: .opus, sendPayloadType: PayloadType(111), receivePayloadType: PayloadType(111),
      telephoneEvent: TelephoneEventFormat(payloadType: PayloadType(110), clockRate: 48_000))
    let description = BrowserLeg(
      local: Self.credentials(leg), remote: remote, role: decisions.flag() ? .server : .client,
      fingerprints: [Self.browser.fingerprint], audio: audio)
    try command(.openBrowser(leg, description))
  }

  private static func credentials(_ leg: LegID) -> ICECredentials {
    ICECredentials(usernameFragment: "leg\(leg.number)", password: "the-password-of-leg-\(leg.number)-is-long")
  }

  private func connect() throws(BrokenPromise) {
    let codec = [AudioCodec.opus, .pcmu, .pcma][decisions.below(3)]
    var audio = NegotiatedAudio(
      codec: codec, sendPayloadType: PayloadType(0), receivePayloadType: PayloadType(0),
      telephoneEvent: decisions.flag() ? TelephoneEventFormat(payloadType: PayloadType(101), clockRate: 8000) : nil)
    audio.sends = decisions.flag()
    try command(.connectPhone(leg(), PhoneLeg(remote: SocketAddress(.v4(0xC633_6401), 6000), audio: audio)))
  }

  private func wish() throws(BrokenPromise) {
    let leg = leg()
    switch decisions.below(7) {
    case 0: try command(.bridge(leg, self.leg()))
    case 1: try command(.echo(leg))
    case 2: try command(.play(leg, .ringback))
    case 3: try command(.play(leg, .prompt(decisions.flag() ? "echo-greeting" : "none")))
    case 4: try command(.quiet(leg))
    case 5: try command(.sendDigits(leg, decisions.block().compactMap { DTMFDigit(event: $0 & 31) }))
    default:
      let remote = ICECredentials(usernameFragment: "newer", password: "the-password-of-the-browser")
      var local = Self.credentials(leg)
      if decisions.flag() { local.usernameFragment += "-again" }
      try command(.restart(leg, local: local, remote: remote))
    }
  }

  private func command(_ command: MediaCommand) throws(BrokenPromise) {
    switch command {
    case .openBrowser(let leg, _), .openPhone(let leg): open.insert(leg)
    default: break
    }
    engine.perform(command, at: now)
    try takeEvents()
  }

  private func takeEvents() throws(BrokenPromise) {
    for event in engine.takeEvents() {
      switch event {
      case .closed(let leg, _): try promise(open.remove(leg) != nil, "a leg is closed once")
      case .failed(let leg, .noFreePort): open.remove(leg)
      // A name in use is refused; the leg that has it lives on.
      case .failed(_, .tooManyLegs), .failed, .opened, .connected, .consentLost, .fellSilent, .heardAgain, .digit, .played:
        break
      case .strained, .relaxed: try promise(false, "an engine has no loop to judge")
      case .heard(let leg, let report):
        try promise(open.contains(leg), "only a leg that is there is heard")
        if case .decibels(let level) = report.level {
          try promise((-99...0).contains(level), "a level below full scale: \(level)")
        }
        try promise(report.packets > 0 || report.level == .unknown, "nothing has no level")
      case .gone(let leg): try promise(open.contains(leg), "only a leg that is there can go")
      case .speaks(let leg, _), .unreached(let leg, _), .reachedAgain(let leg):
        try promise(open.contains(leg), "only a leg that is there has a say")
      }
    }
    for (octets, address) in outbox.toBrowsers where octets.first ?? 0 > 3 {
      try promise(proven.contains(address), "strangers get no media and no handshake")
    }
  }

  private func pass(_ duration: Duration) throws(BrokenPromise) {
    let end = now + duration
    while let deadline = engine.deadline, deadline <= end, wakesLeft > 0 {
      wakesLeft -= 1
      now = max(now, deadline)
      engine.wake(at: now)
      try takeEvents()
      try promise(engine.deadline.map { $0 > now } ?? true, "a deadline moves on once it has come")
      outbox.toBrowsers = []
    }
    now = max(now, end)
    engine.wake(at: now)
    try takeEvents()
  }

  // MARK: Datagrams

  private func arrive(_ octets: [UInt8], from source: SocketAddress) throws(BrokenPromise) {
    let octets = octets.prefix(1500)
    bench.copyBytes(from: octets)
    outbox.toBrowsers = []
    engine.receiveFromBrowser(bench, count: octets.count, from: source, at: now)
    try takeEvents()
    try promise(outbox.toBrowsers.count <= 32, "one datagram has few consequences")
  }

  private func check(_ leg: LegID, nominates: Bool) -> [UInt8] {
    let credentials = Self.credentials(leg)
    var attributes: [STUNAttribute] = [
      .username(Array("\(credentials.usernameFragment):theirs".utf8)), .priority(1), .iceControlling(tieBreaker: 1),
    ]
    if nominates { attributes.append(.useCandidate) }
    return STUNMessage(.request, transaction: STUNTransactionID(high: 1, low: 2), attributes: attributes)
      .encoded(password: credentials.password)
  }

  private func proveAndArrive() throws(BrokenPromise) {
    let (leg, source) = (leg(), source())
    proven.insert(source)
    try arrive(check(leg, nominates: decisions.flag()), from: source)
  }

  private func arrivePhone(_ octets: [UInt8]) throws(BrokenPromise) {
    let octets = octets.prefix(1500)
    bench.copyBytes(from: octets)
    let channel: PhoneChannel = decisions.flag() ? .rtcp : .rtp
    engine.receiveFromPhone(decisions.below(8), channel, bench, count: octets.count, from: source(), at: now)
    try takeEvents()
  }

  /// A well-formed packet of speech or of a key, from a phone or sealed by nobody.
  private func speak() throws(BrokenPromise) {
    let choice = decisions.octet()
    sequence &+= UInt16(choice & 3)
    let header = RTPHeader(
      marker: choice & 4 != 0, payloadType: PayloadType(choice & 8 != 0 ? 101 : 0), sequence: sequence,
      timestamp: UInt32(sequence) &* 160, ssrc: SSRC(UInt32(choice >> 6)))
    var packet = [UInt8](repeating: 0, count: RTPHeader.size)
    packet.withUnsafeMutableBytes { header.write(to: $0) }
    packet += choice & 8 != 0 ? [5, 0x8A, 3, 0x20] : decisions.block()
    if choice & 16 != 0 { try arrive(packet, from: source()) } else { try arrivePhone(packet) }
  }
}
