extension Functions {
  /// Moments as text, and texts as moments: seconds since 1970.
  static let times: [DialplanFunction] = [DialplanFunction("STRFTIME", read: print), DialplanFunction("STRPTIME", read: read)]

  /// `STRFTIME([epoch][,timezone][,format])`: now, the house's zone and `%c` where nothing is said.
  private static func print(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 3)
    // A fraction of a second is known to nobody who asks by whole ones, and is dropped.
    let written = list.given(0)?.split(separator: ".").first.map { Run.trimmed($0) }
    guard let epoch = written.map({ Int64($0) }) ?? run.epoch else {
      throw .complaint("“\(list[0])” are no seconds since 1970.")
    }
    let zone = Run.trimmed(list[1])
    guard let offset = run.office.facts.offset(ofZone: zone, at: epoch) else {
      throw .complaint("there is no time zone \(zone).")
    }
    return TimeText(zone: zone, offset: offset, epoch: epoch).printed(list.given(2) ?? "%c")
  }

  /// `STRPTIME(text,timezone,format)`: empty where the text is not of that form.
  private static func read(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 3)
    guard let format = list.given(2) else { throw .needs("STRPTIME(text,timezone,format)") }
    let zone = Run.trimmed(list[1])
    guard let read = TimeText.read(list[0], format) else { throw .complaint("“\(list[0])” is not of the form \(format).") }
    if let offset = read.offset { return String(read.time.epoch - offset) }
    let local = read.time.epoch
    guard let first = run.office.facts.offset(ofZone: zone, at: local) else {
      throw .complaint("there is no time zone \(zone).")
    }
    // What the zone is ahead by is known at a moment only: guessed once, then asked there.
    return String(local - (run.office.facts.offset(ofZone: zone, at: local - first) ?? first))
  }
}

/// A moment in one zone, printed and read as C's `strftime` and `strptime` do in the C locale.
struct TimeText {
  var zone: String
  var offset: Int64
  var epoch: Int64

