/// When something holds: `times,weekdays,mdays,months[,timezone]` of `GotoIfTime`, `include` and `IFTIME`.
///
/// A field that is missing, empty or `*` holds always; else it is items joined with `&`, each a value or a range. Ranges include both
/// ends, go round (`22:00-06:00`, `fri-mon`) and are minutes, days and months as a whole. An item that cannot be read is left out, and a
/// field of which nothing is left holds never.
package struct TimeRule: Hashable, Sendable, CustomStringConvertible {
  /// Longer ones hold never.
  package static var maximumLength: Int { 1024 }

  /// As written.
  package let text: String
  /// The zone's name; empty for where the server stands.
  package let zone: String
  /// Where its name begins: bytes from the beginning of the text.
  let zoneOffset: Int
  /// `nil` for all.
  let times: [MinuteRange]?
  private let weekdays: Field
  private let monthDays: Field
  private let months: Field
  private let complaints: [Complaint]

  /// Minutes of a day, both included; one that ends before it begins goes over midnight.
  struct MinuteRange: Hashable, Sendable {
    var first: Int
    var last: Int

    func contains(_ minute: Int) -> Bool {
      first <= last ? first <= minute && minute <= last : minute >= first || minute <= last
    }
  }

  /// What is wrong at a byte of the text.
  private struct Complaint: Hashable, Sendable {
    var offset: Int
    var what: String
    var advice: String?
  }

  package init(_ text: String) {
    self.text = text
    var reader = Reader(text)
    times = reader.times()
    weekdays = reader.field(.weekdays)
    monthDays = reader.field(.monthDays)
    months = reader.field(.months)
    (zone, zoneOffset) = reader.zone()
    complaints = reader.complaints
  }

  package var description: String { text }

  /// Whether it says `always`: no field forbids anything.
  package var isAlways: Bool { times == nil && weekdays.isAll && monthDays.isAll && months.isAll }

  /// Whether it can never hold.
  package var isNever: Bool { times?.isEmpty == true || weekdays.bits == 0 || monthDays.bits == 0 || months.bits == 0 }

  /// Whether it holds at a moment (seconds since 1970). A zone that is not known is taken for UTC.
  package func holds(at epoch: Int64, _ zones: any TimeZones) -> Bool {
    if isAlways { return true }
    return holds(CivilTime(epoch: epoch, offset: zones.offset(ofZone: zone, at: epoch) ?? 0))
  }

  /// Whether it holds when clocks and calendars show this.
  package func holds(_ civil: CivilTime) -> Bool {
    let minute = civil.hour * 60 + civil.minute
    return months.contains(civil.month - 1) && monthDays.contains(civil.day - 1) && weekdays.contains(civil.weekday)
      && times?.contains { $0.contains(minute) } ?? true
  }

  /// What could not be read; the place is that of the text's first byte.
  package func findings(at place: SourcePlace) -> [Finding] {
    complaints.map { .warning(place.advanced(by: $0.offset), $0.what, advice: $0.advice) }
  }

  // MARK: Fields

  /// Values of a field by number, from 0.
  struct Field: Hashable, Sendable {
    var bits: UInt32
    var isAll: Bool

    func contains(_ index: Int) -> Bool { (0..<32).contains(index) && bits & (1 << UInt32(index)) != 0 }
  }

  /// What a field counts, and how it is written.
  struct Scale {
    let names: [String]
    let count: Int
    let words: String
    let example: String

    static let weekdays = Scale(
      names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"], count: 7, words: "a day of the week",
      example: "Write sun, mon, tue, wed, thu, fri or sat, or a range like mon-fri.")
    static let monthDays = Scale(
      names: [], count: 31, words: "a day of the month", example: "Write 1 to 31, or a range like 1-15.")
    static let months = Scale(
      names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], count: 12,
      words: "a month", example: "Write jan, feb, mar and so on, or a range like jun-aug.")

    /// A name in any case, or a number from 1; from 0 as an answer.
    func index(of written: [UInt8]) -> Int? {
      let lowered = written.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
      if let index = names.firstIndex(where: { $0.utf8.elementsEqual(lowered) }) { return index }
      guard let number = TimeRule.number(written), (1...count).contains(number) else { return nil }
      return number - 1
    }
  }

  /// One or two digits.
  private static func number(_ written: some Collection<UInt8>) -> Int? {
    guard (1...2).contains(written.count), written.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return written.reduce(0) { $0 * 10 + Int($1) - 0x30 }
  }

  // MARK: Reading

  private struct Reader {
    private let bytes: [UInt8]
    /// Where the fields that are left begin and end.
    private var fields: [Range<Int>]
    private let isTooLong: Bool
    private(set) var complaints: [Complaint] = []

    init(_ text: String) {
      isTooLong = text.utf8.count > TimeRule.maximumLength
      bytes = Array(text.utf8.prefix(TimeRule.maximumLength))
      fields = Self.parts(of: bytes[...]) { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "|") }
      if isTooLong {
        complain(0, "This rule of times is longer than \(TimeRule.maximumLength) bytes and never holds.", nil)
      } else if fields.count > 5 {
        complain(fields[5].lowerBound, "A rule of times has five fields; what follows them is not read.", nil)
      }
    }

    /// The next field with its items, without blanks around; `nil` where it holds always.
    private mutating func items() -> [Range<Int>]? {
      if isTooLong { return [] }
      guard !fields.isEmpty else { return nil }
      let field = trimmed(fields.removeFirst())
      guard !field.isEmpty, bytes[field] != [UInt8(ascii: "*")] else { return nil }
      return Self.parts(of: bytes[field]) { $0 == UInt8(ascii: "&") }.map(trimmed)
    }

    mutating func times() -> [MinuteRange]? {
      items()?.compactMap { item in
        let ends = Self.parts(of: bytes[item]) { $0 == UInt8(ascii: "-") }.map(trimmed)
        let minutes = ends.compactMap { minute($0) }
        guard minutes.count == ends.count, let first = minutes.first, let last = minutes.last, ends.count <= 2 else {
          complain(item.lowerBound, "“\(text(item))” is no time of day.", timeAdvice(item))
          return nil
        }
        return MinuteRange(first: first, last: last)
      }
    }

    private func timeAdvice(_ item: Range<Int>) -> String {
      text(item).hasSuffix("24:00") ? "A day's last minute is 23:59." : "Write 9:00 or a range like 9:00-16:59."
    }

    private func minute(_ range: Range<Int>) -> Int? {
      let parts = bytes[range].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard parts.count == 2, let hour = TimeRule.number(parts[0]), let minute = TimeRule.number(parts[1]), hour < 24,
        minute < 60
      else { return nil }
      return hour * 60 + minute
    }

    mutating func field(_ scale: Scale) -> Field {
      guard let items = items() else { return Field(bits: UInt32((1 << UInt64(scale.count)) - 1), isAll: true) }
      var field = Field(bits: 0, isAll: false)
      for item in items {
        let ends = Self.parts(of: bytes[item]) { $0 == UInt8(ascii: "-") }.map(trimmed)
        let values = ends.compactMap { scale.index(of: Array(bytes[$0])) }
        guard values.count == ends.count, let first = values.first, let last = values.last, ends.count <= 2 else {
          complain(item.lowerBound, "“\(text(item))” is not \(scale.words).", scale.example)
          continue
        }
        var value = first
        while value != last {
          field.bits |= 1 << UInt32(value)
          value = (value + 1) % scale.count
        }
        field.bits |= 1 << UInt32(last)
      }
      return field
    }

    mutating func zone() -> (name: String, offset: Int) {
      guard !isTooLong, !fields.isEmpty else { return ("", 0) }
      let zone = trimmed(fields.removeFirst())
      return (bytes[zone] == [UInt8(ascii: "*")] ? "" : text(zone), zone.lowerBound)
    }

    private mutating func complain(_ offset: Int, _ what: String, _ advice: String?) {
      complaints.append(Complaint(offset: offset, what: what, advice: advice))
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
      func isBlank(_ index: Int) -> Bool { bytes[index] == 0x20 || bytes[index] == 0x09 }
      var (first, end) = (range.lowerBound, range.upperBound)
      while first < end, isBlank(first) { first += 1 }
      while end > first, isBlank(end - 1) { end -= 1 }
      return first..<end
    }

    private static func parts(of bytes: ArraySlice<UInt8>, where isSeparator: (UInt8) -> Bool) -> [Range<Int>] {
      bytes.split(omittingEmptySubsequences: false, whereSeparator: isSeparator).map { $0.startIndex..<$0.endIndex }
    }
  }
}
