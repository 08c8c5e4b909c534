import Calls
import RTP
import SecureRTP
import Wire

/// The packet path.
extension MediaEngine where Transport: ~Copyable {
  /// Takes a datagram that arrived on the browsers' port; `buffer` has room behind the `count` bytes for what sealing adds.
  package mutating func receiveFromBrowser(
    _ buffer: UnsafeMutableRawBufferPointer, count: Int, from source: SocketAddress, at now: Instant
  ) {
    switch DatagramKind(of: UnsafeRawBufferPointer(rebasing: buffer[..<count])) {
    case .rtp:
      guard let slot = slotsByAddress.slot(of: source) else {
        drops.unknownSource &+= 1
        return
      }
      receiveSealed(slot, buffer, count: count, from: source, at: now)
    case .rtcp:
      guard let slot = slotsByAddress.slot(of: source) else {
        drops.unknownSource &+= 1
        return
      }
      receiveSealedReport(slot, buffer, count: count, at: now)
    case .stun: receiveCheck(Array(buffer[..<count]), from: source, at: now)
    case .dtls:
      guard let slot = slotsByAddress.slot(of: source) else {
        drops.unknownSource &+= 1
        return
      }
      receiveHandshake(slot, UnsafeRawBufferPointer(rebasing: buffer[..<count]), from: source, at: now)
    case .unknown: drops.unknownKind &+= 1
    }
  }

  /// Takes a datagram that arrived on a phone's port pair.
  package mutating func receiveFromPhone(
    _ slot: Int, _ channel: PhoneChannel, _ buffer: UnsafeMutableRawBufferPointer, count: Int, from source: SocketAddress,
    at now: Instant
  ) {
    guard isLive(slot), legs[slot].path != nil else {
      drops.early &+= 1
      return
    }
    switch (channel, DatagramKind(of: UnsafeRawBufferPointer(rebasing: buffer[..<count]))) {
    case (.rtp, .rtp): receivePlain(slot, buffer, count: count, from: source, at: now)
    case (_, .rtcp): receivePlainReport(slot, buffer, count: count, from: source, at: now)
    default: drops.unknownKind &+= 1
    }
  }

  // MARK: Opening

  private mutating func receiveSealed(
    _ slot: Int, _ buffer: UnsafeMutableRawBufferPointer, count: Int, from source: SocketAddress, at now: Instant
  ) {
    var length = count
    switch legs[slot].keys?.unprotect(buffer, length: &length) {
    case .ok: break
    case .replayed:
      drops.replayed &+= 1
      return
    case nil:
      drops.early &+= 1
      return
    default:
      drops.notAuthentic &+= 1
      return
    }
    guard let header = RTPHeader(parsing: UnsafeRawBufferPointer(rebasing: buffer[..<length])) else {
      drops.malformed &+= 1
      return
    }
    // The newest authenticated address that carries valid media is where the browser is (Firefox nominates aggressively).
    if case .browser(let known) = legs[slot].reach, known != source { legs[slot].reach = .browser(source) }
    if legs[slot].watch.heard(header, at: now) { heardAgain(slot, at: now) }
    route(slot, header, buffer, at: now)
  }

  private mutating func receivePlain(
    _ slot: Int, _ buffer: UnsafeMutableRawBufferPointer, count: Int, from source: SocketAddress, at now: Instant
  ) {
    guard let header = RTPHeader(parsing: UnsafeRawBufferPointer(rebasing: buffer[..<count])) else {
      drops.malformed &+= 1
      return
    }
    guard legs[slot].understands(header.payloadType) else {
      drops.unknownPayloadType &+= 1
      noteForeign(slot, header.payloadType, from: source, at: now)
      return
    }
    guard legs[slot].path?.accepts(header.ssrc, from: source, at: now) == true else {
      drops.stranger &+= 1
      return
    }
    if case .phone(_, let known, _) = legs[slot].reach, known != source { reachPhone(slot) }
    if legs[slot].watch.heard(header, at: now) { heardAgain(slot, at: now) }
    route(slot, header, buffer, at: now)
  }

  // MARK: Routing

