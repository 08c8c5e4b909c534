/// A zone of the IANA database as a compiled file has it (TZif, RFC 8536): when its clocks were changed, and the rule for ever after.
package struct ZoneFile: Hashable, Sendable {
  package static var maximumBytes: Int { 65_536 }

  /// Why bytes are no zone, a sentence.
  package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
  }

  /// Moments in ascending order, and the clock from each of them on.
  private let changes: [(moment: Int64, local: Int)]
  private let locals: [ZoneRule.Local]
  /// After the last change.
  package let rule: ZoneRule?

  package init(parsing octets: [UInt8]) throws(Refusal) {
    guard octets.count <= Self.maximumBytes else {
      throw Refusal("A zone's file has at most \(Self.maximumBytes) bytes; this one has \(octets.count).")
    }
    var reader = Reader(octets)
    var header = try reader.header()
    var block: Block
    if header.version >= 2 {
      // What follows repeats it with times of 64 bits.
      try reader.skip(header)
      header = try reader.header()
      block = try reader.block(header, isLong: true)
      rule = try reader.footer()
    } else {
      block = try reader.block(header, isLong: false)
      rule = nil
    }
    try Self.check(&block)
    locals = block.locals
    changes = zip(block.moments, block.indices).map { ($0, $1) }
  }

  /// A zone that has always had one rule.
  package init(rule: ZoneRule) {
    changes = []
    locals = [rule.standard]
    self.rule = rule
  }

  /// What clocks show at a moment (seconds since 1970).
  package func local(at epoch: Int64) -> ZoneRule.Local {
    var (low, high) = (0, changes.count)
    while low < high {
      let middle = low + (high - low) / 2
      if changes[middle].moment <= epoch { low = middle + 1 } else { high = middle }
    }
    if low == changes.count, let rule { return rule.local(at: epoch) }
    // Before the first change the first clock of the file was the clock.
    return locals[low == 0 ? 0 : changes[low - 1].local]
  }

  /// Seconds that clocks are ahead of UTC.
  package func offset(at epoch: Int64) -> Int64 { local(at: epoch).offset }

  package static func == (left: ZoneFile, right: ZoneFile) -> Bool {
    left.locals == right.locals && left.rule == right.rule && left.changes.elementsEqual(right.changes, by: ==)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(locals)
    hasher.combine(rule)
    hasher.combine(changes.count)
  }

  // MARK: Reading

  private struct Header {
    var version: UInt8
    var flagsOfUTC: Int
    var flagsOfStandard: Int
    var leaps: Int
    var changes: Int
    var locals: Int
    var letters: Int

    func bytes(timeBytes: Int) -> Int {
      changes * (timeBytes + 1) + locals * 6 + letters + leaps * (timeBytes + 4) + flagsOfStandard + flagsOfUTC
    }
  }

  private struct Block {
    var moments: [Int64]
    var indices: [Int]
    var locals: [ZoneRule.Local]
  }

  private static func check(_ block: inout Block) throws(Refusal) {
    guard !block.locals.isEmpty else { throw Refusal("The zone has no clock at all.") }
    guard block.indices.allSatisfy(block.locals.indices.contains) else {
      throw Refusal("The zone changes to a clock that it does not have.")
    }
    guard zip(block.moments, block.moments.dropFirst()).allSatisfy(<) else {
      throw Refusal("The zone's changes are not in order.")
    }
    guard block.locals.allSatisfy({ abs($0.offset) < 2 * CivilTime.secondsOfDay }) else {
      throw Refusal("The zone's clocks differ from UTC by days.")
    }
  }

  private struct Reader {
    private let octets: [UInt8]
    private var position = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    private static let cutOff = Refusal("The zone's file ends too early.")

    private mutating func take(_ count: Int) throws(Refusal) -> ArraySlice<UInt8> {
      guard count >= 0, count <= octets.count - position else { throw Self.cutOff }
      defer { position += count }
      return octets[position..<position + count]
    }

    private mutating func count() throws(Refusal) -> Int { try take(4).reduce(0) { $0 << 8 | Int($1) } }

    private mutating func time(isLong: Bool) throws(Refusal) -> Int64 {
      guard isLong else { return Int64(try offset()) }
      return Int64(bitPattern: try take(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    private mutating func offset() throws(Refusal) -> Int32 {
      Int32(bitPattern: try take(4).reduce(0) { $0 << 8 | UInt32($1) })
    }

    mutating func header() throws(Refusal) -> Header {
      guard octets.count - position >= 5, try take(4).elementsEqual("TZif".utf8), let version = try take(1).first else {
        throw Refusal("This is no file of a zone: it does not begin with “TZif”.")
      }
      _ = try take(15)
      return Header(
        version: version == 0 ? 1 : version &- UInt8(ascii: "0"), flagsOfUTC: try count(), flagsOfStandard: try count(),
        leaps: try count(), changes: try count(), locals: try count(), letters: try count())
    }

    mutating func skip(_ header: Header) throws(Refusal) { _ = try take(header.bytes(timeBytes: 4)) }

    mutating func block(_ header: Header, isLong: Bool) throws(Refusal) -> Block {
      let bytes = header.bytes(timeBytes: isLong ? 8 : 4)
      guard bytes <= octets.count - position else { throw Self.cutOff }
      let end = position + bytes
      var block = Block(moments: [], indices: [], locals: [])
      for _ in 0..<header.changes { block.moments.append(try time(isLong: isLong)) }
      block.indices = try take(header.changes).map { Int($0) }
      var written: [(offset: Int64, isDaylight: Bool, letters: Int)] = []
      for _ in 0..<header.locals {
        let offset = Int64(try self.offset())
        let flags = try take(2)
        written.append((offset, flags.first == 1, Int(flags.last ?? 0)))
      }
      let letters = try take(header.letters)
      block.locals = written.map { offset, isDaylight, start in
        let name = letters.dropFirst(start).prefix { $0 != 0 }
        return ZoneRule.Local(offset: offset, isDaylight: isDaylight, abbreviation: String(decoding: name, as: UTF8.self))
      }
      // Leap seconds are not counted by clocks on walls.
      position = end
      return block
    }

    /// `\nTZ\n`; an empty one says that nobody knows what comes after the last change.
    mutating func footer() throws(Refusal) -> ZoneRule? {
      guard try take(1).first == 0x0A, let end = octets[position...].firstIndex(of: 0x0A) else { throw Self.cutOff }
      let text = String(decoding: octets[position..<end], as: UTF8.self)
      guard !text.isEmpty else { return nil }
      guard let rule = ZoneRule(text) else { throw Refusal("The zone's rule “\(text.prefix(80))” cannot be read.") }
      return rule
    }
  }
}

/// Zones that were read: by their names, and the one that is meant where none is named.
package struct ZoneFiles: TimeZones {
  package var byName: [String: ZoneFile]
  /// Where the server stands, or the business.
  package var here: ZoneFile?

  package init(byName: [String: ZoneFile] = [:], here: ZoneFile? = nil) {
    self.byName = byName
    self.here = here
  }

  package func local(ofZone name: String, at epoch: Int64) -> ZoneRule.Local? {
    if name.isEmpty, let here { return here.local(at: epoch) }
    return byName[name]?.local(at: epoch)
  }

  package func offset(ofZone name: String, at epoch: Int64) -> Int64? {
    local(ofZone: name, at: epoch)?.offset ?? OnlyUTC().offset(ofZone: name, at: epoch)
  }
}
