import RTP
import Wire

/// Where a phone really is: first what its session description says, then where its packets come from (RFC 4961, "symmetric RTP").
///
/// A source at the address that was described, or that the signalling comes from, is believed after two packets in a row that carry the
/// agreed payload types, any other after half a second in which nothing came from those; from then on strangers are not heard, and one who
/// was quicker than the phone gives way to it. A phone whose router gave it a new address mid-call is believed again only after its old
/// address fell silent, and only under the same SSRC; under another one if it is a machine that is known, so that no stranger can take a
/// conversation that pauses.
struct SymmetricPath {
  static let packetsToBelieve = 2
  static let strangersPacketsToBelieve = 25
  static let silenceBeforeMoving = Duration.seconds(2)

  private enum State {
    case described
    case hearing(SocketAddress, SSRC, packets: Int)
    case settled(SSRC, lastHeard: Instant)
  }
  private var state = State.described
  private var described: SocketAddress
  private var home: IPAddress?
  /// Who else spoke while the settled source was silent.
  private var candidate: (source: SocketAddress, ssrc: SSRC, packets: Int)?
  /// Where to send.
  private(set) var remote: SocketAddress

  /// - Parameter home: where the phone's signalling comes from.
  init(described: SocketAddress, home: IPAddress? = nil) {
    self.described = described
    self.home = home
    remote = described
  }

  /// Takes a new description: what was learned before counts only if it is the same place.
  mutating func describe(_ described: SocketAddress, home: IPAddress? = nil) {
    self.described = described
    self.home = home
    candidate = nil
    guard described != remote else { return }
    remote = described
    state = .described
  }

  /// Whether a valid RTP packet from `source` is the phone's.
  mutating func accepts(_ ssrc: SSRC, from source: SocketAddress, at now: Instant) -> Bool {
    switch state {
    case .described where source == remote:
      state = .settled(ssrc, lastHeard: now)
      return true
    case .described:
      state = .hearing(source, ssrc, packets: 1)
      return false
    case .hearing where source == remote:
      state = .settled(ssrc, lastHeard: now)
      return true
    case .hearing(source, ssrc, let packets):
      state = .hearing(source, ssrc, packets: packets + 1)
      guard packets + 1 >= (isKnown(source) ? Self.packetsToBelieve : Self.strangersPacketsToBelieve) else { return false }
      settle(at: source, ssrc, now)
      return true
    case .hearing(let candidate, _, _) where isKnown(candidate) && !isKnown(source): return false
    case .hearing:
      state = .hearing(source, ssrc, packets: 1)
      return false
    case .settled(let known, let lastHeard):
      if source == remote {
        state = .settled(ssrc, lastHeard: now)
        if isKnown(remote) { candidate = nil }
        return true
      }
      if !isKnown(remote), isKnown(source) {
        guard believes(ssrc, from: source) else { return false }
        settle(at: source, ssrc, now)
        return true
      }
      guard now - lastHeard > Self.silenceBeforeMoving else { return false }
      guard ssrc == known || believes(ssrc, from: source) else { return false }
      settle(at: source, ssrc, now)
      return true
    }
  }

  /// The same machine under another SSRC has begun its stream anew: as at first, two packets in a row are asked for.
  private mutating func believes(_ ssrc: SSRC, from source: SocketAddress) -> Bool {
    guard source.ip == remote.ip || isKnown(source) else { return false }
    let isSame = candidate.map { $0.source == source && $0.ssrc == ssrc } ?? false
    let packets = isSame ? (candidate?.packets ?? 0) + 1 : 1
    candidate = (source, ssrc, packets)
    return packets >= Self.packetsToBelieve
  }

  private func isKnown(_ source: SocketAddress) -> Bool { source.ip == described.ip || source.ip == home }

  private mutating func settle(at source: SocketAddress, _ ssrc: SSRC, _ now: Instant) {
    remote = source
    candidate = nil
    state = .settled(ssrc, lastHeard: now)
  }
}