  /// Counts a packet, takes its meaning and hands it to whoever hears this leg.
  private mutating func route(
    _ slot: Int, _ header: RTPHeader, _ buffer: UnsafeMutableRawBufferPointer, at now: Instant
  ) {
    let leg = legs + slot
    leg.pointee.counts.received &+= 1
    leg.pointee.incoming.receive(sequence: header.sequence, timestamp: header.timestamp, ssrc: header.ssrc, at: now)
    guard let audio = leg.pointee.audio else { return }
    let listener = leg.pointee.listener
    if let codec = audio.codec(of: header.payloadType) {
      switch leg.pointee.spoken.receive(codec) {
      case .asBefore: break
      case .changed: speaksAnew(slot, at: now)
      case .stray:
        drops.unknownPayloadType &+= 1
        return
      }
      if leg.pointee.probe != nil {
        leg.pointee.probe?.measure(UnsafeRawBufferPointer(rebasing: buffer[header.payload]), at: now)
      }
      guard let listener else { return }
      forward(header, buffer, from: slot, to: listener, at: now)
    } else if header.payloadType == audio.telephoneEvent?.payloadType {
      receiveDigit(slot, header, buffer, at: now)
      if let listener { legs[listener].outgoing.absorb(header, from: legs[slot].id.number) }
    } else if header.payloadType == .comfortNoise {
      // Whoever sends it is there and says nothing: nobody is played a noise of ours in its place.
      leg.pointee.probe?.comfort(at: now)
      if let listener { legs[listener].outgoing.absorb(header, from: legs[slot].id.number) }
    } else {
      drops.unknownPayloadType &+= 1
    }
  }

  private mutating func receiveDigit(
    _ slot: Int, _ header: RTPHeader, _ buffer: UnsafeMutableRawBufferPointer, at now: Instant
  ) {
    let payload = UnsafeRawBufferPointer(rebasing: buffer[header.payload])
    guard let event = legs[slot].digitsIn.receive(header, payload: payload) else { return }
    guard let digit = DTMFDigit(event: event) else { return }
    events.append(.digit(legs[slot].id, digit))
    // The other side hears a digit of our own making: whole, evenly timed and in its own clock, however this one was sent.
    guard let listener = legs[slot].listener, listener != slot else { return }
    guard let format = legs[listener].audio?.telephoneEvent else { return }
    legs[listener].digitsOut.press(event, clockRate: format.clockRate, at: now)
    schedule(listener)
  }

  private mutating func forward(
    _ header: RTPHeader, _ buffer: UnsafeMutableRawBufferPointer, from slot: Int, to listener: Int, at now: Instant
  ) {
    let leg = legs + listener
    if leg.pointee.transcoder != nil {
      leg.pointee.transcoder?.insert(header, UnsafeRawBufferPointer(rebasing: buffer[header.payload]), at: now)
      return
    }
    guard let audio = leg.pointee.audio, audio.sends else { return }
    let source = legs[slot].id.number
    guard !leg.pointee.digitsOut.isBusy else { return leg.pointee.outgoing.absorb(header, from: source) }
    guard
      var outgoing = leg.pointee.outgoing.forward(header, from: source, sourceClock: audio.codec.clockRate, at: now)
    else { return }
    outgoing.payloadType = audio.sendPayloadType
    // The new header goes right before the payload, wherever the old one with its extensions began.
    let start = header.payload.lowerBound - RTPHeader.size
    let packet = UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
    outgoing.write(to: packet)
    send(listener, packet, count: RTPHeader.size + header.payload.count)
  }

  // MARK: Sealing

  /// Sends an RTP packet of `count` bytes to the leg's peer; `packet` has room behind for the seal.
  mutating func send(_ slot: Int, _ packet: UnsafeMutableRawBufferPointer, count: Int) {
    let leg = legs + slot
    var length = count
    switch leg.pointee.reach {
    case .nowhere: return
    case .browser(let address):
      switch leg.pointee.keys?.protect(packet, length: &length) {
      case .ok: break
      // The handshake is not over: nobody could open what we would say.
      case nil: return
      default:
        drops.notSealed &+= 1
        return
      }
      transport.sendToBrowser(UnsafeRawBufferPointer(rebasing: packet[..<length]), at: address)
    case .phone(let port, let address, _):
      transport.send(UnsafeRawBufferPointer(rebasing: packet[..<length]), from: port, .rtp, to: address)
    }
    leg.pointee.counts.sent &+= 1
    leg.pointee.counts.octetsSent &+= UInt32(truncatingIfNeeded: count - RTPHeader.size)
  }
}

extension Leg {
  /// Whether a payload type means something in what the peer sends. Comfort noise (RFC 3389) comes from many a phone that did not name it.
  func understands(_ payloadType: PayloadType) -> Bool {
    guard let audio else { return false }
    return audio.codec(of: payloadType) != nil || payloadType == audio.telephoneEvent?.payloadType
      || payloadType == .comfortNoise
  }
}
