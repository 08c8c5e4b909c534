import Cryptography
import ICE
import RTP
import Wire

// All that a call and a media plane say to each other. A call names legs and wishes; a media plane owns sockets, keys and packets.

/// One of the machine's media planes, counted from 0. All legs of a call live on the same one.
package struct MediaPlaneID: Hashable, Sendable {
  package let number: Int
  package init(_ number: Int) { self.number = number }
}

/// Names one leg of one call for its whole life, and the plane that it lives on.
package struct LegID: Hashable, Sendable {
  package let number: UInt64
  package let plane: MediaPlaneID

  package init(_ number: UInt64, on plane: MediaPlaneID = MediaPlaneID(0)) {
    self.number = number
    self.plane = plane
  }
}

/// What a leg speaks, once an offer and an answer have met.
package struct NegotiatedAudio: Hashable, Codable, Sendable {
  package var codec: AudioCodec
  /// The number under which we send: the one the peer asked for.
  package var sendPayloadType: PayloadType
  /// The number under which we expect to receive.
  package var receivePayloadType: PayloadType
  package var telephoneEvent: TelephoneEventFormat?
  /// A second number for Opus: our offer's, under which a phone speaks that answered with a number of its own (RFC 3264 §6.1).
  package var alsoOpus: PayloadType?
  /// Whether the peer wants to hear us, and whether it will speak (`a=sendrecv` and its kin, seen from us).
  package var sends = true
  package var receives = true

  package init(
    codec: AudioCodec, sendPayloadType: PayloadType, receivePayloadType: PayloadType,
    telephoneEvent: TelephoneEventFormat? = nil
  ) {
    self.codec = codec
    self.sendPayloadType = sendPayloadType
    self.receivePayloadType = receivePayloadType
    self.telephoneEvent = telephoneEvent
  }

  /// The codec that a packet of the peer's is in; `nil` for a number that means nothing here.
  ///
  /// Whoever answers an offer may speak in any codec that both named (RFC 3264 §6.1), and the numbers of G.711 mean the same to
  /// everybody (RFC 3551 table 4): both are understood whatever was agreed first.
  package func codec(of number: PayloadType) -> AudioCodec? {
    if number == receivePayloadType { return codec }
    if number == telephoneEvent?.payloadType { return nil }
    switch number {
    case .pcmu: return .pcmu
    case .pcma: return .pcma
    default: return number == alsoOpus ? .opus : nil
    }
  }
}

/// A browser's leg: ICE-lite on the plane's shared port, DTLS-SRTP, Opus.
package struct BrowserLeg: Hashable, Sendable {
  package var local: ICECredentials
  package var remote: ICECredentials
  package var role: DTLSRole
  package var fingerprints: [Fingerprint]
  package var audio: NegotiatedAudio

  package init(
    local: ICECredentials, remote: ICECredentials, role: DTLSRole, fingerprints: [Fingerprint], audio: NegotiatedAudio
  ) {
    self.local = local
    self.remote = remote
    self.role = role
    self.fingerprints = fingerprints
    self.audio = audio
  }
}

/// A phone's leg: plain RTP between our port and an address that is first told by SDP and then learned from the packets.
package struct PhoneLeg: Hashable, Sendable {
  package var remote: SocketAddress
  package var audio: NegotiatedAudio
  /// Where its signalling comes from: sound from there is believed as soon as sound from where it was described.
  package var home: IPAddress?

  package init(remote: SocketAddress, audio: NegotiatedAudio, home: IPAddress? = nil) {
    self.remote = remote
    self.audio = audio
    self.home = home
  }
}

/// What a leg can hear when nobody speaks to it.
package enum Sound: Hashable, Codable, Sendable {
  /// The tone that says "it rings over there", repeated until stopped.
  case ringback
  /// Soft and rare: "the other side's connection is lost, please wait", repeated until stopped.
  case reconnecting
  /// A named prompt of the house, once: `echo-greeting`.
  case prompt(String)
}

/// A wish of a call. Wishes about a leg that is gone are ignored: the two planes may cross in the act.
package enum MediaCommand: Hashable, Sendable {
  case openBrowser(LegID, BrowserLeg)
  /// Binds a port pair for a phone; answered by `opened` or `failed`.
  case openPhone(LegID)
  /// Gives a phone's leg its other end; may be said again when a new description arrives.
  case connectPhone(LegID, PhoneLeg)
  /// Lets two legs hear each other, whatever each heard before.
  case bridge(LegID, LegID)
  /// Lets a leg hear itself.
  case echo(LegID)
  /// Plays to a leg, whatever it heard before; answered by `played` at the end of a prompt.
  case play(LegID, Sound)
  /// Lets a leg hear nothing.
  case quiet(LegID)
  /// Sends digits to the leg's peer as telephone-events.
  case sendDigits(LegID, [DTMFDigit])
  /// New credentials after an ICE restart of the browser.
  case restart(LegID, local: ICECredentials, remote: ICECredentials)
  /// Ends the leg; answered by `closed` with what was measured.
  case close(LegID)
}

