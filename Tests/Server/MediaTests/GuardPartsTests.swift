import RTP
import Testing
import Wire

@testable import Media

@Suite("What the guard against one-way audio goes by")
struct GuardPartsTests {
  private func header(_ sequence: UInt16, type: PayloadType = .pcmu) -> RTPHeader {
    RTPHeader(marker: false, payloadType: type, sequence: sequence, timestamp: 0, ssrc: SSRC(1))
  }

  // MARK: Codecs

  @Test("Two packets in a row make a codec the peer's, one is a stray; after 16 changes it stays with the last")
  func spoken() {
    var spoken = SpokenCodec(.pcma)
    #expect(spoken.receive(.pcmu) == .stray && spoken.receive(.pcma) == .asBefore)
    #expect(spoken.receive(.pcmu) == .stray && spoken.receive(.pcmu) == .changed && spoken.codec == .pcmu)
    for change in 1..<SpokenCodec.maximumChanges {
      let other = change % 2 == 0 ? RTP.AudioCodec.pcmu : .pcma
      #expect(spoken.receive(other) == .stray && spoken.receive(other) == .changed, "\(change)")
    }
    let last = spoken.codec
    for _ in 0..<10 { #expect(spoken.receive(last == .pcma ? .pcmu : .pcma) == .stray) }
    #expect(spoken.codec == last && spoken.receive(last) == .asBefore)
  }

  // MARK: Delivery (RFC 3550 §6.4)

  @Test("A report that knows of nothing new is doubted twice before anything is said, and it is said twice")
  func delivery() {
    var watch = DeliveryWatch()
    #expect(watch.reported(1000, sent: 100) == nil && watch.reported(1250, sent: 350) == nil)
    #expect(watch.reported(1250, sent: 600) == nil && watch.reported(1250, sent: 850) == .unreached(isCertain: true))
    #expect(watch.reported(1250, sent: 1100) == nil && watch.reported(1250, sent: 1350) == .unreached(isCertain: true))
    for round in 0..<20 { #expect(watch.reported(1250, sent: 1600 + 250 * UInt64(round)) == nil) }
    #expect(watch.reported(6000, sent: 9000) == .reachedAgain && watch.reported(6250, sent: 9250) == nil)
  }

  @Test("A phone whose reports never told of us may only report badly; one that is sent less than a second is not judged")
  func uncertainty() {
    var watch = DeliveryWatch()
    for _ in 0..<20 { #expect(watch.reported(nil, sent: 49) == nil, "who says nothing is not missed") }
    #expect(watch.reported(nil, sent: 300) == nil && watch.reported(nil, sent: 550) == .unreached(isCertain: false))
    #expect(watch.reported(500, sent: 800) == .reachedAgain)
  }

  // MARK: Silence

  @Test("Who pauses without a gap in its numbers suppresses its silence; who loses packets does not")
  func suppression() {
    var watch = SoundWatch()
    let start = Instant()
    watch.start(at: start, isPhone: true)
    _ = watch.heard(header(1), at: start)
    _ = watch.heard(header(2), at: start + .milliseconds(20))
    _ = watch.heard(header(60), at: start + .milliseconds(1200))
    #expect(!watch.suppressesSilence, "an outage on the way")
    _ = watch.heard(header(61), at: start + .milliseconds(1220))
    _ = watch.heard(header(62), at: start + .milliseconds(1900))
    #expect(watch.suppressesSilence)
  }

  @Test("A phone without a sign of life is gone after 30 s, one that suppresses silence after 5 min", arguments: [false, true])
  func patience(suppresses: Bool) {
    var watch = SoundWatch()
    let start = Instant()
    watch.start(at: start, isPhone: true)
    _ = watch.heard(header(1, type: suppresses ? .comfortNoise : .pcmu), at: start)
    var findings: [(SoundWatch.Finding, Duration)] = []
    while let due = watch.deadline { watch.wake(at: due).map { findings.append(($0, due - start)) } }
    #expect(findings.map(\.0) == [.fellSilent, .gone])
    #expect(findings.last?.1 == (suppresses ? .seconds(300) : .seconds(30)))
  }
}
