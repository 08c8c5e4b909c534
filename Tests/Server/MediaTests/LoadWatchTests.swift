import Calls
import Cryptography
import Runtime
import Testing
import Wire

@testable import Media

@Suite("A media plane that does not keep up says so, and says when it does again")
struct LoadWatchTests {
  private var watch = LoadWatch()
  private var now = Instant()

  /// A second of turns, one each 20 ms, each of which works for `work` and whose timer was served `lateness` after its time.
  private mutating func second(work: Duration, lateness: Duration = .zero) -> [LoadWatch.Verdict] {
    (0..<50).compactMap { _ in
      defer { now += max(.milliseconds(20), work) }
      return watch.turn(due: lateness == .zero ? nil : now - lateness, from: now, to: now + work)
    }
  }

  @Test("Half a plane's time is no strain, however long it lasts")
  mutating func calm() {
    for _ in 0..<20 { #expect(second(work: .milliseconds(10)).isEmpty) }
    #expect((0.49...0.51).contains(watch.figures.work))
    #expect(watch.figures.worstLateness == .zero && watch.deadline == nil)
  }

  @Test("Work for almost all of two seconds is strain; three calmer ones end it; in between nothing changes")
  mutating func work() {
    #expect(second(work: .milliseconds(18)) == [])
    #expect(second(work: .milliseconds(18)) + second(work: .milliseconds(18)) == [.strained])
    #expect(watch.isStrained && watch.deadline != nil)
    for _ in 0..<5 { #expect(second(work: .milliseconds(16)).isEmpty, "less than what strains, more than what relaxes") }
    #expect(second(work: .milliseconds(5)) + second(work: .milliseconds(5)) == [])
    #expect(second(work: .milliseconds(5)) + second(work: .milliseconds(5)) == [.relaxed])
    #expect(!watch.isStrained && watch.deadline == nil)
  }

  @Test("One second of trouble is none of ours, and what strains must do so without a pause")
  mutating func hiccup() {
    var verdicts: [LoadWatch.Verdict] = []
    for _ in 0..<10 {
      verdicts += second(work: .milliseconds(19))
      for _ in 0..<2 { verdicts += second(work: .milliseconds(2)) }
    }
    #expect(verdicts.isEmpty)
  }

  @Test("A plane that is woken late is strained although it has little to do")
  mutating func lateness() {
    var verdicts: [LoadWatch.Verdict] = []
    for _ in 0..<4 { verdicts += second(work: .milliseconds(2), lateness: .milliseconds(25)) }
    #expect(verdicts == [.strained])
    #expect(watch.figures.worstLateness == .milliseconds(27))
    #expect(watch.figures.work < 0.2)
  }

  @Test("What comes as late as a packet lasts is not late; a nanosecond more is")
  mutating func patience() {
    let work = Duration.milliseconds(1)
    for _ in 0..<4 { #expect(second(work: work, lateness: LoadWatch.patience - work).isEmpty) }
    #expect(watch.figures.worstLateness == .zero)
    _ = second(work: work, lateness: LoadWatch.patience - work + .nanoseconds(1))
    _ = second(work: work)
    #expect(watch.figures.worstLateness == LoadWatch.patience + .nanoseconds(1))
  }

  @Test("A loop whose turns take long reports it, and reports when they do no more")
  func loop() throws {
    let heard = Locked<[MediaEvent]>([])
    let identity = Identity.selfSigned(names: ["gateway.test"], now: 1_795_000_000, days: 30)
    let loop = try MediaLoop(
      MediaPlane.Settings(
        plane: MediaPlaneID(3), host: .loopback, browserPort: 0, phonePorts: 2000...2001, identity: identity,
        sounds: SoundLibrary(prompts: [:])),
      report: { events in heard.with { $0 += events } })
    var now = Instant(nanoseconds: 1_000_000_000)
    func turn(work: Duration, sleep: Duration) {
      var reads = 0
      // A letter without wishes wakes the loop at once, so that nothing here waits for a real clock.
      loop.mailbox.post(.commands([]))
      let began = loop.receive {
        reads += 1
        if reads == 2 { now += sleep }
        return now
      }
      guard let began else { return }
      loop.wake(at: began)
      now += work
    }
    for _ in 0..<30 { turn(work: .milliseconds(100), sleep: .milliseconds(1)) }
    #expect(heard.with { $0 } == [.strained(MediaPlaneID(3))])
    #expect(loop.published.with { $0.isStrained })
    for _ in 0..<50 { turn(work: .milliseconds(1), sleep: .milliseconds(100)) }
    #expect(heard.with { $0 } == [.strained(MediaPlaneID(3)), .relaxed(MediaPlaneID(3))])
    #expect(!loop.published.with { $0.isStrained })
  }
}
