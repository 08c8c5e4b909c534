import RTP
import Wire

/// Where a phone really is: first what its session description says, then where its packets come from (RFC 4961, "symmetric RTP").
///
/// A source is believed after two packets in a row that carry the agreed payload types; from then on strangers are not heard. A phone whose
/// router gave it a new address mid-call is believed again only after its old address fell silent, and only under the same SSRC.
struct SymmetricPath {
  static let packetsToBelieve = 2
  static let silenceBeforeMoving = Duration.seconds(2)

  private enum State {
    case described
    case hearing(SocketAddress, SSRC, packets: Int)
    case settled(SSRC, lastHeard: Instant)
  }
  private var state = State.described
  /// Where to send.
  private(set) var remote: SocketAddress

  init(described: SocketAddress) {
    remote = described
  }

  /// Takes a new description: what was learned before counts only if it is the same place.
  mutating func describe(_ described: SocketAddress) {
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
      guard packets + 1 >= Self.packetsToBelieve else { return false }
      settle(at: source, ssrc, now)
      return true
    case .hearing:
      state = .hearing(source, ssrc, packets: 1)
      return false
    case .settled(let known, let lastHeard):
      if source == remote {
        state = .settled(ssrc, lastHeard: now)
        return true
      }
      guard ssrc == known, now - lastHeard > Self.silenceBeforeMoving else { return false }
      settle(at: source, ssrc, now)
      return true
    }
  }

  private mutating func settle(at source: SocketAddress, _ ssrc: SSRC, _ now: Instant) {
    remote = source
    state = .settled(ssrc, lastHeard: now)
  }
}
