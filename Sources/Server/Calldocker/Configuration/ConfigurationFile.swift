/// A configuration file, read: `name = value` a line, and `#` before what is for people.
///
/// A `#` begins a comment at the start of a line or after a blank. Values are written as they are, without quotes. What the
/// names and values mean is for `Setting` to say.
package struct ConfigurationFile: Sendable {
  package static let maximumBytes = 65_536
  /// Past these the file is surely no configuration file, and nobody reads on.
  package static let maximumFaults = 50

  /// Counted from 1; columns in characters (Unicode scalars), as editors count.
  package struct Place: Hashable, Sendable {
    package let line: Int
    package let column: Int
  }

  package struct Entry: Hashable, Sendable {
    package let name: String
    package let value: String
    package let namePlace: Place
    package let valuePlace: Place
  }

  package struct Fault: Hashable, Sendable {
    package let place: Place
    package let sentence: String
  }

  package private(set) var entries: [Entry] = []
  package private(set) var faults: [Fault] = []
  private var lines: [String: Int] = [:]

  package init(parsing octets: [UInt8]) {
    guard octets.count <= Self.maximumBytes else {
      note(1, 1, "the file has more than \(Self.maximumBytes) bytes; this is no configuration file")
      return
    }
    // Some editors begin a file with a byte order mark.
    let rest = octets.starts(with: [0xEF, 0xBB, 0xBF]) ? octets.dropFirst(3) : octets[...]
    for (index, line) in rest.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      guard faults.count < Self.maximumFaults else {
        note(index + 1, 1, "there are too many faults; the rest of the file was not read")
        return
      }
      read(line.last == 0x0D ? line.dropLast() : line, index + 1)
    }
  }

  private mutating func note(_ line: Int, _ column: Int, _ sentence: String) {
    faults.append(Fault(place: Place(line: line, column: column), sentence: sentence))
  }

  private mutating func read(_ octets: ArraySlice<UInt8>, _ number: Int) {
    guard let text = String(validating: octets, as: UTF8.self) else {
      return note(number, Self.columnOfBrokenText(octets), "these bytes are no text in UTF-8")
    }
    let line = Line(text)
    if let control = line.scalars.firstIndex(where: { $0.properties.generalCategory == .control && $0 != "\t" }) {
      return note(number, control + 1, "there is a control character here")
    }
    guard let start = line.start else { return }
    guard let equals = line.scalars[start..<line.end].firstIndex(of: "=") else {
      return note(number, start + 1, "a line is `name = value`, and begins with # if it is for people")
    }
    let name = line.trimmed(start..<equals)
    let value = line.trimmed(equals + 1..<line.end)
    guard !name.isEmpty else { return note(number, equals + 1, "before the = the name of a setting is missing") }
    guard !value.isEmpty else {
      return note(number, equals + 1, "after the = a value is missing; begin the line with # to leave it out")
    }
    guard line.scalars[value.lowerBound] != "\"", line.scalars[value.lowerBound] != "'" else {
      return note(number, value.lowerBound + 1, "values are written without quotes")
    }
    add(line.text(name), line.text(value), Place(line: number, column: name.lowerBound + 1), value.lowerBound + 1)
  }

  private mutating func add(_ name: String, _ value: String, _ place: Place, _ column: Int) {
    if let first = lines[name] {
      return note(place.line, place.column, "\(name) is set in line \(first) already; leave one of them out")
    }
    lines[name] = place.line
    entries.append(Entry(name: name, value: value, namePlace: place, valuePlace: Place(line: place.line, column: column)))
  }

  private static func columnOfBrokenText(_ octets: ArraySlice<UInt8>) -> Int {
    // The replacement character stands for the first broken bytes.
    let repaired = Array(String(decoding: octets, as: UTF8.self).unicodeScalars)
    return (repaired.firstIndex(of: "\u{FFFD}") ?? 0) + 1
  }

  /// One line with its comment and the blanks around it set aside.
  private struct Line {
    let scalars: [Unicode.Scalar]
    /// Where a comment begins, or the end.
    let end: Int

    init(_ text: String) {
      let scalars = Array(text.unicodeScalars)
      self.scalars = scalars
      end = scalars.indices.first { scalars[$0] == "#" && ($0 == 0 || Self.isBlank(scalars[$0 - 1])) } ?? scalars.count
    }

    /// The first character that is no blank; `nil` for a line that says nothing.
    var start: Int? { scalars[..<end].firstIndex { !Self.isBlank($0) } }

    func trimmed(_ range: Range<Int>) -> Range<Int> {
      guard let first = scalars[range].firstIndex(where: { !Self.isBlank($0) }),
        let last = scalars[range].lastIndex(where: { !Self.isBlank($0) })
      else { return range.upperBound..<range.upperBound }
      return first..<last + 1
    }

    func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }
  }
}
