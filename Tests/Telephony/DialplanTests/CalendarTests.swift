import Foundation
import Testing
import Wire

@testable import Dialplan

@Suite("The calendar")
struct CalendarTests {
  private static func gregorian() -> Calendar {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }

  @Test("Agrees with Foundation's over random moments", arguments: 0..<20 as Range<UInt64>)
  func foundation(seed: UInt64) {
    var random = Randomness.seeded(seed)
    let calendar = Self.gregorian()
    for _ in 0..<200 {
      let epoch = Int64.random(in: -2_000_000_000...8_000_000_000, using: &random)
      let civil = CivilTime(epoch: epoch)
      let date = Date(timeIntervalSince1970: TimeInterval(epoch))
      let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
      let expected = CivilTime(
        year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0, hour: parts.hour ?? 0, minute: parts.minute ?? 0,
        second: parts.second ?? 0)
      #expect(civil == expected, "seed \(seed): \(epoch)")
      #expect(civil.weekday + 1 == parts.weekday, "seed \(seed): \(epoch)")
      #expect(civil.dayOfYear == calendar.ordinality(of: .day, in: .year, for: date), "seed \(seed): \(epoch)")
      #expect(civil.epoch == epoch, "seed \(seed): \(epoch)")
    }
  }

  @Test("Weeks of ISO 8601, and those that begin on the first Sunday or Monday")
  func weeks() {
    let dates: [(Int, Int, Int, Int, Int, Int, Int)] = [
      (2005, 1, 1, 2004, 53, 0, 0), (2005, 1, 2, 2004, 53, 1, 0), (2005, 12, 31, 2005, 52, 52, 52), (2007, 1, 1, 2007, 1, 0, 1),
      (2008, 12, 28, 2008, 52, 52, 51), (2008, 12, 29, 2009, 1, 52, 52), (2009, 12, 31, 2009, 53, 52, 52),
      (2010, 1, 3, 2009, 53, 1, 0), (2026, 11, 24, 2026, 48, 47, 47),
    ]
    for (year, month, day, isoYear, iso, sunday, monday) in dates {
      let civil = CivilTime(year: year, month: month, day: day)
      #expect(civil.isoWeek == (isoYear, iso), "\(civil)")
      #expect(civil.weekOfYear(from: 0) == sunday && civil.weekOfYear(from: 1) == monday, "\(civil)")
    }
  }

  @Test("Nothing overflows, however far away")
  func extremes() {
    for epoch in [Int64.min, Int64.min + 1, -1, 0, Int64.max] {
      let civil = CivilTime(epoch: epoch, offset: epoch)
      #expect((1...12).contains(civil.month) && (1...31).contains(civil.day))
      #expect((0..<24).contains(civil.hour) && (0..<60).contains(civil.minute) && (0..<60).contains(civil.second))
    }
    let made = CivilTime(year: .max, month: .min, day: .max, hour: .min, minute: .max, second: .min)
    #expect((0..<7).contains(made.weekday) && made.epoch != 0)
    #expect(CivilTime(epoch: -1) == CivilTime(year: 1969, month: 12, day: 31, hour: 23, minute: 59, second: 59))
    #expect(CivilTime(year: 2024, month: 14, day: 0).epoch == CivilTime(year: 2025, month: 1, day: 31).epoch)
  }

  @Test("Months have their days")
  func months() {
    #expect((1...12).map { CivilTime.days(inMonth: $0, of: 2023) } == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    #expect([1900, 2000, 2024, 2100].map { CivilTime.days(inMonth: 2, of: $0) } == [28, 29, 29, 28])
  }
}
