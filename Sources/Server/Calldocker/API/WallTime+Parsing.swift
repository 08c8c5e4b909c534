import Storage

extension WallTime {
  /// A moment by RFC 3339 §5.6, such as `2026-11-24T13:47:52.123Z`; to the millisecond, and `nil` for what is none.
  package init?(rfc3339 text: some StringProtocol) {
    var rest = Array(text.utf8)[...]
    func digits(_ count: Int) -> Int64? {
      guard rest.count >= count, rest.prefix(count).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
      defer { rest.removeFirst(count) }
      return rest.prefix(count).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
    func take(_ characters: String) -> UInt8? {
      guard let first = rest.first, characters.utf8.contains(first) else { return nil }
      return rest.removeFirst()
    }
    guard text.utf8.count <= Self.maximumText, let year = digits(4), take("-") != nil, let month = digits(2), take("-") != nil,
      let day = digits(2), take("Tt") != nil, let hour = digits(2), take(":") != nil, let minute = digits(2),
      take(":") != nil, let second = digits(2), (1...12).contains(month), (1...Self.days(of: month, in: year)).contains(day),
      hour <= 23, minute <= 59, second <= 60
    else { return nil }
    var thousandths: Int64 = 0
    if take(".") != nil {
      let fraction = rest.prefix { (0x30...0x39).contains($0) }
      guard !fraction.isEmpty else { return nil }
      rest.removeFirst(fraction.count)
      for digit in (Array(fraction) + [0x30, 0x30, 0x30]).prefix(3) { thousandths = thousandths * 10 + Int64(digit - 0x30) }
    }
    var offset: Int64 = 0
    if let sign = take("+-") {
      guard let hours = digits(2), take(":") != nil, let minutes = digits(2), hours <= 23, minutes <= 59 else { return nil }
      offset = (hours * 60 + minutes) * (sign == UInt8(ascii: "+") ? 1 : -1)
    } else {
      guard take("Zz") != nil else { return nil }
    }
    guard rest.isEmpty else { return nil }
    let minutes = (Self.days(before: year, month, day) * 24 + hour) * 60 + minute - offset
    self.init(milliseconds: (minutes * 60 + second) * 1000 + thousandths)
  }

  private static let maximumText = 64

  private static func days(of month: Int64, in year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days from 1970 to a day of the Gregorian calendar.
  private static func days(before year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    // Years that begin in March have their leap day at the end.
    // 400 of them are added and their days taken away, so that none is negative.
    let years = (month > 2 ? year : year - 1) + 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return years * 365 + years / 4 - years / 100 + years / 400 + dayOfYear - 719_468 - 146_097
  }
}
