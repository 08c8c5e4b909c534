import Calls
import RTP
import Wire

/// The guard against one-way audio: whoever is in a conversation is listened to for a moment, and watched from then on.
extension MediaEngine where Transport: ~Copyable {
  /// Begins to guard what a leg's peer says, or stops where by agreement it says nothing.
  mutating func guardSound(of slot: Int, at now: Instant) {
    guard legs[slot].isGuarded, legs[slot].audio != nil else { return }
    guard legs[slot].shouldBeHeard else {
      // A browser's watch is older than the conversation, and goes on.
      if legs[slot].browser == nil { legs[slot].watch.rest() }
      legs[slot].probe = nil
      return
    }
    if legs[slot].watch.isIdle { legs[slot].watch.start(at: now, isPhone: legs[slot].browser == nil) }
    legs[slot].probe = SoundProbe(legs[slot].spoken.codec, at: now)
  }

  /// The peer has changed to another codec that it may speak: whoever hears it goes on hearing it.
  mutating func speaksAnew(_ slot: Int, at now: Instant) {
    let codec = legs[slot].spoken.codec
    if legs[slot].incoming.clockRate != codec.clockRate {
      legs[slot].incoming = ReceptionStatistics(clockRate: codec.clockRate)
    }
    events.append(.speaks(legs[slot].id, codec))
    guardSound(of: slot, at: now)
    if let listener = legs[slot].listener {
      hear(listener, from: slot, at: now)
      schedule(listener)
    }
    schedule(slot)
  }

  /// A packet came that means nothing here: of a phone it shows at least that the phone is there.
  mutating func noteForeign(_ slot: Int, _ payloadType: PayloadType, from source: SocketAddress, at now: Instant) {
    guard legs[slot].path?.remote.ip == source.ip else { return }
    legs[slot].watch.reported(at: now)
    legs[slot].probe?.noteForeign(payloadType, at: now)
  }

  /// A phone has told how much of what it was sent arrived.
  ///
  /// - Parameter highest: the last of our packets; `nil` if it does not tell of us.
  mutating func judgeDelivery(_ slot: Int, _ highest: UInt32?) {
    guard legs[slot].browser == nil, legs[slot].isGuarded else { return }
    switch legs[slot].delivery.reported(highest, sent: legs[slot].counts.sent) {
    case .unreached(let isCertain): events.append(.unreached(legs[slot].id, isCertain: isCertain))
    case .reachedAgain: events.append(.reachedAgain(legs[slot].id))
    case nil: break
    }
  }

  /// The peer is heard after a silence.
  mutating func heardAgain(_ slot: Int, at now: Instant) {
    events.append(.heardAgain(legs[slot].id))
    guardSound(of: slot, at: now)
    schedule(slot)
  }

  mutating func wakeGuard(_ slot: Int, at now: Instant) {
    switch legs[slot].watch.wake(at: now) {
    case .fellSilent:
      events.append(.fellSilent(legs[slot].id))
      guardSound(of: slot, at: now)
    case .gone: events.append(.gone(legs[slot].id))
    case nil: break
    }
    guard let due = legs[slot].probeDue, due <= now, var report = legs[slot].soundReport else { return }
    report.isReporting = legs[slot].watch.isReporting(at: now) || legs[slot].watch.suppressesSilence
    report.hasSpoken = legs[slot].counts.received > 0
    events.append(.heard(legs[slot].id, report))
    // A microphone that is switched off is listened to until it gives a sound: only so it can be said that it does.
    if report.level == .digitalSilence {
      legs[slot].probe?.again(at: now)
    } else {
      legs[slot].probe = nil
    }
  }
}

extension Leg {
  fileprivate var soundReport: SoundReport? {
    switch probe {
    case .some(let probe): probe.report
    case .none: nil
    }
  }

  /// Whether the peer can speak by now, and by agreement does.
  ///
  /// A phone that wants to hear nothing holds: it may promise music and send none.
  fileprivate var shouldBeHeard: Bool {
    guard let audio, audio.receives else { return false }
    return browser != nil ? keys != nil : path != nil && audio.sends
  }
}
