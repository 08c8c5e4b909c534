import Wire

/// Cuts the bytes of one connection into messages (RFC 3261 §7.5, §18.3).
///
///     between ──byte──▶ head ──empty line──▶ body ──Content-Length──▶ between
///        └─CRLFCRLF─▶ pong                └─ no way to tell where it ends ─▶ broken
///
/// A message whose end is known but which is malformed is told and stepped over; where the end cannot be known the stream is
/// broken, and nothing that follows is believed.
package struct SIPStream: Sendable {
  package enum Output: Hashable, Sendable {
    case message(SIPMessage)
    /// One malformed message; the stream goes on behind it.
    case malformed(SIPSyntaxError)
    /// So many keep-alives want an answer of one CRLF each (RFC 5626 §3.5.1).
    case pong(count: Int)
    /// The last output: say what is wrong if that can be answered, and close.
    case broken(SIPSyntaxError)
    /// The last output: the peer did not complete in time what it began.
    case expired
  }

  /// A peer has this long from a message's first byte to its last, however slowly it sends.
  package static let messageTime = Duration.seconds(20)

  private enum State {
    case between
    /// - Parameter searched: how many bytes hold no end of the head.
    case head(searched: Int, until: Instant)
    case body(head: Int, length: Int, until: Instant)
    case broken
  }

  private var state = State.between
  private var buffer: [UInt8] = []

  package init() {}

  package var deadline: Instant? {
    switch state {
    case .head(_, let until), .body(_, _, let until): until
    case .between, .broken: nil
    }
  }

  package mutating func receive(_ octets: [UInt8], at now: Instant) -> [Output] {
    if case .broken = state { return [] }
    buffer += octets
    var outputs: [Output] = []
    while let output = next(at: now) {
      outputs.append(output)
      if case .broken = output { break }
    }
    return outputs
  }

  package mutating func wake(at now: Instant) -> [Output] {
    guard let deadline, now >= deadline else { return [] }
    end()
    return [.expired]
  }

  /// What the bytes so far amount to; `nil` until more come.
  private mutating func next(at now: Instant) -> Output? {
    if case .between = state {
      if let pong = skipEmptyLines() { return pong }
      guard let first = buffer.first, !Self.isLineEnd(first) else { return nil }
      state = .head(searched: 0, until: now + Self.messageTime)
    }
    if case .head(let searched, let until) = state, let broken = readHead(from: searched, until) { return broken }
    guard case .body(let head, let length, _) = state, buffer.count >= head + length else { return nil }
    return takeMessage(head + length)
  }

  // MARK: Between messages

  /// Steps over line ends; every two of them are a keep-alive. A single one at the end waits for its second half.
  private mutating func skipEmptyLines() -> Output? {
    var position = 0
    var pings = 0
    while position < buffer.count, Self.isLineEnd(buffer[position]) {
      if buffer[position...].starts(with: Self.ping) {
        position += Self.ping.count
        pings += 1
      } else if Self.ping.starts(with: buffer[position...]) {
        break
      } else {
        position += 1
      }
    }
    buffer.consume(position)
    return pings > 0 ? .pong(count: pings) : nil
  }

  private static let ping: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]

  /// Some devices keep a connection alive with NULs.
  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A || byte == 0 }

  // MARK: Messages

  private mutating func readHead(from searched: Int, _ until: Instant) -> Output? {
    guard let head = Self.endOfHead(buffer, from: searched) else {
      guard buffer.count <= SIPLimit.headBytes.maximum else { return fail(.limit(.headBytes), salvaging: buffer.count) }
      // The end may lie across the seam: its last three bytes are looked at again.
      state = .head(searched: max(0, buffer.count - 3), until: until)
      return nil
    }
    guard head <= SIPLimit.headBytes.maximum else { return fail(.limit(.headBytes), salvaging: head) }
    do throws(SIPSyntaxError) {
      let length = try SIPMessage.bodyLength(announcedBy: Array(buffer[..<head]))
      guard length <= SIPLimit.bodyBytes.maximum else { return fail(.limit(.bodyBytes), salvaging: head) }
      state = .body(head: head, length: length, until: until)
      return nil
    } catch {
      return fail(error.problem, in: error.header, salvaging: head)
    }
  }

  /// The first byte behind the empty line that ends a head; lines may end with LF alone.
  private static func endOfHead(_ octets: [UInt8], from start: Int) -> Int? {
    var position = start
    while position < octets.count, let feed = octets[position...].firstIndex(of: 0x0A) {
      let next = feed + 1
      if next < octets.count, octets[next] == 0x0A { return next + 1 }
      if next + 1 < octets.count, octets[next] == 0x0D, octets[next + 1] == 0x0A { return next + 2 }
      position = next
    }
    return nil
  }

  private mutating func takeMessage(_ count: Int) -> Output {
    let octets = Array(buffer[..<count])
    buffer.removeFirst(count)
    state = .between
    do throws(SIPSyntaxError) {
      return .message(try SIPMessage(parsing: octets))
    } catch {
      // What does not even begin like a message is another protocol's.
      guard error.salvage != nil else {
        end()
        return .broken(error)
      }
      return .malformed(error)
    }
  }

  // MARK: The end

  private mutating func fail(
    _ problem: SIPSyntaxError.Problem, in header: HeaderName? = nil, salvaging count: Int
  ) -> Output {
    var error = SIPSyntaxError(problem, in: header, at: 0)
    do throws(SIPSyntaxError) {
      error.salvage = SIPSyntaxError.Salvage(try SIPMessage(parsing: Array(buffer[..<min(count, SIPLimit.headBytes.maximum)])))
    } catch let other {
      error.salvage = other.salvage
    }
    end()
    return .broken(error)
  }

  private mutating func end() {
    state = .broken
    buffer = []
  }
}
