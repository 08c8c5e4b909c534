import Glibc
import Wire

/// One line for each event that matters, on standard error.
package struct Log: Sendable {
  package enum Level: Int, Comparable, Sendable, CaseIterable {
    case trace
    case debug
    case info
    case warning
    case error

    package init?(_ name: String) {
      guard let level = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
      self = level
    }
    package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  package var level: Level
  /// Whether numbers, names and addresses of people are shown; else three dots stand for them.
  package var showsPersonal: Bool

  package init(level: Level, showsPersonal: Bool) {
    self.level = level
    self.showsPersonal = showsPersonal
  }

  package func write(_ level: Level, _ sentence: String, personal: String? = nil, _ fields: [(String, String)] = []) {
    guard level >= self.level else { return }
    var line = "\(Self.time()) \(level) \(sentence)"
    if let personal { line += " (\(showsPersonal ? personal : "…"))" }
    for (name, value) in fields { line += " \(name)=\(value)" }
    // One write, so that lines of two planes never mix; what ends a line cannot come from outside.
    let octets = line.utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 } + [UInt8(ascii: "\n")]
    _ = Glibc.write(STDERR_FILENO, octets, octets.count)
  }

  /// The wall's clock in UTC, to the millisecond.
  private static func time() -> String {
    let now = SystemClock.wallNanoseconds
    var seconds = time_t(now / 1_000_000_000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let thousandths = String(1000 + now / 1_000_000 % 1000).dropFirst()
    return "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min)):"
      + "\(two(parts.tm_sec)).\(thousandths)Z"
  }
}
