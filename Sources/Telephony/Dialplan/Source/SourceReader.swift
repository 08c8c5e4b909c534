/// Reads a .conf file and what it includes, by Asterisk's rules: comments, sections, templates, includes.
///
/// What Asterisk would refuse the whole file for is a finding of severity error; every other line that is not taken is a warning.
package struct SourceReader: Sendable {
  /// Bytes of a line; Asterisk's own limit, longer ones are passed over.
  package static var maximumLineLength: Int { 8191 }
  package static var maximumFileLength: Int { 4 << 20 }
  /// Of all files together.
  package static var maximumLength: Int { 16 << 20 }
  /// Of all files together, and with those that sections inherit.
  package static var maximumLines: Int { 200_000 }
  package static var maximumSections: Int { 10_000 }
  package static var maximumFiles: Int { 1000 }
  /// Files that include each other, the first one counted.
  package static var maximumDepth: Int { 10 }

  private let files: SourceFiles
  private(set) var text = SourceText()
  /// The first section of a name: what `(+)` and parents mean.
  private var firstSections: [String: Int] = [:]
  private var firstSectionsLowercased: [String: Int] = [:]
  /// The section that was opened last, in whatever file: an included file begins in it.
  private var lastOpened: Int?
  /// Annotations from here on belong to the next line.
  private var unclaimed = 0
  private var bytes = 0
  private var fileCount = 0
  private var lineCount = 0
  private var isFull = false
  private var saidNoSection = false
  /// The files that are being read, each included by the one before it.
  private var open: [String] = []

  /// Everything that a file says; without the file, an error.
  package static func read(_ name: String, from files: SourceFiles) -> SourceText {
    var reader = SourceReader(files)
    let place = SourcePlace(name, line: 1)
    let found = reader.find(name, at: place)
    if found?.isEmpty == true { reader.text.findings.refuse(place, "There is no file \(name).") }
    for file in found ?? [] { reader.read(file, at: place) }
    return reader.text
  }

  private init(_ files: SourceFiles) { self.files = files }

  // MARK: Files

  /// `nil` if it could not be looked for, which has been said then.
  private mutating func find(_ written: String, at place: SourcePlace) -> [SourceFiles.File]? {
    do throws(SourcePattern.Refusal) {
      switch files.find(try SourcePattern(written)) {
      case .files(let found): return found
      case .refused(let sentence): text.findings.refuse(place, sentence)
      }
    } catch {
      text.findings.refuse(place, error.what, advice: error.advice)
    }
    return nil
  }

  private mutating func read(_ file: SourceFiles.File, at place: SourcePlace) {
    guard !isFull else { return }
    guard !open.contains(file.name) else {
      return text.findings.refuse(
        place, "\(file.name) is included while it is being read: it would include itself without end.",
        advice: "Leave out one of the #include lines of \((open + [file.name]).joined(separator: " → ")).")
    }
    guard open.count < Self.maximumDepth else {
      return text.findings.refuse(place, "Files include each other more than \(Self.maximumDepth) deep.")
    }
    fileCount += 1
    bytes += file.octets.count
    guard fileCount <= Self.maximumFiles else { return fill(place, "There are more than \(Self.maximumFiles) files.") }
    guard file.octets.count <= Self.maximumFileLength else {
      return text.findings.refuse(place, "\(file.name) has more than \(Self.maximumFileLength) bytes.")
    }
    guard bytes <= Self.maximumLength else {
      return fill(place, "The files have more than \(Self.maximumLength) bytes together.")
    }
    open.append(file.name)
    defer { open.removeLast() }
    readLines(file)
  }

  /// A bound was passed: nothing more is read.
  private mutating func fill(_ place: SourcePlace, _ sentence: String) {
    guard !isFull else { return }
    isFull = true
    text.findings.refuse(place, sentence, advice: "Nothing beyond is read; split the plan, or leave out what is not used.")
  }

  private mutating func readLines(_ file: SourceFiles.File) {
    var comments = SourceComments()
    var section = lastOpened
    // Some editors begin a file with a byte order mark.
    let mark = file.octets.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var (position, number) = (mark, 0)
    while position < file.octets.count, !isFull {
      let end = file.octets[position...].firstIndex(of: 0x0A) ?? file.octets.count
      var line = file.octets[position..<end]
      position = end + 1
      number += 1
      if line.last == 0x0D { line.removeLast() }
      let place = SourcePlace(file.name, line: number)
      text.lineCount += 1
      guard count(1, at: place) else { return }
      guard line.count <= Self.maximumLineLength else {
        text.findings.warn(
          place.advanced(by: Self.maximumLineLength),
          "This line has \(line.count) bytes, and none longer than \(Self.maximumLineLength) is read.")
        continue
      }
      if let zero = line.firstIndex(of: 0) {
        text.findings.warn(
          place.advanced(by: zero - line.startIndex), "This line has a zero byte in it, as no text has, and is not read.")
        continue
      }
      let bare = comments.strip(line, number: number)
      if bare.comment.first == UInt8(ascii: "@") { annotate(bare, place) }
      guard !bare.octets.isEmpty else { continue }
      take(bare, place.advanced(by: bare.column - 1), lastColumn: line.count + 1, &section)
    }
    if let opening = comments.opening {
      text.findings.warn(
        SourcePlace(file.name, line: opening.line, column: opening.column),
        "The comment that begins here is not ended: the rest of the file is part of it.",
        advice: "End it with --; or write ; without dashes for a comment of one line.")
    }
  }

  private mutating func count(_ lines: Int, at place: SourcePlace) -> Bool {
    lineCount += lines
    if lineCount > Self.maximumLines { fill(place, "There are more than \(Self.maximumLines) lines.") }
    return !isFull
  }

  private mutating func annotate(_ bare: BareLine, _ place: SourcePlace) {
    let name = bare.comment.dropFirst().prefix { $0 > 0x20 }
    let rest = bare.comment[name.endIndex...].trimmed
    text.annotations.append(
      SourceAnnotation(
        name: name.text, text: rest.text,
        place: place.advanced(by: bare.commentColumn - 1 + rest.startIndex - bare.comment.startIndex)))
  }

  // MARK: Lines

  private mutating func take(_ line: BareLine, _ place: SourcePlace, lastColumn: Int, _ section: inout Int?) {
    switch line.octets.first {
    case UInt8(ascii: "["): open(line, place, &section)
    case UInt8(ascii: "#"): direct(line, place)
    default: add(line, place, lastColumn: lastColumn, to: section)
    }
  }

  private mutating func add(_ line: BareLine, _ place: SourcePlace, lastColumn: Int, to section: Int?) {
    guard let section else {
      if !saidNoSection {
        saidNoSection = true
        text.findings.refuse(
          place, "This line stands before the first [section]: Asterisk refuses the whole file.",
          advice: "Write a line such as [default] above it.")
      }
      return
    }
    let octets = line.octets
    // A first character that would mean something is written with a backslash.
    let start = octets.startIndex + (octets.first == UInt8(ascii: "\\") ? 1 : 0)
    guard let equals = octets[start...].firstIndex(of: UInt8(ascii: "=")) else {
      return text.findings.warn(
        place, "This line has no = and is not read.",
        advice: "A setting is written name = value, and a comment begins with ;.")
    }
    let appends = equals > start && octets[equals - 1] == UInt8(ascii: "+")
    let key = octets[start..<(appends ? equals - 1 : equals)].trimmed
    let isArrow = !appends && equals + 1 < octets.endIndex && octets[equals + 1] == UInt8(ascii: ">")
    let value = octets[(equals + (isArrow ? 2 : 1))...].trimmed
    if String(validating: value, as: UTF8.self) == nil || String(validating: key, as: UTF8.self) == nil {
      text.findings.warn(
        place, "Not all of this line is text in UTF-8; what is not is replaced by \u{FFFD}.",
        advice: "Save the file as UTF-8.")
    }
    let offset = value.startIndex - octets.startIndex
    var entry = SourceLine(
      key: key.text, value: value.text, place: place, annotations: unclaimed..<text.annotations.count,
      valueColumn: line.column(ofByte: offset), lastColumn: lastColumn)
    entry.cuts = line.cuts(after: offset)
    unclaimed = text.annotations.count
    if appends { append(entry, to: section) } else { text.sections[section].add(entry) }
  }

  private mutating func append(_ entry: SourceLine, to section: Int) {
    guard let length = text.sections[section].append(entry) else {
      text.findings.warn(
        entry.place, "There is no earlier \(entry.key) in this section that += could add to; it is read as =.")
      return text.sections[section].add(entry)
    }
    // A long value that many sections inherit is copied by each that adds to it.
    bytes += length
    if bytes > Self.maximumLength { fill(entry.place, "The files have more than \(Self.maximumLength) bytes together.") }
  }

  // MARK: Sections

  private mutating func open(_ line: BareLine, _ place: SourcePlace, _ current: inout Int?) {
    let octets = line.octets
    unclaimed = text.annotations.count
    guard let end = octets.firstIndex(of: UInt8(ascii: "]")) else {
      return text.findings.refuse(
        place, "The [ of this section has no ]: Asterisk refuses the whole file.", advice: "Write \(octets.text)].")
    }
    let name = octets[(octets.startIndex + 1)..<end].text
    guard text.sections.count < Self.maximumSections else {
      return fill(place, "There are more than \(Self.maximumSections) sections.")
    }
    let rest = octets[(end + 1)...]
    let restPlace = place.advanced(by: line.column(ofByte: end + 1 - octets.startIndex) - line.column)
    var options: [String] = []
    if rest.first == UInt8(ascii: "(") {
      guard let close = rest.firstIndex(of: UInt8(ascii: ")")) else {
        return text.findings.refuse(
          restPlace, "The ( behind this section has no ): Asterisk refuses the whole file.",
          advice: "Write [\(name)](!) for a template, [\(name)](parent) to inherit.")
      }
      options = rest[(rest.startIndex + 1)..<close].split(separator: UInt8(ascii: ",")).map(\.text)
      warnOfText(rest[(close + 1)...].trimmed, restPlace)
    } else {
      warnOfText(rest.trimmed, restPlace)
    }
    guard let section = section(name, isContinued: options.contains("+"), place, restPlace) else { return }
    for option in options where option != "+" {
      if option == "!" {
        text.sections[section].isTemplate = true
      } else {
        inherit(option, in: section, restPlace)
      }
    }
    lastOpened = section
    current = section
  }

  private mutating func warnOfText(_ rest: ArraySlice<UInt8>, _ place: SourcePlace) {
    guard !rest.isEmpty else { return }
    let isLate = rest.first == UInt8(ascii: "(")
    text.findings.warn(
      place, "What stands behind the section's name, \(rest.text), is not read.",
      advice: isLate ? "Leave out the blank before the parenthesis." : "A comment begins with ;.")
  }

  /// The section that a line opens, a new one or, with `(+)`, one that is there.
  private mutating func section(
    _ name: String, isContinued: Bool, _ place: SourcePlace, _ optionsPlace: SourcePlace
  ) -> Int? {
    if isContinued {
      if let section = known(name, optionsPlace) { return section }
      text.findings.refuse(
        optionsPlace, "There is no section [\(name)] above that (+) could continue: Asterisk refuses the whole file.",
        advice: meant(name, among: firstSections.keys) ?? "Leave out (+), or move this below it.")
      // Read on as if it were new: what else is wrong is worth knowing.
    }
    text.sections.append(SourceSection(name: name, place: place))
    let section = text.sections.count - 1
    if firstSections[name] == nil { firstSections[name] = section }
    if firstSectionsLowercased[name.lowercased()] == nil { firstSectionsLowercased[name.lowercased()] = section }
    return section
  }

  private func meant(_ name: String, among known: some Sequence<String>) -> String? {
    text.findings.wantsAdvice ? Suggestion.sentence(for: name, among: known) : nil
  }

  private mutating func known(_ name: String, _ place: SourcePlace) -> Int? {
    if let section = firstSections[name] { return section }
    guard let section = firstSectionsLowercased[name.lowercased()] else { return nil }
    text.findings.warn(
      place, "There is no section [\(name)] above; [\(text.sections[section].name)] is taken.",
      advice: "Write its name as it is written there.")
    return section
  }

  private mutating func inherit(_ parent: String, in section: Int, _ place: SourcePlace) {
    guard let source = known(parent, place), source != section else {
      let others = firstSections.keys.lazy.filter { $0 != parent }
      return text.findings.refuse(
        place, "There is no section [\(parent)] above to inherit from: Asterisk refuses the whole file.",
        advice: meant(parent, among: others) ?? "Define it above, as [\(parent)](!) if it is a template.")
    }
    let lines = text.sections[source].lines
    guard count(lines.count, at: place) else { return }
    for line in lines { text.sections[section].add(line) }
  }

  // MARK: Directives

  private mutating func direct(_ line: BareLine, _ place: SourcePlace) {
    let word = line.octets.prefix { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "<") }
    let rest = line.octets[word.endIndex...].trimmed
    let name = word.dropFirst().text.lowercased()
    switch name {
    case "include", "tryinclude": include(Self.unquoted(rest), isOptional: name == "tryinclude", place)
    case "exec":
      text.findings.warn(
        place, "#exec would run a program of this machine; that is not served here, and the line is not read.",
        advice: "Write what the program would print into a file, and #include it.")
    default:
      text.findings.warn(
        place, "\(word.text) is no directive, and the line is not read.",
        advice: Suggestion.sentence(for: name, among: ["include", "tryinclude"], prefix: "#")
          ?? "A comment begins with ;, not with #.")
    }
  }

  private static func unquoted(_ octets: ArraySlice<UInt8>) -> String {
    let pairs = [UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "<"): UInt8(ascii: ">")]
    guard let first = octets.first, let last = pairs[first] else { return octets.text }
    let inner = octets.dropFirst()
    return inner.prefix { $0 != last }.trimmed.text
  }

  private mutating func include(_ written: String, isOptional: Bool, _ place: SourcePlace) {
    guard !written.isEmpty else {
      return text.findings.warn(place, "This names no file.", advice: "Write #include other.conf.")
    }
    let found = find(written, at: place)
    if found?.isEmpty == true, !isOptional { missing(written, place) }
    for file in found ?? [] { read(file, at: place) }
  }

  private mutating func missing(_ written: String, _ place: SourcePlace) {
    if (try? SourcePattern(written))?.hasWildcards == true {
      return text.findings.warn(place, "No file matches \(written).")
    }
    text.findings.refuse(
      place, "There is no file \(written): Asterisk refuses the whole file.",
      advice: "Files are named by their path from the folder of this business; #tryinclude would pass over a missing one.")
  }
}

extension SourceSection {
  mutating func add(_ line: SourceLine) {
    lastLines?[line.key] = lines.count
    lines.append(line)
  }

  /// Adds to the last value of a key, and says how long it is now; `nil` if there is none.
  mutating func append(_ line: SourceLine) -> Int? {
    let places = lastLines ?? Dictionary(lines.indices.map { (lines[$0].key, $0) }) { $1 }
    lastLines = places
    guard let last = places[line.key] else { return nil }
    lines[last].value += line.value
    return lines[last].value.utf8.count
  }
}
