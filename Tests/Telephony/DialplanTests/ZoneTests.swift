import Foundation
import Testing
import Wire

@testable import Dialplan

@Suite("Time zones (RFC 8536, POSIX TZ)")
struct ZoneTests {
  private static let folder = "/usr/share/zoneinfo"
  static let names = [
    "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/Los_Angeles", "America/St_Johns",
    "America/Sao_Paulo", "America/Phoenix", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Australia/Sydney",
    "Australia/Lord_Howe", "Pacific/Auckland", "UTC",
  ]
  /// Today's rules of some, for a machine without the files.
  private static let todaysRules = [
    ("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"), ("America/New_York", "EST5EDT,M3.2.0,M11.1.0"),
    ("America/New_York", "EST5EDT"),
    ("Australia/Sydney", "AEST-10AEDT,M10.1.0,M4.1.0/3"), ("Australia/Lord_Howe", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
    ("Asia/Kolkata", "IST-5:30"), ("Europe/Dublin", "IST-1GMT0,M10.5.0,M3.5.0/1"), ("UTC", "UTC0"),
  ]

  private static func file(_ name: String) -> ZoneFile? {
    FileManager.default.contents(atPath: "\(folder)/\(name)").flatMap { try? ZoneFile(parsing: Array($0)) }
  }

  @Test("Files agree with Foundation over random moments of 1970 to 2100", arguments: names)
  func files(name: String) throws {
    guard FileManager.default.fileExists(atPath: "\(Self.folder)/\(name)") else { return }
    let file = try #require(Self.file(name))
    let zone = try #require(TimeZone(identifier: name))
    var random = Randomness.seeded(7)
    for _ in 0..<3000 {
      let epoch = Int64.random(in: 0...4_102_444_800, using: &random)
      let expected = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(epoch)))
      #expect(file.offset(at: epoch) == Int64(expected), "\(name) at \(epoch)")
    }
  }

  @Test("Rules agree with Foundation over random moments of this century", arguments: todaysRules)
  func rules(name: String, text: String) throws {
    let rule = try #require(ZoneRule(text))
    let zone = try #require(TimeZone(identifier: name))
    var random = Randomness.seeded(8)
    for _ in 0..<2000 {
      let epoch = Int64.random(in: 1_262_304_000...4_102_444_800, using: &random)
      let expected = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(epoch)))
      #expect(rule.local(at: epoch).offset == Int64(expected), "\(name) at \(epoch)")
    }
  }

  @Test("To the second: the clocks of Berlin in 2026")
  func seconds() throws {
    let rule = try #require(ZoneRule("CET-1CEST,M3.5.0,M10.5.0/3"))
    let spring = CivilTime(year: 2026, month: 3, day: 29, hour: 1).epoch
    let autumn = CivilTime(year: 2026, month: 10, day: 25, hour: 1).epoch
    #expect(
      [spring - 1, spring, autumn - 1, autumn].map { rule.local(at: $0).abbreviation } == ["CET", "CEST", "CEST", "CET"])
  }

  @Test("Rules at the edges: daylight all year, changes before the year and after it, days that are counted")
  func edges() throws {
    let always = try #require(ZoneRule("XXX3EDT4,0/0,J365/23"))
    let midYear = CivilTime(year: 2026, month: 7, day: 1).epoch
    for epoch in [
      midYear, CivilTime(year: 2026, month: 1, day: 1, hour: 3).epoch, CivilTime(year: 2027, month: 1, day: 1, hour: 2).epoch,
    ] {
      #expect(always.local(at: epoch).isDaylight)
    }
    // The leap day is not counted by J, and is by the other.
    let julian = try #require(ZoneRule("AAA0BBB,J60/0,J61/0"))
    let counted = try #require(ZoneRule("AAA0BBB,59/0,60/0"))
    func days(_ rule: ZoneRule, _ year: Int) -> [String] {
      (1...366).map { CivilTime(epoch: (CivilTime.day(year: year, month: 1, day: $0)) * 86_400 + 43_200) }
        .filter { rule.local(at: $0.epoch).isDaylight }.map { "\($0.month)-\($0.day)" }
    }
    #expect(days(julian, 2024) == ["3-1"] && days(julian, 2026) == ["3-1"])
    #expect(days(counted, 2024) == ["2-29"] && days(counted, 2026) == ["3-1"])
    let early = try #require(ZoneRule("AAA0BBB,J1/-1,J2/0"))
    #expect(early.local(at: CivilTime(year: 2026, month: 12, day: 31, hour: 23).epoch).isDaylight)
    #expect(!early.local(at: CivilTime(year: 2026, month: 12, day: 31, hour: 22, minute: 59).epoch).isDaylight)
  }

  @Test(
    "What is no rule",
    arguments: [
      "", "CE", "CET", "CET-", "CET-25", "CET-1:60", "CET-1CEST,", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
      "CET-1CEST,M3.6.0,M1.1.0",
      "CET-1CEST,M3.5.7,M1.1.0", "CET-1CEST,J0,J3", "CET-1CEST,366,3", "CET-1CEST,M3.5.0,M10.5.0/168", "<CET-1",
      "CET-1CEST,M3.5.0,M10.5.0x",
      "CET-1111", "ÄÖÜ1",
    ])
  func noRule(text: String) {
    #expect(ZoneRule(text) == nil)
  }

  @Test("A rule has its length, a file its size; one more is refused")
  func limits() {
    let name = String(repeating: "A", count: ZoneRule.maximumLength - 1)
    #expect(ZoneRule(name + "0") != nil && ZoneRule(name + "A0") == nil)
    let padding = [UInt8](repeating: 0, count: ZoneFile.maximumBytes - Self.utc.count)
    #expect(throws: Never.self) { try ZoneFile(parsing: Self.utc + padding) }
    #expect(throws: ZoneFile.Refusal.self) { try ZoneFile(parsing: Self.utc + padding + [0]) }
  }

  /// The smallest file: one clock, no change.
  private static let utc = header(changes: 0) + [0, 0, 0, 0, 0, 0] + Array("UTC".utf8) + [0]

  private static func header(changes: UInt8) -> [UInt8] {
    Array("TZif".utf8) + [UInt8](repeating: 0, count: 16) + [
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, changes, 0, 0, 0, 1, 0, 0, 0, 4,
    ]
  }

  @Test("Old files with times of 32 bits are read, up to their last change")
  func version1() throws {
    let utc = try ZoneFile(parsing: Self.utc)
    #expect(utc.local(at: 0) == ZoneRule.Local(offset: 0, isDaylight: false, abbreviation: "UTC") && utc.rule == nil)
    let changed =
      Self.header(changes: 2) + [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 5, 0, 0] + [0, 0, 0x0E, 0x10, 1, 0] + Array("UTC".utf8) + [0]
    #expect(try ZoneFile(parsing: changed).offset(at: 6) == 3600)
  }

  @Test("Files that are cut or bent are refused in words, and never a trap", arguments: ["Europe/Berlin", "Africa/Casablanca"])
  func bent(name: String) {
    guard let data = FileManager.default.contents(atPath: "\(Self.folder)/\(name)") else { return }
    let octets = Array(data)
    for count in 0..<octets.count - 1 {
      #expect(throws: ZoneFile.Refusal.self) { try ZoneFile(parsing: Array(octets.prefix(count))) }
    }
    var random = Randomness.seeded(9)
    for _ in 0..<500 {
      var bent = octets
      for _ in 0..<3 { bent[Int.random(in: bent.indices, using: &random)] = UInt8.random(in: 0...255, using: &random) }
      let file = try? ZoneFile(parsing: bent)
      for epoch in [Int64.min, -1, 0, 1 << 40, Int64.max] { #expect(abs(file?.offset(at: epoch) ?? 0) < 200_000) }
    }
  }

  @Test("Zones by name, and the one where the server stands")
  func byName() throws {
    let tokyo = ZoneFile(rule: try #require(ZoneRule("JST-9")))
    let zones = ZoneFiles(byName: ["Asia/Tokyo": tokyo])
    #expect(["Asia/Tokyo", "", "UTC", "No/Where"].map { zones.offset(ofZone: $0, at: 0) } == [32_400, 0, 0, nil])
    #expect(ZoneFiles(here: tokyo).offset(ofZone: "", at: 0) == 32_400)
  }
}
