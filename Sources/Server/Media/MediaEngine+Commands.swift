import Calls
import Cryptography
import ICE
import RTP
import Wire

/// What a call may wish of its legs.
extension MediaEngine where Transport: ~Copyable {
  package mutating func perform(_ command: MediaCommand, at now: Instant) {
    switch command {
    case .openBrowser(let id, let description): openBrowser(id, description, at: now)
    case .openPhone(let id): openPhone(id, at: now)
    case .connectPhone(let id, let description): with(id) { $0.connectPhone($1, description, at: now) }
    case .bridge(let first, let second):
      guard let one = slot(of: first), let other = slot(of: second) else { return }
      bridge(one, other, at: now)
    case .echo(let id): with(id) { $0.echo($1, at: now) }
    case .play(let id, let sound): with(id) { $0.play($1, sound, at: now) }
    case .quiet(let id): with(id) { $0.quiet($1) }
    case .sendDigits(let id, let digits): with(id) { $0.sendDigits($1, digits, at: now) }
    case .restart(let id, let local, let remote): with(id) { $0.restart($1, local: local, remote: remote, at: now) }
    case .close(let id): with(id) { $0.close($1, at: now) }
    }
  }

  /// Wishes about a leg that is gone are ignored.
  private mutating func with(_ id: LegID, _ wish: (inout Self, Int) -> Void) {
    guard let slot = slot(of: id) else { return }
    wish(&self, slot)
    if isLive(slot) { schedule(slot) }
  }

  // MARK: Opening and closing

  private mutating func openBrowser(_ id: LegID, _ description: BrowserLeg, at now: Instant) {
    let agent = LiteAgent(local: description.local, remote: description.remote, at: now)
    let handshake = DTLSSession(identity: identity, role: description.role, fingerprints: description.fingerprints)
    var leg = Leg(id: id, codec: description.audio.codec, at: now, randomness: &randomness)
    leg.audio = description.audio
    leg.browser = Leg.Browser(agent: agent, handshake: handshake, fragments: [description.local.usernameFragment])
    guard let slot = take(leg) else {
      events.append(.failed(id, .tooManyLegs))
      return
    }
    slotsByFragment[description.local.usernameFragment] = slot
    schedule(slot)
  }

  private mutating func openPhone(_ id: LegID, at now: Instant) {
    let leg = Leg(id: id, codec: .pcmu, at: now, randomness: &randomness)
    guard let slot = take(leg) else {
      events.append(.failed(id, .tooManyLegs))
      return
    }
    guard let port = transport.openPhonePort(for: slot) else {
      release(slot)
      events.append(.failed(id, .noFreePort))
      return
    }
    legs[slot].port = port
    events.append(.opened(id, port: port.number))
    schedule(slot)
  }

  private mutating func connectPhone(_ slot: Int, _ description: PhoneLeg, at now: Instant) {
    if legs[slot].path == nil {
      legs[slot].path = SymmetricPath(described: description.remote, home: description.home)
    } else {
      legs[slot].path?.describe(description.remote, home: description.home)
    }
    let changed = legs[slot].audio?.codec != description.audio.codec
    legs[slot].audio = description.audio
    if changed { legs[slot].spoken.agree(description.audio.codec) }
    reachPhone(slot)
    guardSound(of: slot, at: now)
    guard changed else { return }
    legs[slot].incoming = ReceptionStatistics(clockRate: description.audio.codec.clockRate)
    legs[slot].outgoing.changeClock(to: description.audio.codec.clockRate)
    // Who hears whom stays; whether a transcoder stands between may have changed.
    if case .leg(let source) = legs[slot].hearing { hear(slot, from: source, at: now) }
    if let listener = legs[slot].listener { hear(listener, from: slot, at: now) }
  }

  private mutating func close(_ slot: Int, at now: Instant) {
    let id = legs[slot].id
    stopHearing(slot)
    if let listener = legs[slot].listener { stopHearing(listener) }
    events.append(.closed(id, legs[slot].report))
    sendGoodbye(slot, at: now)
    if let port = legs[slot].port { transport.closePhonePort(port, of: slot) }
    forgetBrowser(slot)
    release(slot)
  }

  // MARK: Who hears whom

  private mutating func bridge(_ one: Int, _ other: Int, at now: Instant) {
    hear(one, from: other, at: now)
    hear(other, from: one, at: now)
    for slot in [one, other] {
      legs[slot].isGuarded = true
      guardSound(of: slot, at: now)
    }
    schedule(one)
    schedule(other)
  }

  private mutating func echo(_ slot: Int, at now: Instant) {
    hear(slot, from: slot, at: now)
  }

  /// Lets `slot` hear `source`, untouched where both speak the same and through a transcoder where they do not.
  mutating func hear(_ slot: Int, from source: Int, at now: Instant) {
    stopHearing(slot)
    guard legs[source].audio != nil, let understood = legs[slot].audio?.codec else { return }
    let spoken = legs[source].spoken.codec
    // A leg is heard by one other: whoever heard this source before hears nothing from now on.
    if let former = legs[source].listener, former != slot { stopHearing(former) }
    legs[source].listener = slot
    legs[slot].hearing = .leg(source)
    guard spoken != understood else { return }
    legs[slot].transcoder = Transcoder(from: spoken, to: understood)
    legs[slot].tick = now + Transcoder.period
  }

  mutating func stopHearing(_ slot: Int) {
    if case .leg(let source) = legs[slot].hearing, isLive(source) { legs[source].listener = nil }
    legs[slot].hearing = .nothing
    legs[slot].player = nil
    legs[slot].transcoder = nil
    legs[slot].tick = nil
  }

  private mutating func quiet(_ slot: Int) {
    stopHearing(slot)
  }

  private mutating func play(_ slot: Int, _ sound: Sound, at now: Instant) {
    stopHearing(slot)
    guard let codec = legs[slot].audio?.codec, let (prompt, repeats) = sounds.sound(sound) else {
      events.append(.played(legs[slot].id))
      return
    }
    legs[slot].hearing = .sound
    legs[slot].player = Player(prompt, as: codec, repeats: repeats)
    legs[slot].tick = now
  }

  // MARK: Digits

  private mutating func sendDigits(_ slot: Int, _ digits: [DTMFDigit], at now: Instant) {
    guard let format = legs[slot].audio?.telephoneEvent else { return }
    for digit in digits { legs[slot].digitsOut.press(digit.event, clockRate: format.clockRate, at: now) }
  }
}
