import Dialplan
import Foundation
import Scratch
import Testing

@testable import Calldocker

@Suite("The machine's time zones")
struct ZoneFolderTests {
  @Test("Zones are read by their names; what is none is passed over")
  func folder() throws {
    let scratch = try Scratch()
    let utc =
      Array("TZif".utf8) + [UInt8](repeating: 0, count: 32) + [0, 0, 0, 1, 0, 0, 0, 4] + [0, 0, 0x0E, 0x10, 0, 0]
      + Array("ONE".utf8)
      + [0]
    for folder in ["Europe", "right"] {
      try FileManager.default.createDirectory(atPath: scratch.file(folder), withIntermediateDirectories: false)
    }
    // One clock, an hour ahead.
    try scratch.write(Array(utc.dropLast()), to: "Cut")
    for name in ["Europe/One", "One", "right/One"] { try scratch.write(utc, to: name) }
    try scratch.write(Array("# table".utf8), to: "zone.tab")
    try scratch.write(Array("TZif".utf8), to: "Europe/Cut")
    try FileManager.default.createSymbolicLink(atPath: scratch.file("Alias"), withDestinationPath: "Europe/One")
    let zones = ZoneFolder.read(scratch.path, here: "One")
    #expect(zones.byName.keys.sorted() == ["Alias", "Europe/One", "One"])
    #expect(zones.offset(ofZone: "", at: 0) == 3600 && zones.offset(ofZone: "Alias", at: 0) == 3600)
    #expect(ZoneFolder.read(scratch.file("nothing")).byName.isEmpty)
  }

  @Test("The machine's own are hundreds, and Berlin is among them")
  func machine() {
    guard FileManager.default.fileExists(atPath: ZoneFolder.usual + "/Europe/Berlin") else { return }
    let zones = ZoneFolder.read()
    #expect(zones.byName.count > 100 && zones.byName.count < ZoneFolder.maximumZones)
    #expect(zones.offset(ofZone: "Europe/Berlin", at: 1_782_864_000) == 7200)
    #expect(zones.offset(ofZone: "UTC", at: 0) == 0 && zones.offset(ofZone: "../Europe/Berlin", at: 0) == nil)
  }

  @Test("More zones than are kept are passed over")
  func limit() throws {
    let scratch = try Scratch()
    let zone =
      Array("TZif".utf8) + [UInt8](repeating: 0, count: 32) + [0, 0, 0, 1, 0, 0, 0, 4] + [UInt8](repeating: 0, count: 6)
    try scratch.write(zone + Array("UTC\0".utf8), to: "Z")
    for number in 1...ZoneFolder.maximumZones {
      try FileManager.default.createSymbolicLink(atPath: scratch.file("Z\(number)"), withDestinationPath: "Z")
    }
    #expect(ZoneFolder.read(scratch.path).byName.count == ZoneFolder.maximumZones)
  }

  @Test("Where the machine stands is what TZ says, or where its own file leads")
  func here() throws {
    let scratch = try Scratch()
    let link = scratch.file("localtime")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/usr/share/zoneinfo/Asia/Tokyo")
    #expect(ZoneFolder.ofMachine(["TZ": ":Europe/Berlin"], localtime: link) == "Europe/Berlin")
    #expect(ZoneFolder.ofMachine([:], localtime: link) == "Asia/Tokyo")
    #expect(ZoneFolder.ofMachine([:], localtime: scratch.file("nothing")) == nil)
  }
}
