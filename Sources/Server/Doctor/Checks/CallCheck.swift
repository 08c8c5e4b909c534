import Peers
import Wire

/// A call through the whole service, from a browser's hello to the line in the call log.
struct CallCheck: Check {
  /// How far it came.
  enum Step: Int, Comparable, Hashable, Sendable {
    case registering
    case connecting
    case routing
    case ringing
    case answering
    case media
    case talking
    case hangingUp
    case recording
    case done

    static func < (left: Step, right: Step) -> Bool { left.rawValue < right.rawValue }
  }

  /// What one end heard of the other's tone.
  struct Ear: Hashable, Sendable {
    /// Of the power that was heard, what was the tone: 1 is a pure one.
    var share: Double
    /// Decibels below full scale.
    var level: Double
    var received: Int
    var lost: Int

    var isClear: Bool { share >= CallCheck.purity && level >= CallCheck.quiet }
  }
  /// What the phone was told of where the service is, and what was to be told.
  struct Told: Hashable, Sendable {
    var directions: Directions
    /// The address facing the phone; to one outside this network, the advertised one.
    var expected: IPAddress
    var phone: IPAddress
  }
  static let name = "call"

  var step: Step
  /// Why it came no farther, in words without a full stop.
  var obstacle: String?
  /// From the visitor's click to talking, in seconds.
  var answeredAfter: Double?
  /// Of a connectivity check to the media port and back, in milliseconds.
  var roundTrip: Double?
  var told: Told?
  var visitor: Ear?
  var phone: Ear?
  /// What the service itself tells of the call, where it failed.
  var story: String?

  /// A tone that is less pure than this is not the one that was sent.
  static let purity = 0.5
  /// Of full scale; the tones are sent at -13 dB.
  static let quiet = -30.0
  static let lossy = 0.02

  var summary: String {
    guard step == .done else { return "it came to nothing" }
    let answer = answeredAfter.map { "answered after \($0.shown) s" } ?? "answered"
    let ears = [("the visitor", visitor), ("the agent", phone)].compactMap { name, ear in
      ear.map { "\(name) heard the other at \(Int($0.level.rounded())) dB" }
    }
    let trip = roundTrip.map { ", \($0.shown) ms to the media port and back" } ?? ""
    return "registered, \(answer), \(ears.joined(separator: ", "))\(trip), in the call log"
  }

  var findings: [Finding] {
    if step < .talking { return misdirections + [.failed(Self.sentence(step, obstacle), advice)] }
    var findings = misdirections + judge(visitor, from: "phone's", to: "browser") + judge(phone, from: "browser's", to: "phone")
    if step < .done { findings.append(.failed(Self.sentence(step, obstacle), advice)) }
    return findings
  }

  private var misdirections: [Finding] {
    guard let told else { return [] }
    let (directions, expected) = (told.directions, told.expected)
    let all = [("Via", directions.via), ("Contact", directions.contact), ("the SDP's c=", directions.sound)]
    let wrong = all.filter { $0.1 != expected }.map { "\($0.1.map(\.description) ?? "no address") in \($0.0)" }
    guard !wrong.isEmpty else { return [] }
    return [
      .failed(
        "A phone at \(told.phone) was told \(wrong.joined(separator: ", ")) where \(expected) was to be told: it answers, asks or "
          + "speaks to where nobody hears it.",
        "Give --host an address that phones reach, or --advertise the one that the world sees (above, \"address\"), and let nothing "
          + "between server and phone rewrite SIP: a router's SIP ALG is best switched off.")
    ]
  }

  private func judge(_ ear: Ear?, from source: String, to end: String) -> [Finding] {
    guard let ear, ear.received > 0 else {
      return [.failed("Nothing of the \(source) sound came to the \(end): one-way audio.", advice)]
    }
    guard ear.isClear else {
      let heard = "\(Int((ear.share * 100).rounded())) % of what came to the \(end) at \(Int(ear.level.rounded())) dB"
      return [.failed("The \(source) tone was \(heard): it does not come through.", advice)]
    }
    let sent = ear.received + max(0, ear.lost)
    guard Double(ear.lost) > Double(sent) * Self.lossy else { return [] }
    return [
      .warning(
        "\(ear.lost) of \(sent) packets to the \(end) were lost inside this machine.",
        "It has too much to do: see calldocker_media_turn_seconds, and net.core.rmem_max above.")
    ]
  }

  private static func sentence(_ step: Step, _ obstacle: String?) -> String {
    let tried =
      switch step {
      case .registering: "A phone could not register"
      case .connecting: "A visitor could not connect by Socket.IO"
      case .routing: "A visitor's call was not admitted"
      case .ringing: "The agent's phone did not ring"
      case .answering: "The phone answered, and the call did not begin"
      case .media: "ICE or DTLS between browser and media port came to nothing"
      case .talking, .hangingUp: "The call did not end when the visitor hung up"
      case .recording: "The call is not in the call log"
      case .done: "All went well"
      }
    return "\(tried)\(obstacle.map { ": \($0)" } ?? "")."
  }

  private var advice: String {
    story.map { "This is what the service says of the call:\n\($0)" }
      ?? "See the server's log of this minute, with --log-level debug."
  }
}
