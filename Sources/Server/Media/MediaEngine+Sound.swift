import RTP
import Wire

/// What leaves by the clock rather than by arriving packets: prompts, transcoded speech, digits.
extension MediaEngine where Transport: ~Copyable {
  mutating func wakeSound(_ slot: Int, at now: Instant) {
    while let tick = legs[slot].tick, tick <= now {
      // After a stall the missed periods are skipped: sound that comes late helps nobody.
      legs[slot].tick = now - tick > .milliseconds(200) ? now + Transcoder.period : tick + Transcoder.period
      fill(slot, at: now)
    }
  }

  /// Sends one period of whatever the leg hears by the clock.
  private mutating func fill(_ slot: Int, at now: Instant) {
    let leg = legs + slot
    guard let audio = leg.pointee.audio else { return }
    let payload = UnsafeMutableRawBufferPointer(
      rebasing: workbench[RTPHeader.size..<RTPHeader.size + JitterBuffer.maximumPayload])
    let count: Int?
    if leg.pointee.player != nil {
      count = leg.pointee.player?.next(into: payload)
      if count == nil { return finishPlaying(slot) }
    } else {
      count = leg.pointee.transcoder?.next(into: payload, at: now) ?? nil
    }
    guard let count, count > 0, audio.sends, !leg.pointee.digitsOut.isBusy else { return }
    var header = leg.pointee.outgoing.next(samples: audio.codec.clockRate / 50, at: now)
    header.payloadType = audio.sendPayloadType
    header.write(to: workbench)
    send(slot, workbench, count: RTPHeader.size + count)
  }

  private mutating func finishPlaying(_ slot: Int) {
    stopHearing(slot)
    events.append(.played(legs[slot].id))
  }

  mutating func wakeDigits(_ slot: Int, at now: Instant) {
    let leg = legs + slot
    guard let format = leg.pointee.audio?.telephoneEvent else {
      // A phone may take keys back with a new description in the middle of one: kept, it would be due for ever.
      leg.pointee.digitsOut = TelephoneEventSender()
      return
    }
    while let packet = leg.pointee.digitsOut.next(at: now, clock: leg.pointee.outgoing.resumption(at: now)) {
      let timestamp = packet.timestamp ?? leg.pointee.outgoing.resumption(at: now)
      var header = leg.pointee.outgoing.next(sharing: timestamp, marker: packet.marker, at: now)
      header.payloadType = format.payloadType
      header.write(to: workbench)
      UnsafeMutableRawBufferPointer(rebasing: workbench[RTPHeader.size...]).copyBytes(from: packet.payload)
      send(slot, workbench, count: RTPHeader.size + packet.payload.count)
    }
  }
}
