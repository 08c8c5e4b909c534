/// Lets each source have the first few of its lines in a while, and counts the others: whoever hammers does not fill a log, and nothing
/// is lost silently.
package struct LineLimit<Source: Hashable & Sendable>: Sendable {
  package static var burst: Int { 5 }
  package static var window: Duration { .seconds(60) }
  /// Past it lines of further sources are counted together.
  package static var maximumSources: Int { 1000 }

  /// Lines that were left out, to be told in one.
  package struct Gap: Hashable, Sendable {
    /// `nil` for all those that were too many to be told apart.
    package var source: Source?
    package var count: Int

    package init(source: Source?, count: Int) {
      self.source = source
      self.count = count
    }
  }

  private struct Window {
    var written = 0
    var leftOut = 0
  }
  private var windows: [Source: Window] = [:]
  private var ends = DeadlineQueue<Source>()
  /// Windows from which something was left out: only their end is worth waking for.
  private var gaps = DeadlineQueue<Source>()
  private var others = Window()
  private var othersEnd: Instant?

  package init() {}

  package var count: Int { windows.count }

  /// When somebody is to be told of what was left out.
  package var deadline: Instant? { earliest(gaps.next, othersEnd) }

  /// Whether a line of this source is to be written; else it is counted.
  package mutating func admits(_ source: Source, at now: Instant) -> Bool {
    forget(at: now)
    if windows[source] == nil {
      guard windows.count < Self.maximumSources else {
        others.leftOut += 1
        othersEnd = othersEnd ?? now + Self.window
        return false
      }
      ends.set(source, to: now + Self.window)
    }
    var window = windows[source] ?? Window()
    defer { windows[source] = window }
    guard window.written >= Self.burst else {
      window.written += 1
      return true
    }
    window.leftOut += 1
    if window.leftOut == 1 { gaps.set(source, to: now + Self.window) }
    return false
  }

  /// Windows that end with nothing to be told are let go.
  private mutating func forget(at now: Instant) {
    while let end = ends.next, end <= now, let source = ends.popDue(at: now) {
      // One with a gap lives until that is told.
      if windows[source]?.leftOut == 0 { windows[source] = nil }
    }
  }

  /// What was left out and not told yet, for who writes the last lines.
  package mutating func end(at now: Instant) -> [Gap] { wake(at: now + Self.window) }

  /// What was left out in the windows that are over.
  package mutating func wake(at now: Instant) -> [Gap] {
    forget(at: now)
    var told: [Gap] = []
    while let source = gaps.popDue(at: now) {
      told.append(Gap(source: source, count: windows.removeValue(forKey: source)?.leftOut ?? 0))
      ends.remove(source)
    }
    if let end = othersEnd, end <= now {
      told.append(Gap(source: nil, count: others.leftOut))
      (others, othersEnd) = (Window(), nil)
    }
    return told
  }
}
