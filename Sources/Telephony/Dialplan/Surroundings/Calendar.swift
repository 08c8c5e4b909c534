/// What a calendar on the wall and a clock beside it show: the proleptic Gregorian calendar, without leap seconds.
package struct CivilTime: Hashable, Sendable, Comparable {
  package var year: Int
  /// 1 to 12.
  package var month: Int
  /// 1 to 31.
  package var day: Int
  package var hour: Int
  package var minute: Int
  package var second: Int

  package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// What is shown at a moment (seconds since 1970) where clocks are `offset` seconds ahead of UTC.
  ///
  /// Moments further away than a hundred million years are shown as that far.
  package init(epoch: Int64, offset: Int64 = 0) {
    let furthest: Int64 = 3_155_695_200_000_000
    let local = min(max(epoch, -furthest), furthest) + min(max(offset, -Self.secondsOfDay), Self.secondsOfDay)
    let second = Int(Self.remainder(local, Self.secondsOfDay))
    let date = Self.date(ofDay: Self.quotient(local, Self.secondsOfDay))
    self.init(
      year: date.year, month: date.month, day: date.day, hour: second / 3600, minute: second / 60 % 60, second: second % 60)
  }

  /// Seconds since 1970 of what is shown, read as UTC. Months and days past their ends run over into the next ones.
  package var epoch: Int64 {
    let minutes = Self.bounded(hour) * 60 + Self.bounded(minute)
    return Self.day(year: year, month: month, day: day) * Self.secondsOfDay + minutes * 60 + Self.bounded(second)
  }

  /// 0 is Sunday, 6 is Saturday.
  package var weekday: Int { Self.weekday(ofDay: Self.day(year: year, month: month, day: day)) }

  /// 1 is the first of January.
  package var dayOfYear: Int {
    Int(Self.day(year: year, month: month, day: day) - Self.day(year: year, month: 1, day: 1)) + 1
  }

  /// The week of ISO 8601 (1 to 53) and the year that it belongs to.
  package var isoWeek: (year: Int, week: Int) {
    let thursday = Self.day(year: year, month: month, day: day) + 3 - Int64((weekday + 6) % 7)
    let itsYear = Self.date(ofDay: thursday).year
    return (itsYear, Int((thursday - Self.day(year: itsYear, month: 1, day: 1)) / 7) + 1)
  }

  /// Weeks that have begun this year (0 to 53), the first with the first Sunday, or Monday (`%U`, `%W`).
  package func weekOfYear(from firstWeekday: Int) -> Int { (dayOfYear + 6 - (weekday - firstWeekday + 7) % 7) / 7 }

  package static func < (left: CivilTime, right: CivilTime) -> Bool {
    (left.year, left.month, left.day, left.hour, left.minute, left.second)
      < (right.year, right.month, right.day, right.hour, right.minute, right.second)
  }

  // MARK: Days

  static let secondsOfDay: Int64 = 86_400

  package static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  package static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970-01-01. A month past December is one of the next years.
  ///
  /// Years are counted from March, so that the leap day is a year's last, in eras of 400 years, which all have the same number of days.
  package static func day(year: Int, month: Int, day: Int) -> Int64 {
    let months = bounded(month) - 3
    let years = bounded(year) + quotient(months, 12)
    let (era, yearOfEra) = (quotient(years, 400), remainder(years, 400))
    let dayOfYear = (153 * remainder(months, 12) + 2) / 5
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468 + bounded(day) - 1
  }

  /// The date of a day since 1970-01-01.
  package static func date(ofDay day: Int64) -> (year: Int, month: Int, day: Int) {
    let fromMarch = min(max(day, -36_524_250_000), 36_524_250_000) + 719_468
    let (era, dayOfEra) = (quotient(fromMarch, 146_097), remainder(fromMarch, 146_097))
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let year = era * 400 + yearOfEra + (month >= 10 ? 1 : 0)
    return (Int(year), Int(month < 10 ? month + 3 : month - 9), Int(dayOfYear - (153 * month + 2) / 5 + 1))
  }

  /// 0 is Sunday: the first day of 1970 was a Thursday.
  package static func weekday(ofDay day: Int64) -> Int { Int(remainder(remainder(day, 7) + 4, 7)) }

  /// Years, months and days that somebody made up cannot overflow.
  private static func bounded(_ number: Int) -> Int64 { Int64(min(max(number, -100_000_000), 100_000_000)) }

  /// Division that rounds down, also below zero; the divisor is positive.
  private static func quotient(_ number: Int64, _ divisor: Int64) -> Int64 {
    number >= 0 ? number / divisor : -((-(number + 1)) / divisor) - 1
  }

  private static func remainder(_ number: Int64, _ divisor: Int64) -> Int64 { number - quotient(number, divisor) * divisor }
}
