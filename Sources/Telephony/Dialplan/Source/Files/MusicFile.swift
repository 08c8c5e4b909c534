/// A class of music as `musiconhold.conf` has it.
package struct WrittenMusic: Hashable, Sendable {
  package enum Order: String, Hashable, Sendable, CaseIterable { case alpha, random, randstart }

  package var name: String
  package var place: SourcePlace
  /// Where its files are, from the business's folder.
  package var directory: String?
  /// Files one after the other, instead of a directory.
  package var entries: [String] = []
  package var order = Order.alpha
  /// Before the first and between all others.
  package var announcement: String?
}

/// `musiconhold.conf`, read.
package struct MusicFile: Sendable {
  package internal(set) var classes: [WrittenMusic] = []
  package internal(set) var findings = FindingList()

  private static let keys = ["mode", "directory", "entry", "sort", "random", "announcement", "digit", "format"]

  package static func load(_ name: String = "musiconhold.conf", from files: SourceFiles) -> MusicFile {
    let text = SourceReader.read(name, from: files)
    var file = MusicFile()
    file.findings = text.findings
    for section in text.sections where section.name.lowercased() != "general" && !section.isTemplate { file.read(section) }
    return file
  }

  private mutating func read(_ section: SourceSection) {
    var music = WrittenMusic(name: section.name, place: section.place)
    for line in section.lines {
      switch line.key.lowercased() {
      case "mode":
        guard !["files", "playlist"].contains(line.value.lowercased()) else { break }
        findings.warn(
          line.valuePlace, "Music comes from files here, not from “\(line.value)”.", advice: "Write mode=files and a directory."
        )
      case "directory": readDirectory(line, &music)
      case "entry": readEntry(line, &music)
      case "sort": music.order = line.choice(&findings, as: WrittenMusic.Order.self) ?? music.order
      case "random": music.order = line.isTrue ? .random : music.order
      case "announcement": music.announcement = line.value.isEmpty ? nil : line.value
      case "application":
        findings.warn(line.place, "application would run a program of this machine, which is not done here.")
      case "digit", "format", "loop_last", "kill_escalation_delay", "kill_method": break
      default: line.unknown(&findings, in: section.name, among: Self.keys)
      }
    }
    if music.directory == nil, music.entries.isEmpty {
      findings.warn(section.place, "The class \(section.name) names no music.", advice: "Write directory=moh.")
    }
    classes.append(music)
  }

  private mutating func readDirectory(_ line: SourceLine, _ music: inout WrittenMusic) {
    do throws(SourcePattern.Refusal) {
      music.directory = try SourcePattern(line.value).description
    } catch {
      findings.warn(
        line.valuePlace, error.what + " The line is not read.", advice: "Write its path from the folder of this business.")
    }
  }

  private mutating func readEntry(_ line: SourceLine, _ music: inout WrittenMusic) {
    guard !line.value.utf8.contains(UInt8(ascii: ":")) else {
      return findings.warn(line.valuePlace, "Music comes from files here, not from \(line.value).")
    }
    do throws(SourcePattern.Refusal) {
      music.entries.append(try SourcePattern(line.value).description)
    } catch {
      findings.warn(line.valuePlace, error.what + " The line is not read.", advice: error.advice)
    }
  }
}
