import RTP
import Wire

/// Where a phone really is: first what its session description says, then where its packets come from (RFC 4961, "symmetric RTP").
///
/// A source is believed after two packets in a row that carry the agreed payload types; from then on strangers are not heard. A phone whose
/// router gave it a new address mid-call is believed again only after its old address fell silent, and only under the same SSRC; under
/// another one if it is the machine that was described or settled on, so that no stranger can take a conversation that pauses.
struct SymmetricPath {
  static let packetsToBelieve = 2
  static let silenceBeforeMoving = Duration.seconds(2)

  private enum State {
    case described
    case hearing(SocketAddress, SSRC, packets: Int)
    case settled(SSRC, lastHeard: Instant)
  }
  private var state = State.described
  private var described: SocketAddress
  /// Who else spoke while the settled source was silent.
  private var candidate: (source: SocketAddress, ssrc: SSRC, packets: Int)?
  /// Where to send.
  private(set) var remote: SocketAddress

  init(described: SocketAddress) {
    self.described = described
    remote = described
  }

  /// Takes a new description: what was learned before counts only if it is the same place.
  mutating func describe(_ described: SocketAddress) {
    self.described = described
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
      guard packets + 1 >= Self.packetsToBelieve else { return false }
      settle(at: source, ssrc, now)
      return true
    case .hearing:
      state = .hearing(source, ssrc, packets: 1)
      return false
    case .settled(let known, let lastHeard):
      if source == remote {
        state = .settled(ssrc, lastHeard: now)
        candidate = nil
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
    guard source.ip == remote.ip || source.ip == described.ip else { return false }
    let isSame = candidate.map { $0.source == source && $0.ssrc == ssrc } ?? false
    let packets = isSame ? (candidate?.packets ?? 0) + 1 : 1
    candidate = (source, ssrc, packets)
    return packets >= Self.packetsToBelieve
  }

  private mutating func settle(at source: SocketAddress, _ ssrc: SSRC, _ now: Instant) {
    remote = source
    candidate = nil
    state = .settled(ssrc, lastHeard: now)
  }
}
