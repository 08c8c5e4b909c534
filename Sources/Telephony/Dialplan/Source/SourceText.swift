/// What a .conf file and the files that it includes say: sections of lines, each with its place; what the lines mean is for others.
package struct SourceText: Sendable {
  /// As they were opened. A section that is opened twice is here twice; with `(+)` it is one.
  package internal(set) var sections: [SourceSection] = []
  /// Comments that are meant for us: `;@label Sales`, `;@test …`.
  package internal(set) var annotations: [SourceAnnotation] = []
  package internal(set) var findings = FindingList()
  /// Lines that were read, of all files.
  package internal(set) var lineCount = 0
}

/// `[name](options)` and the lines below it; those of its parents come first.
package struct SourceSection: Sendable {
  package var name: String
  package var place: SourcePlace
  /// `(!)`: only for others to inherit from.
  package var isTemplate = false
  package var lines: [SourceLine] = []
  /// Where a key's last value stands, once something was appended to one.
  var lastLines: [String: Int]?

  init(name: String, place: SourcePlace) {
    self.name = name
    self.place = place
  }
}

/// `key = value` or `key => value`.
package struct SourceLine: Sendable {
  package var key: String
  package var value: String
  /// Where the key stands.
  package var place: SourcePlace
  /// Which of the text's annotations stand on this line and directly above.
  package var annotations: Range<Int>
  /// The column of the value's first byte, the line's last, and what was left out of the line before places of the value.
  var valueColumn: Int
  var lastColumn: Int
  var cuts: [SourceCut] = []

  /// The place of a byte of the value.
  package func place(ofByte offset: Int) -> SourcePlace {
    var column = valueColumn + offset
    for cut in cuts where cut.offset <= offset { column += cut.count }
    return SourcePlace(place.file, line: place.line, column: min(column, lastColumn))
  }
}

/// Bytes of a line that are not part of what it says: a comment, the backslash of `\;`.
struct SourceCut: Hashable, Sendable {
  /// What was left out stood before this byte of what is left.
  var offset: Int
  var count: Int
}

/// A comment that begins with `;@name`.
package struct SourceAnnotation: Hashable, Sendable {
  package var name: String
  /// Without the blanks around it.
  package var text: String
  /// Where the text begins.
  package var place: SourcePlace
}

/// Findings, as many as anybody reads; an error is never lost behind warnings.
package struct FindingList: Sendable {
  package static var maximumOfEach: Int { 1000 }

  package private(set) var all: [Finding] = []
  private var counts = [0, 0]

  package init() {}

  package var hasErrors: Bool { counts[1] > 0 }
  /// Whether so few are there that it is worth looking for what was meant.
  var wantsAdvice: Bool { counts[0] + counts[1] < 200 }
  /// Whether there are more warnings than are listed.
  var isFull: Bool { counts[0] > Self.maximumOfEach }

  package mutating func add(_ finding: Finding) {
    let kind = finding.severity == .error ? 1 : 0
    counts[kind] += 1
    if counts[kind] <= Self.maximumOfEach {
      all.append(finding)
    } else if counts[kind] == Self.maximumOfEach + 1 {
      all.append(
        Finding(finding.severity, finding.place, "There are more of this kind from here on; they are not listed."))
    }
  }

  package mutating func add(contentsOf findings: [Finding]) { for finding in findings { add(finding) } }

  package mutating func warn(_ place: SourcePlace, _ what: String, advice: String? = nil) {
    add(.warning(place, what, advice: advice))
  }

  package mutating func refuse(_ place: SourcePlace, _ what: String, advice: String? = nil) {
    add(.error(place, what, advice: advice))
  }
}
