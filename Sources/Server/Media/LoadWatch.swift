import Wire

/// Judges, a window at a time, whether a media plane keeps up with its packets and timers.
///
/// It is strained after two windows in a row in which it was busy or late for too much of the time, and relaxed after three in which it
/// was clearly neither: one hiccup of the machine refuses nobody, and a plane at the limit does not change its mind each second.
package struct LoadWatch {
  /// How long a window is at least; it ends with the first turn behind that.
  package static let window = Duration.seconds(1)
  /// What waits longer than a packet of speech lasts is late.
  package static let patience = Duration.milliseconds(20)
  /// Shares of a window that were work, from which a plane counts as strained and below which as relaxed.
  package static let strainingWork = 0.85
  package static let relaxingWork = 0.7
  /// The same of the time in which something was late.
  package static let strainingLateness = 0.5
  package static let relaxingLateness = 0.1
  /// Windows that must agree.
  package static let windowsToStrain = 2
  package static let windowsToRelax = 3

  package enum Verdict: Hashable, Sendable {
    case strained
    case relaxed
  }

  /// What was seen in the last whole window.
  package struct Figures: Hashable, Sendable {
    /// The share of it that was work, 0 to 1.
    package var work = 0.0
    /// The longest that anything waited until it was done.
    package var worstLateness = Duration.zero
    package init() {}
  }

  package private(set) var isStrained = false
  package private(set) var figures = Figures()
  private var windowBegan: Instant?
  private var lastEnd: Instant?
  private var worked = Duration.zero
  private var late = Duration.zero
  private var worst = Duration.zero
  /// Windows in a row that spoke against the present verdict.
  private var dissent = 0

  package init() {}

  /// When a turn is needed although nothing is to be done: a strained plane without packets would never be found relaxed.
  package var deadline: Instant? { isStrained ? windowBegan.map { $0 + Self.window } : nil }

  /// Takes one turn of the loop; says what has changed.
  ///
  /// - due: when a timer that this turn served should have rung, `nil` if none was due.
  /// - began, ended: from the end of one wait to the beginning of the next.
  package mutating func turn(due: Instant?, from began: Instant, to ended: Instant) -> Verdict? {
    let waitsSince = min(due ?? began, began)
    worked += ended - began
    if ended - waitsSince > Self.patience {
      // What was due while the turn before was at work is late since then, and that time is counted already.
      late += ended - max(waitsSince, lastEnd ?? waitsSince)
      worst = max(worst, ended - waitsSince)
    }
    lastEnd = ended
    guard let start = windowBegan else {
      windowBegan = began
      return nil
    }
    return ended - start < Self.window ? nil : judge(ended - start, at: ended)
  }

  private mutating func judge(_ length: Duration, at now: Instant) -> Verdict? {
    let (work, lateness) = (worked / length, late / length)
    (figures.work, figures.worstLateness) = (min(1, work), worst)
    (windowBegan, worked, late, worst) = (now, .zero, .zero, .zero)
    let isDissent =
      isStrained
      ? work < Self.relaxingWork && lateness < Self.relaxingLateness
      : work >= Self.strainingWork || lateness >= Self.strainingLateness
    dissent = isDissent ? dissent + 1 : 0
    guard dissent == (isStrained ? Self.windowsToRelax : Self.windowsToStrain) else { return nil }
    dissent = 0
    isStrained.toggle()
    return isStrained ? .strained : .relaxed
  }
}