  private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
  ]

  func printed(_ format: String) -> String {
    let time = CivilTime(epoch: epoch, offset: offset)
    var result: [UInt8] = []
    var rest = format.utf8[...]
    while let octet = rest.popFirst() {
      guard octet == UInt8(ascii: "%") else {
        result.append(octet)
        continue
      }
      guard result.count <= Variables.maximumLength else { break }
      var digits: Int?
      while let digit = rest.first, isDigit(digit) || "-_0EO".utf8.contains(digit) {
        if digit > 48 && isDigit(digit) { digits = Int(digit - 48) }
        rest = rest.dropFirst()
      }
      guard let kind = rest.popFirst() else { break }
      result += Array(field(kind, time, digits: digits).utf8)
    }
    return String(octets: result)
  }

  private static func two(_ number: Int, _ pad: String = "0") -> String { number < 10 ? "\(pad)\(number)" : "\(number)" }

  private func field(_ kind: UInt8, _ time: CivilTime, digits: Int?) -> String {
    let twelve = time.hour % 12 == 0 ? 12 : time.hour % 12
    switch UnicodeScalar(kind) {
    case "a": return String(Self.weekdays[time.weekday].prefix(3))
    case "A": return Self.weekdays[time.weekday]
    case "b", "h": return String(Self.months[time.month - 1].prefix(3))
    case "B": return Self.months[time.month - 1]
    case "c": return printed("%a %b %e %H:%M:%S %Y")
    case "C": return Self.two(time.year / 100)
    case "d": return Self.two(time.day)
    case "D", "x": return printed("%m/%d/%y")
    case "e": return Self.two(time.day, " ")
    case "F": return printed("%Y-%m-%d")
    case "g": return Self.two(time.isoWeek.year % 100)
    case "G": return String(time.isoWeek.year)
    case "H": return Self.two(time.hour)
    case "I": return Self.two(twelve)
    case "j": return (time.dayOfYear < 100 ? "0" : "") + Self.two(time.dayOfYear)
    case "k": return Self.two(time.hour, " ")
    case "l": return Self.two(twelve, " ")
    case "m": return Self.two(time.month)
    case "M": return Self.two(time.minute)
    case "n": return "\n"
    case "p": return time.hour < 12 ? "AM" : "PM"
    case "P": return time.hour < 12 ? "am" : "pm"
    // Fractions of a second, of which nobody told us.
    case "q": return String(repeating: "0", count: digits ?? 3)
    case "r": return printed("%I:%M:%S %p")
    case "R": return printed("%H:%M")
    case "s": return String(epoch)
    case "S": return Self.two(time.second)
    case "t": return "\t"
    case "T", "X": return printed("%H:%M:%S")
    case "u": return String(time.weekday == 0 ? 7 : time.weekday)
    case "U": return Self.two(time.weekOfYear(from: 0))
    case "V": return Self.two(time.isoWeek.week)
    case "w": return String(time.weekday)
    case "W": return Self.two(time.weekOfYear(from: 1))
    case "y": return Self.two(time.year % 100)
    case "Y": return String(time.year)
    case "z": return writtenOffset
    case "Z": return offset == 0 ? "UTC" : writtenOffset
    case "%": return "%"
    default: return "%" + String(octets: [kind])
    }
  }

  private var writtenOffset: String {
    let minutes = Int(offset.magnitude / 60)
    return (offset < 0 ? "-" : "+") + Self.two(minutes / 60) + Self.two(minutes % 60)
  }

  // MARK: Reading

  /// The time that a text says, with how far ahead of UTC it is if it says that, too; `nil` where it is not of that form.
  static func read(_ text: String, _ format: String) -> (time: CivilTime, offset: Int64?)? {
    var reader = Reader(rest: text.utf8[...])
    guard reader.read(format.utf8[...], depth: 0) else { return nil }
    if let epoch = reader.epoch { return (CivilTime(epoch: epoch), 0) }
    var time = reader.time
    if let isAfternoon = reader.isAfternoon { time.hour = time.hour % 12 + (isAfternoon ? 12 : 0) }
    return (time, reader.offset)
  }

  private struct Reader {
    var rest: Substring.UTF8View
    var time = CivilTime(year: 1900, month: 1, day: 1)
    var isAfternoon: Bool?
    var offset: Int64?
    var epoch: Int64?

    init(rest: Substring.UTF8View) { self.rest = rest }

    private mutating func skipBlanks() { while let octet = rest.first, isBlank(octet) { rest = rest.dropFirst() } }

    private mutating func number(_ range: ClosedRange<Int>, digits: Int) -> Int? {
      skipBlanks()
      var (value, count) = (0, 0)
      while count < digits, let digit = rest.first, isDigit(digit) {
        value = value * 10 + Int(digit - 48)
        count += 1
        rest = rest.dropFirst()
      }
      return count > 0 && range.contains(value) ? value : nil
    }

    /// One of some names, whole or by its first three letters.
    private mutating func name(_ names: [String]) -> Int? {
      skipBlanks()
      let word = String(Substring(rest.prefix { $0 | 0x20 >= 97 && $0 | 0x20 <= 122 })).lowercased()
      for (number, name) in names.enumerated() {
        for form in [name, String(name.prefix(3))] where word.hasPrefix(form.lowercased()) {
          rest = rest.dropFirst(form.utf8.count)
          return number
        }
      }
      return nil
    }

    mutating func read(_ format: Substring.UTF8View, depth: Int) -> Bool {
      var format = format
      while let octet = format.popFirst() {
        if isBlank(octet) {
          skipBlanks()
        } else if octet != UInt8(ascii: "%") {
          guard rest.popFirst() == octet else { return false }
        } else {
          guard let kind = format.popFirst(), field(UnicodeScalar(kind), depth) else { return false }
        }
      }
      return true
    }

    private mutating func set(_ part: WritableKeyPath<CivilTime, Int>, _ number: Int?) -> Bool {
      guard let number else { return false }
      time[keyPath: part] = number
      return true
    }

    private mutating func field(_ kind: UnicodeScalar, _ depth: Int) -> Bool {
      switch kind {
      case "Y": return set(\.year, number(0...9999, digits: 4))
      case "y": return set(\.year, number(0...99, digits: 2).map { $0 < 69 ? 2000 + $0 : 1900 + $0 })
      case "m": return set(\.month, number(1...12, digits: 2))
      case "d", "e": return set(\.day, number(1...31, digits: 2))
      case "H", "k": return set(\.hour, number(0...23, digits: 2))
      case "I", "l": return set(\.hour, number(1...12, digits: 2))
      case "M": return set(\.minute, number(0...59, digits: 2))
      case "S": return set(\.second, number(0...60, digits: 2))
      case "b", "B", "h": return set(\.month, name(TimeText.months).map { $0 + 1 })
      case "a", "A": return name(TimeText.weekdays) != nil
      case "p", "P":
        guard let half = name(["AM ", "PM "].map { Run.trimmed($0) }) else { return false }
        isAfternoon = half == 1
        return true
      case "j":
        guard let day = number(1...366, digits: 3) else { return false }
        (time.month, time.day) = (1, day)
        return true
      case "s":
        guard let seconds = number(0...Int.max, digits: 15) else { return false }
        epoch = Int64(seconds)
        return true
      case "z": return zone()
      case "n", "t":
        skipBlanks()
        return true
      case "%": return rest.popFirst() == UInt8(ascii: "%")
      case "T", "X": return depth == 0 && read("%H:%M:%S".utf8[...], depth: 1)
      case "R": return depth == 0 && read("%H:%M".utf8[...], depth: 1)
      case "r": return depth == 0 && read("%I:%M:%S %p".utf8[...], depth: 1)
      case "F": return depth == 0 && read("%Y-%m-%d".utf8[...], depth: 1)
      case "D", "x": return depth == 0 && read("%m/%d/%y".utf8[...], depth: 1)
      case "c": return depth == 0 && read("%a %b %e %H:%M:%S %Y".utf8[...], depth: 1)
      default: return false
      }
    }

    private mutating func zone() -> Bool {
      skipBlanks()
      if rest.first == UInt8(ascii: "Z") {
        rest = rest.dropFirst()
        offset = 0
        return true
      }
      guard let sign = rest.popFirst(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
        let hours = number(0...24, digits: 2)
      else { return false }
      if rest.first == UInt8(ascii: ":") { rest = rest.dropFirst() }
      let minutes = rest.first.map(isDigit) == true ? number(0...59, digits: 2) : 0
      guard let minutes else { return false }
      offset = Int64((hours * 60 + minutes) * 60 * (sign == UInt8(ascii: "-") ? -1 : 1))
      return true
    }
  }
}