extension MediaCommand {
  /// The plane that the wish is for.
  package var plane: MediaPlaneID {
    switch self {
    case .openBrowser(let leg, _), .openPhone(let leg), .connectPhone(let leg, _), .bridge(let leg, _), .echo(let leg),
      .play(let leg, _), .quiet(let leg), .sendDigits(let leg, _), .restart(let leg, _, _), .close(let leg):
      leg.plane
    }
  }
}

/// What a media plane reports of a leg, and of itself.
package enum MediaEvent: Hashable, Sendable {
  case opened(LegID, port: UInt16)
  /// A browser's packets may flow: ICE chose an address and DTLS its keys.
  case connected(LegID)
  case failed(LegID, MediaFailure)
  /// No authenticated check for 30 s: the browser is gone (RFC 7675).
  case consentLost(LegID)
  /// A connected browser, or a phone in a conversation, sent no sound for three seconds, or said goodbye; silence that is spoken is sound.
  case fellSilent(LegID)
  /// It is heard again.
  case heardAgain(LegID)
  /// What came from the peer in the first two seconds of a conversation, or in two seconds after a silence began or ended; again while
  /// a microphone gives nothing.
  case heard(LegID, SoundReport)
  /// Neither RTP nor RTCP came from a phone in a conversation for 30 s, and it does not hold; for five minutes if it suppresses its silence.
  case gone(LegID)
  /// A phone speaks another codec than was agreed first, one that is understood.
  case speaks(LegID, AudioCodec)
  /// By a phone's reports nothing of what it is sent arrives there any more, in two in a row; once more after two others.
  ///
  /// - isCertain: whether something did arrive before; else the phone may only report badly.
  case unreached(LegID, isCertain: Bool)
  /// By its reports it does arrive, after all.
  case reachedAgain(LegID)
  case digit(LegID, DTMFDigit)
  case played(LegID)
  case closed(LegID, LegReport)
  /// The plane does not keep up with its packets: it should get no new calls.
  case strained(MediaPlaneID)
  /// It does again.
  case relaxed(MediaPlaneID)
}

extension MediaEvent {
  /// `nil` for what a plane says of itself.
  package var leg: LegID? {
    switch self {
    case .opened(let leg, _), .connected(let leg), .failed(let leg, _), .consentLost(let leg), .fellSilent(let leg),
      .heardAgain(let leg), .heard(let leg, _), .gone(let leg), .speaks(let leg, _), .unreached(let leg, _),
      .reachedAgain(let leg), .digit(let leg, _), .played(let leg), .closed(let leg, _):
      leg
    case .strained, .relaxed: nil
    }
  }
}

/// What two seconds of a peer's sound were like.
package struct SoundReport: Hashable, Codable, Sendable {
  package enum Level: Hashable, Codable, Sendable {
    /// Nothing came that could be decoded.
    case unknown
    /// Not even the noise of a room: the microphone is switched off.
    case digitalSilence
    /// Below full scale (dBFS), so never above 0.
    case decibels(Int)
  }
  /// Packets of sound, those of comfort noise included.
  package var packets: Int
  package var level = Level.unknown
  /// Whether RTCP came lately, or the peer is known to suppress its silence: a phone that is there may send no sound.
  package var isReporting = false
  /// Whether anything was ever heard of the peer.
  package var hasSpoken = false
  /// What came instead of sound: packets of a type that means nothing here.
  package var foreign: PayloadType?

  package init(packets: Int, level: Level = .unknown) {
    self.packets = packets
    self.level = level
  }
}

package enum MediaFailure: Hashable, Codable, Sendable, CaseIterable {
  case noFreePort
  case fingerprintMismatch
  case handshakeFailed
  case tooManyLegs
}

/// One key of a telephone (RFC 4733 §3.2): events 0 to 15.
package struct DTMFDigit: Hashable, Sendable {
  package let event: UInt8

  package init?(event: UInt8) {
    guard event < 16 else { return nil }
    self.event = event
  }
  package init?(_ key: Character) {
    guard let index = Self.keys.firstIndex(of: key) else { return nil }
    event = UInt8(index)
  }
  package var key: Character { Self.keys[Int(event)] }
  private static let keys: [Character] = Array("0123456789*#ABCD")
}

/// What was measured on a leg by the time it closed.
package struct LegReport: Hashable, Codable, Sendable {
  /// `nil` for a leg on which nothing was ever agreed.
  package var codec: AudioCodec?
  package var packetsReceived: UInt64 = 0
  package var packetsSent: UInt64 = 0
  package var packetsLost: Int64 = 0
  /// Interarrival jitter in milliseconds (RFC 3550 §6.4.1).
  package var jitter: Double = 0
  /// The latest round trip in milliseconds that the peer's reports allow to know.
  package var roundTrip: Double?
  /// Of what we sent, packets that the peer missed; `nil` if it never said.
  package var packetsMissed: Int64?
  package init() {}

  /// The share of the peer's packets that never came, 0 to 1.
  package var loss: Double {
    let lost = Double(max(packetsLost, 0))
    return lost == 0 ? 0 : lost / (lost + Double(packetsReceived))
  }

  /// The mean opinion score of what came from the peer (E-model), if anything did.
  package var meanOpinion: Double? {
    guard let codec, packetsReceived > 0 else { return nil }
    return VoiceQuality.meanOpinion(codec, loss: loss, jitter: jitter, roundTrip: roundTrip)
  }
}
