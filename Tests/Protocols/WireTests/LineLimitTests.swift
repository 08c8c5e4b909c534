import Testing
import Wire

@Suite("Lines of a log that somebody hammers")
struct LineLimitTests {
  private typealias Limit = LineLimit<Int>

  @Test("The first five of a source are written, the others counted and told once; then it begins anew")
  func window() {
    var limit = Limit()
    var now = Instant()
    let admitted = (0..<12).map { _ in
      now += .seconds(1)
      return limit.admits(1, at: now)
    }
    #expect(admitted == [true, true, true, true, true, false, false, false, false, false, false, false])
    let isNeighbourHeard = limit.admits(2, at: now)
    #expect(isNeighbourHeard)
    #expect(limit.deadline == Instant() + .seconds(66))
    var gaps = limit.wake(at: now)
    #expect(gaps == [])
    now = limit.deadline ?? now
    gaps = limit.wake(at: now)
    #expect(gaps == [Limit.Gap(source: 1, count: 7)] && limit.deadline == nil)
    gaps = limit.wake(at: now + Limit.window)
    #expect(gaps == [] && limit.count == 0)
    let isHeardAgain = limit.admits(1, at: now + Limit.window)
    #expect(isHeardAgain)
  }

  @Test("Who comes now and then is always heard, and remembered no longer than the window")
  func slow() {
    var limit = Limit()
    var now = Instant()
    for source in 0..<5000 {
      now += .seconds(1)
      let admits = limit.admits(source % 700, at: now)
      #expect(admits)
    }
    #expect(limit.count <= 61 && limit.deadline == nil)
  }

  @Test("At the end everything is told")
  func end() {
    var limit = Limit()
    for source in 1...2 { for _ in 0..<7 { _ = limit.admits(source, at: Instant() + .seconds(Int64(source))) } }
    let gaps = limit.end(at: Instant() + .seconds(3))
    #expect(gaps == [Limit.Gap(source: 1, count: 2), Limit.Gap(source: 2, count: 2)] && limit.deadline == nil)
  }

  @Test("Sources past the limit are counted together, and told")
  func limit() {
    var limit = Limit()
    let heard = (0..<Limit.maximumSources).filter { limit.admits($0, at: Instant()) }
    let strangers = (1...10).filter { limit.admits(-$0, at: Instant() + .seconds(1)) }
    #expect(heard.count == Limit.maximumSources && strangers.isEmpty && limit.count == Limit.maximumSources)
    let isKnownHeard = limit.admits(0, at: Instant() + .seconds(2))
    #expect(isKnownHeard && limit.deadline == Instant() + .seconds(61))
    let gaps = limit.wake(at: Instant() + .seconds(61))
    #expect(gaps == [Limit.Gap(source: nil, count: 10)] && limit.deadline == nil)
    let isHeardAgain = limit.admits(-1, at: Instant() + .seconds(61))
    #expect(isHeardAgain)
  }
}
