import Calls
import Cryptography
import ICE
import RTP
import SecureRTP
import Wire

/// One leg of one call: connectivity × protection × codec, and the one stream that its peer hears for the leg's whole life.
struct Leg: ~Copyable {
  /// Where packets to the peer leave and arrive.
  enum Reach {
    case nowhere
    case browser(SocketAddress)
    case phone(PhonePort, SocketAddress, rtcp: SocketAddress)
  }

  /// Whom the peer hears.
  enum Hearing {
    case nothing
    case leg(Int)
    case itself
    case sound
  }

  /// What only a browser's leg has: the checks that find it and the handshake that makes its keys.
  struct Browser {
    var agent: LiteAgent
    let handshake: DTLSSession
    /// Our halves of the user name, by which checks find the leg: more than one after a restart.
    var fragments: [String]
    /// Every source that passed an authenticated check; all of them lead to this leg.
    var sources: [SocketAddress] = []
  }

  // What each packet of speech touches stands together, so that it fills few lines of the processor's cache: with hundreds of
  // calls none of them is there when the packet comes.

  let id: LegID
  /// The slot of the leg that hears this one.
  var listener: Int?
  var audio: NegotiatedAudio?
  var reach = Reach.nowhere
  var keys: SRTPSession?
  var counts = Counts()
  /// What arrives from the peer.
  var incoming: ReceptionStatistics
  var watch = SoundWatch()
  /// Measures what the peer says for a moment.
  var probe: SoundProbe?
  var path: SymmetricPath?
  var spoken: SpokenCodec
  /// What leaves toward the peer.
  var outgoing: OutgoingTimeline
  var digitsOut = TelephoneEventSender()
  var transcoder: Transcoder?

  var browser: Browser?
  var port: PhonePort?
  var digitsIn = TelephoneEventReceiver()
  var hearing = Hearing.nothing
  /// Whether the peer is in a conversation, so that its sound is looked after.
  var isGuarded = false
  var player: Player?
  /// Whether what we send arrives.
  var delivery = DeliveryWatch()
  /// When the player or the transcoder has its next 20 ms to fill.
  var tick: Instant?
  var reports: ReportSchedule
  /// Of what we sent, packets that the peer says it missed.
  var missed: Int64?

  struct Counts {
    var received: UInt64 = 0
    var sent: UInt64 = 0
    var octetsSent: UInt32 = 0
    var sentAtReport: UInt64 = 0
  }

  init(id: LegID, codec: AudioCodec, at now: Instant, randomness: inout Randomness) {
    self.id = id
    spoken = SpokenCodec(codec)
    incoming = ReceptionStatistics(clockRate: codec.clockRate)
    outgoing = OutgoingTimeline(clockRate: codec.clockRate, using: &randomness)
    reports = ReportSchedule(at: now, using: &randomness)
  }

  /// The soonest moment at which anything in this leg wants to be woken.
  var deadline: Instant? {
    let own = earliest(earliest(tick, digitsOut.deadline, reports.due), watch.deadline, probeDue)
    guard let browser else { return own }
    return earliest(own, browser.agent.deadline, browser.handshake.deadline)
  }

  /// When the probe has heard enough. A borrowing `switch`: chaining would consume it.
  var probeDue: Instant? {
    switch probe {
    case .some(let probe): probe.due
    case .none: nil
    }
  }

  var report: LegReport {
    var report = LegReport()
    report.codec = audio == nil ? nil : spoken.codec
    report.packetsReceived = counts.received
    report.packetsSent = counts.sent
    report.packetsLost = incoming.lost
    report.jitter = incoming.jitterMilliseconds
    report.packetsMissed = missed
    report.roundTrip = reports.roundTrip.map { Double($0.nanoseconds) / 1_000_000 }
    return report
  }
}
