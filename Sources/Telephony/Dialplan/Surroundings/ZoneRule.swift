/// A zone's clock for ever, in a line: POSIX `TZ`, with the hours of RFC 8536 section 3.3.1 (`CET-1CEST,M3.5.0,M10.5.0/3`).
package struct ZoneRule: Hashable, Sendable {
  package static var maximumLength: Int { 255 }

  /// What a clock shows for a part of the year.
  package struct Local: Hashable, Sendable {
    /// Seconds ahead of UTC.
    package var offset: Int64
    package var isDaylight: Bool
    /// `CET`, `CEST`, `-03`.
    package var abbreviation: String
  }

  /// A moment that comes each year.
  enum Day: Hashable, Sendable {
    /// `Jn`: 1 to 365, the leap day is not counted.
    case julian(Int)
    /// `n`: 0 to 365.
    case zeroBased(Int)
    /// `Mm.w.d`: the w-th weekday of a month, 5 is the last.
    case weekday(month: Int, week: Int, weekday: Int)
  }

  struct Change: Hashable, Sendable {
    var day: Day
    /// Seconds after midnight, of the clock that is left; also before midnight, and up to a week after.
    var time: Int64
  }

  let standard: Local
  let daylight: Local?
  private let begin: Change
  private let end: Change

  /// `nil` for what is no such line.
  package init?(_ text: String) {
    guard text.utf8.count <= Self.maximumLength else { return nil }
    var reader = Reader(rest: Array(text.utf8)[...])
    guard let name = reader.name(), let west = reader.clock(maximumHours: 24) else { return nil }
    standard = Local(offset: -west, isDaylight: false, abbreviation: name)
    // Where the days are not said, those of the United States are meant.
    var (begin, end) = (
      Change(day: .weekday(month: 3, week: 2, weekday: 0), time: 7200),
      Change(day: .weekday(month: 11, week: 1, weekday: 0), time: 7200)
    )
    if reader.isAtEnd {
      daylight = nil
    } else {
      guard let name = reader.name() else { return nil }
      var offset = -west + 3600
      if !reader.isAtEnd, !reader.isAt(",") {
        guard let west = reader.clock(maximumHours: 24) else { return nil }
        offset = -west
      }
      daylight = Local(offset: offset, isDaylight: true, abbreviation: name)
      if !reader.isAtEnd {
        guard reader.take(","), let first = reader.change(), reader.take(","), let second = reader.change() else { return nil }
        (begin, end) = (first, second)
      }
    }
    guard reader.isAtEnd else { return nil }
    self.begin = begin
    self.end = end
  }

  /// What clocks show at a moment (seconds since 1970).
  package func local(at epoch: Int64) -> Local {
    guard let daylight else { return standard }
    let year = CivilTime(epoch: epoch, offset: standard.offset).year
    // A change may fall into a neighbouring year; of two at once, daylight begins.
    var latest: (moment: Int64, isBegin: Bool)?
    for year in year - 1...year + 1 {
      for (change, before, isBegin) in [(end, daylight, false), (begin, standard, true)] {
        let moment = Self.moment(of: change, year) - before.offset
        guard moment <= epoch, latest.map({ ($0.moment, $0.isBegin ? 1 : 0) < (moment, isBegin ? 1 : 0) }) ?? true else {
          continue
        }
        latest = (moment, isBegin)
      }
    }
    return latest?.isBegin == true ? daylight : standard
  }

  /// The moment in a year as the clock shows it, read as UTC.
  private static func moment(of change: Change, _ year: Int) -> Int64 {
    let first = CivilTime.day(year: year, month: 1, day: 1)
    let day: Int64
    switch change.day {
    case .julian(let number): day = first + Int64(number - 1) + (CivilTime.isLeap(year) && number >= 60 ? 1 : 0)
    case .zeroBased(let number): day = first + Int64(number)
    case .weekday(let month, let week, let weekday):
      let firstOfMonth = CivilTime.day(year: year, month: month, day: 1)
      let firstSuch = (weekday - CivilTime.weekday(ofDay: firstOfMonth) + 7) % 7
      let days = CivilTime.days(inMonth: month, of: year)
      let dayOfMonth = firstSuch + 7 * (week - 1)
      day = firstOfMonth + Int64(dayOfMonth < days ? dayOfMonth : dayOfMonth - 7)
    }
    return day * CivilTime.secondsOfDay + change.time
  }

  // MARK: Reading

  private struct Reader {
    var rest: ArraySlice<UInt8>

    var isAtEnd: Bool { rest.isEmpty }

    func isAt(_ letter: Unicode.Scalar) -> Bool { rest.first == UInt8(ascii: letter) }

    mutating func take(_ letter: Unicode.Scalar) -> Bool {
      guard isAt(letter) else { return false }
      rest.removeFirst()
      return true
    }

    /// Three letters or more, or `<…>` with digits and signs.
    mutating func name() -> String? {
      let isQuoted = take("<")
      let name = rest.prefix { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): isQuoted
        default: false
        }
      }
      guard name.count >= 3 else { return nil }
      rest = rest[name.endIndex...]
      guard !isQuoted || take(">") else { return nil }
      return String(decoding: name, as: UTF8.self)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard (1...3).contains(digits.count) else { return nil }
      rest = rest[digits.endIndex...]
      let value = digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
      return range.contains(value) ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func clock(maximumHours: Int) -> Int64? {
      let isNegative = take("-")
      if !isNegative { _ = take("+") }
      guard let hours = number(0...maximumHours) else { return nil }
      var seconds = Int64(hours) * 3600
      if take(":") {
        guard let minutes = number(0...59) else { return nil }
        seconds += Int64(minutes) * 60
        if take(":") {
          guard let more = number(0...59) else { return nil }
          seconds += Int64(more)
        }
      }
      return isNegative ? -seconds : seconds
    }

    mutating func change() -> Change? {
      guard let day = day() else { return nil }
      guard take("/") else { return Change(day: day, time: 7200) }
      guard let time = clock(maximumHours: 167) else { return nil }
      return Change(day: day, time: time)
    }

    private mutating func day() -> Day? {
      if take("J") { return number(1...365).map { .julian($0) } }
      guard take("M") else { return number(0...365).map { .zeroBased($0) } }
      guard let month = number(1...12), take("."), let week = number(1...5), take("."), let weekday = number(0...6) else {
        return nil
      }
      return .weekday(month: month, week: week, weekday: weekday)
    }
  }
}
