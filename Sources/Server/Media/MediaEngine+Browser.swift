import Calls
import Cryptography
import ICE
import RTP
import SecureRTP
import Wire

/// What only a browser's leg has: checks and the handshake. Rare, so it may allocate.
extension MediaEngine where Transport: ~Copyable {
  /// A connectivity check finds its leg by our half of the user name, since its address may never have been seen.
  mutating func receiveCheck(_ datagram: [UInt8], from source: SocketAddress, at now: Instant) {
    let fragment = STUNMessage.usernameFragments(inRequest: datagram)?.local
    guard let slot = fragment.flatMap({ slotsByFragment[$0] }) ?? slotsByAddress.slot(of: source) else {
      drops.unknownSource &+= 1
      return
    }
    guard let outputs = legs[slot].browser?.agent.receive(datagram, from: source, at: now) else { return }
    perform(outputs, of: slot, at: now)
    if isLive(slot) { schedule(slot) }
  }

  mutating func receiveHandshake(
    _ slot: Int, _ datagram: UnsafeRawBufferPointer, from source: SocketAddress, at now: Instant
  ) {
    guard let outputs = legs[slot].browser?.handshake.receive(datagram, at: now) else { return }
    perform(outputs, of: slot, at: now)
    if isLive(slot) { schedule(slot) }
  }

  mutating func wakeBrowser(_ slot: Int, at now: Instant) {
    guard legs[slot].browser != nil else { return }
    if let outputs = legs[slot].browser?.agent.wake(at: now) { perform(outputs, of: slot, at: now) }
    if let outputs = legs[slot].browser?.handshake.wake(at: now) { perform(outputs, of: slot, at: now) }
    // Whoever seals with the keys has all of the handshake.
    if legs[slot].counts.received > 0 { legs[slot].browser?.handshake.rest() }
  }

  mutating func restart(_ slot: Int, local: ICECredentials, remote: ICECredentials, at now: Instant) {
    guard legs[slot].browser != nil else { return }
    legs[slot].browser?.agent.restart(local: local, remote: remote, at: now)
    // What the agent still answers to, and no more, however often a browser restarts.
    for fragment in legs[slot].browser?.fragments ?? [] { slotsByFragment[fragment] = nil }
    let fragments = legs[slot].browser?.agent.localFragments ?? []
    // Emptied and filled: a plain assignment through this optional leaks the array that was there (Swift 6.3).
    legs[slot].browser?.fragments.removeAll()
    legs[slot].browser?.fragments.append(contentsOf: fragments)
    for fragment in fragments { slotsByFragment[fragment] = slot }
  }

  mutating func forgetBrowser(_ slot: Int) {
    guard let browser = legs[slot].browser else { return }
    for fragment in browser.fragments { slotsByFragment[fragment] = nil }
    for source in browser.sources { slotsByAddress.remove(source, of: slot) }
  }

  private mutating func perform(_ outputs: [LiteAgent.Output], of slot: Int, at now: Instant) {
    for output in outputs {
      switch output {
      case .send(let datagram, let address):
        datagram.withUnsafeBytes { transport.sendToBrowser($0, at: address) }
      case .authenticated(let address): learn(address, for: slot)
      case .selected(let address): select(address, for: slot, at: now)
      case .consentLost: events.append(.consentLost(legs[slot].id))
      }
    }
  }

  private mutating func perform(_ outputs: [DTLSSession.Output], of slot: Int, at now: Instant) {
    for output in outputs {
      switch output {
      case .send(let datagram):
        guard case .browser(let address) = legs[slot].reach else { continue }
        datagram.withUnsafeBytes { transport.sendToBrowser($0, at: address) }
      case .established(let keys):
        legs[slot].keys = SRTPSession(keys)
        let isSealed = legs[slot].keys != nil
        if isSealed, legs[slot].audio?.receives == true { legs[slot].watch.start(at: now) }
        guardSound(of: slot, at: now)
        events.append(isSealed ? .connected(legs[slot].id) : .failed(legs[slot].id, .handshakeFailed))
      case .failed(.fingerprintMismatch): events.append(.failed(legs[slot].id, .fingerprintMismatch))
      case .failed: events.append(.failed(legs[slot].id, .handshakeFailed))
      // A page that is loaded anew says goodbye as well: only its absence ends the call.
      case .closed: if legs[slot].watch.stop() { events.append(.fellSilent(legs[slot].id)) }
      }
    }
  }

  /// Any address that passed a check leads to this leg, chosen or not.
  private mutating func learn(_ address: SocketAddress, for slot: Int) {
    guard legs[slot].browser?.sources.contains(address) == false else { return }
    if legs[slot].browser?.sources.count ?? 0 >= LiteAgent.maximumPairs, let oldest = legs[slot].browser?.sources.removeFirst()
    {
      slotsByAddress.remove(oldest, of: slot)
    }
    legs[slot].browser?.sources.append(address)
    slotsByAddress.set(address, to: slot)
  }

  /// Moves to the address that the browser's checks chose; the first one lets a handshake of ours begin.
  private mutating func select(_ address: SocketAddress, for slot: Int, at now: Instant) {
    learn(address, for: slot)
    let isFirst = if case .nowhere = legs[slot].reach { true } else { false }
    legs[slot].reach = .browser(address)
    guard isFirst, let outputs = legs[slot].browser?.handshake.start(at: now) else { return }
    perform(outputs, of: slot, at: now)
  }
}
