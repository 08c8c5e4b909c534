/// Hides the loss of G.711 packets by repeating the last period of the voice, ever softer, in the spirit of G.711 Appendix I.
package struct WaveformConcealment: ~Copyable {
  /// What is remembered: 40 ms at 8 kHz, two periods of the deepest voice.
  private static let history = 320
  /// Periods of voices from 400 Hz down to 66 Hz.
  private static let periods = 20...120
  /// Samples over which invention gives way to truth: 5 ms.
  private static let seam = 40
  /// After this many 10 ms the voice has faded away.
  private static let fade = 6

  private let past = UnsafeMutablePointer<Int16>.allocate(capacity: history)
  private var period = 0
  private var phase = 0
  private var invented = 0

  package init() {
    past.initialize(repeating: 0, count: Self.history)
  }

  deinit {
    past.deallocate()
  }

  /// Remembers what was really said; the first of it after a loss is faded in over the invention, or the seam would click.
  package mutating func heard(_ sound: UnsafeMutablePointer<Int16>, count: Int) {
    if invented > 0 { blend(into: sound, count: min(count, Self.seam)) }
    invented = 0
    if count >= Self.history {
      past.update(from: sound + (count - Self.history), count: Self.history)
    } else {
      past.update(from: past + count, count: Self.history - count)
      (past + (Self.history - count)).update(from: sound, count: count)
    }
  }

  package mutating func conceal(into sound: UnsafeMutablePointer<Int16>, count: Int) {
    if invented == 0 {
      period = findPeriod()
      phase = 0
    }
    for index in 0..<count { sound[index] = invent() }
  }

  /// The next sample of the repeated period, softer than the one before.
  private mutating func invent() -> Int16 {
    let sample = Int32(past[Self.history - period + phase])
    phase = phase + 1 == period ? 0 : phase + 1
    let remaining = max(0, Self.fade * 80 - invented)
    // Beyond the fade there is only silence: counting stops, however long the loss.
    invented = min(invented + 1, Self.fade * 80)
    return Int16(truncatingIfNeeded: sample * Int32(remaining) / Int32(Self.fade * 80))
  }

  private mutating func blend(into sound: UnsafeMutablePointer<Int16>, count: Int) {
    for index in 0..<count {
      let truth = Int32(sound[index]) * Int32(index + 1)
      let invention = Int32(invent()) * Int32(count - index - 1)
      sound[index] = Int16(truncatingIfNeeded: (truth + invention) / Int32(count))
    }
  }

  /// The shift at which the last 20 ms resemble what came before the most.
  private func findPeriod() -> Int {
    var best = (period: Self.periods.upperBound, likeness: Int64.min)
    for period in Self.periods {
      var likeness: Int64 = 0
      for index in stride(from: Self.history - 160, to: Self.history, by: 2) {
        likeness &+= Int64(past[index]) &* Int64(past[index - period])
      }
      if likeness > best.likeness { best = (period, likeness) }
    }
    return best.period
  }
}
