/// The files of one business, lent to a reader by whoever can read a disk.
package struct SourceFiles: Sendable {
  package struct File: Hashable, Sendable {
    /// Its path from the business's folder.
    package var name: String
    package var octets: [UInt8]

    package init(_ name: String, _ octets: [UInt8]) {
      self.name = name
      self.octets = octets
    }
  }

  package enum Answer: Hashable, Sendable {
    /// Those that the pattern names, in the order of their names; none where there is none.
    case files([File])
    /// Why not, a sentence: the disk's, or that a link leads out of the folder.
    case refused(String)
  }

  /// What the pattern names. It never leads out of the folder by its letters; that no symbolic link does is for the lender to see to.
  package let find: @Sendable (SourcePattern) -> Answer

  package init(find: @escaping @Sendable (SourcePattern) -> Answer) { self.find = find }

  /// Files that are not on a disk.
  package init(_ files: [File]) {
    self.init { pattern in .files(files.filter { pattern.matches($0.name) }.sorted { $0.name < $1.name }) }
  }

  /// Texts by name that are not on a disk.
  package init(_ texts: [String: String]) { self.init(texts.map { File($0.key, Array($0.value.utf8)) }) }
}

/// A path from the folder of a business, `*`, `?` and `[…]` in it standing for what they stand for in a shell; it cannot lead out.
package struct SourcePattern: Hashable, Sendable, CustomStringConvertible {
  package static var maximumLength: Int { 1024 }
  /// Where Asterisk keeps its files: what is named there by its whole path is meant to be in the folder.
  private static let customary = "/etc/asterisk/"

  /// Between the slashes; none is empty, `.` or `..`.
  package let parts: [String]

  /// Why a path is no path in the folder.
  package struct Refusal: Error, Hashable, Sendable {
    package var what: String
    package var advice: String?
  }

  package init(_ written: String) throws(Refusal) {
    var path = written
    if path.hasPrefix(Self.customary) { path.removeFirst(Self.customary.utf8.count) }
    guard path.utf8.count <= Self.maximumLength else {
      throw Refusal(what: "A path has at most \(Self.maximumLength) bytes.", advice: nil)
    }
    guard !path.hasPrefix("/"), !path.hasPrefix("~") else {
      throw Refusal(
        what: "The path \(written) leads out of the folder of this business.",
        advice: "Files are named by their path from that folder, such as sales/menu.conf.")
    }
    let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
    guard !parts.contains("..") else {
      throw Refusal(
        what: "The path \(written) leads out of the folder of this business.",
        advice: "Leave out .. and name the file by its path from that folder.")
    }
    guard !parts.isEmpty, !path.utf8.contains(0) else {
      throw Refusal(what: "This is no file's name.", advice: "Write #include other.conf.")
    }
    self.parts = parts
  }

  package var description: String { parts.joined(separator: "/") }

  /// Whether it may name more than one file.
  package var hasWildcards: Bool { parts.contains { $0.utf8.contains { "*?[".utf8.contains($0) } } }

  /// Whether it names the file at this path from the folder.
  package func matches(_ path: String) -> Bool {
    let names = path.utf8.split(separator: UInt8(ascii: "/"))
    return names.count == parts.count && zip(parts, names).allSatisfy { Self.matches(Array($0.utf8), Array($1)) }
  }

  /// One name; it takes as many steps as both are long, multiplied.
  private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    // A hidden file is meant only by its dot.
    if name.first == UInt8(ascii: "."), pattern.first != UInt8(ascii: ".") { return false }
    var (at, position) = (0, 0)
    var star: (at: Int, position: Int)?
    while position < name.count {
      if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
        star = (at, position)
        at += 1
      } else if let next = step(pattern, at, name[position]) {
        at = next
        position += 1
      } else if let last = star {
        star = (last.at, last.position + 1)
        (at, position) = (last.at + 1, last.position + 1)
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// Where the pattern goes on after one byte; `nil` if it does not take it.
  private static func step(_ pattern: [UInt8], _ at: Int, _ octet: UInt8) -> Int? {
    guard at < pattern.count else { return nil }
    switch pattern[at] {
    case UInt8(ascii: "?"): return at + 1
    case UInt8(ascii: "["):
      guard at + 1 < pattern.count, let end = pattern[(at + 2)...].firstIndex(of: UInt8(ascii: "]")) else { fallthrough }
      let isNegated = pattern[at + 1] == UInt8(ascii: "!") && at + 2 < end
      let set = pattern[(at + (isNegated ? 2 : 1))..<end]
      return contains(set, octet) != isNegated ? end + 1 : nil
    default: return pattern[at] == octet ? at + 1 : nil
    }
  }

  private static func contains(_ set: ArraySlice<UInt8>, _ octet: UInt8) -> Bool {
    var position = set.startIndex
    while position < set.endIndex {
      if position + 2 < set.endIndex, set[position + 1] == UInt8(ascii: "-") {
        if set[position] <= octet, octet <= set[position + 2] { return true }
        position += 3
      } else {
        if set[position] == octet { return true }
        position += 1
      }
    }
    return false
  }
}
