import Wire

/// Why a TLS connection came to nothing.
package enum TLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The client did not finish its handshake within `TLSServerSession.patience`.
  case timedOut
  /// The client sent more than `TLSServerSession.maximumHandshake` without finishing its handshake.
  case handshakeTooLong
  /// OpenSSL's own words.
  case protocolError(String)

  package var description: String {
    switch self {
    case .timedOut: "the handshake was not finished within \(TLSServerSession.patience)"
    case .handshakeTooLong: "the handshake was not finished within \(TLSServerSession.maximumHandshake) bytes"
    case .protocolError(let words): words
    }
  }
}

/// What a TLS session wants done, in this order.
package enum TLSOutput: Hashable, Sendable {
  /// Records for the peer.
  case send([UInt8])
  /// Hands are shaken: from here on there is somebody to speak to.
  case established
  /// What the peer said.
  case received([UInt8])
  /// The peer has said goodbye (close_notify), and so have we.
  case closed
  case failed(TLSFailure)
}

/// The server's side of one TLS 1.3 or 1.2 connection (RFC 8446, RFC 5246) over bytes that its owner carries.
///
/// What it keeps is bounded by one record and OpenSSL's own state: everything that can be said is in the outputs at once, in a
/// proportion to what came in.
package final class TLSServerSession {
  /// How long a handshake may take from its first byte.
  package static let patience = Duration.seconds(10)
  /// Bytes that a client may send in its handshake: a hello with the largest keys of today has 2 KB.
  package static let maximumHandshake = 65_536

  private enum State {
    case shaking(giveUpAt: Instant, taken: Int)
    case established
    case over
  }

  private let context: TLSContext
  private let engine: TLSEngine
  private var state: State

  package init(identity: Identity, at now: Instant) {
    context = identity.tlsContext
    engine = TLSEngine(context, isServer: true)
    state = .shaking(giveUpAt: now + Self.patience, taken: 0)
  }

  /// When to call `wake`: the end of patience with a handshake.
  package var deadline: Instant? {
    guard case .shaking(let giveUpAt, _) = state else { return nil }
    return giveUpAt
  }

  package func receive(_ octets: [UInt8]) -> [TLSOutput] {
    var (outputs, records, plaintext): ([TLSOutput], [UInt8], [UInt8]) = ([], [], [])
    var end: TLSOutput?
    for start in stride(from: 0, to: octets.count, by: TLSEngine.piece) where end == nil {
      let piece = octets[start..<min(start + TLSEngine.piece, octets.count)]
      end = receive(piece, &outputs, &records, &plaintext)
    }
    if !records.isEmpty { outputs.insert(.send(records), at: 0) }
    if !plaintext.isEmpty { outputs.append(.received(plaintext)) }
    return outputs + (end.map { [$0] } ?? [])
  }

  package func wake(at now: Instant) -> [TLSOutput] {
    guard let deadline, now >= deadline else { return [] }
    state = .over
    return [.failed(.timedOut)]
  }

  /// Seals what we say. Before `established` there is nobody who could read it, and after an end nobody who would: nothing is sent.
  package func send(_ plaintext: [UInt8]) -> [TLSOutput] {
    guard case .established = state, !plaintext.isEmpty else { return [] }
    var records: [UInt8] = []
    guard case .failed(let words) = engine.write(plaintext, into: &records) else { return [.send(records)] }
    state = .over
    return [.failed(.protocolError(words))]
  }

  /// Says goodbye (close_notify).
  package func close() -> [TLSOutput] {
    guard case .established = state else {
      state = .over
      return []
    }
    state = .over
    var records: [UInt8] = []
    engine.sayGoodbye()
    engine.takeRecords(into: &records)
    return [.send(records)]
  }

  // MARK: Inside

  /// Gives how the session ended, if this piece ended it.
  private func receive(
    _ piece: ArraySlice<UInt8>, _ outputs: inout [TLSOutput], _ records: inout [UInt8], _ plaintext: inout [UInt8]
  ) -> TLSOutput? {
    defer { engine.takeRecords(into: &records) }
    if case .over = state { return nil }
    engine.feed(piece)
    if case .shaking(let giveUpAt, let before) = state {
      let taken = before + piece.count
      switch engine.shakeHands() {
      case .done:
        state = .established
        outputs.append(.established)
      case .wantsMore where taken > Self.maximumHandshake: return fail(.handshakeTooLong)
      case .wantsMore:
        state = .shaking(giveUpAt: giveUpAt, taken: taken)
        return nil
      case .closed: return fail(.protocolError("closed within the handshake"))
      case .failed(let words): return fail(.protocolError(words))
      }
    }
    switch engine.read(into: &plaintext) {
    case .done, .wantsMore: return nil
    case .closed:
      // What we could still say would find nobody who waits for it: a client of HTTP goes when it says goodbye.
      engine.sayGoodbye()
      state = .over
      return .closed
    case .failed(let words): return fail(.protocolError(words))
    }
  }

  private func fail(_ failure: TLSFailure) -> TLSOutput {
    state = .over
    return .failed(failure)
  }
}
