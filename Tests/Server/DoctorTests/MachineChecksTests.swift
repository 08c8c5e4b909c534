import Foundation
import Runtime
import Testing

@testable import Doctor

@Suite("The doctor judges the machine")
struct MachineChecksTests {
  // MARK: Clock

  private func clock(_ kernel: KernelClock, lastWrite: Int64? = nil) -> ClockCheck {
    ClockCheck(kernel: kernel, now: 1_795_000_000, lastWrite: lastWrite)
  }

  @Test("A clock that something keeps right is well, within a second")
  func clock() {
    #expect(clock(.synchronised(error: 12)).findings.isEmpty && clock(.unknown).findings.isEmpty)
    #expect(clock(.synchronised(error: 1001)).verdict == .warning && clock(.unsynchronised).says("chrony"))
  }

  @Test("A database from the future means that the clock went back; a minute is forgiven")
  func future() {
    #expect(clock(.unknown, lastWrite: 1_795_000_060).findings.isEmpty)
    #expect(clock(.unknown, lastWrite: 1_795_000_061).verdict == .failed)
  }

  // MARK: Disk

  private func disk(_ change: (inout DiskCheck) -> Void = { _ in }) -> DiskCheck {
    var check = DiskCheck(
      folder: "/d", facts: FileFacts(mode: 0o700, owner: 0, bytes: 0, changedAt: 0),
      room: DiskRoom(freeBytes: 5_000_000_000, totalBytes: 20_000_000_000, freeFiles: 100_000, isReadOnly: false),
      refusal: nil, socketMode: 0o600, logBytes: 16_000_000, database: .read(faults: []))
    change(&check)
    return check
  }

  @Test("A data folder with room that only its user enters is well")
  func disk() {
    #expect(disk().findings.isEmpty && disk().summary == "5000 MB of 20 GB free at /d, the database is whole")
    #expect(disk { ($0.facts, $0.database, $0.socketMode) = (nil, .absent, nil) }.findings.isEmpty)
  }

  @Test("Little room is a warning, hardly any a failure")
  func room() {
    #expect(disk { $0.room.set(\.freeBytes, 499_999_999) }.verdict == .warning)
    #expect(disk { $0.room.set(\.freeBytes, 49_999_999) }.verdict == .failed)
    #expect(disk { $0.room.set(\.freeFiles, 999) }.says("inodes") && disk { $0.room.set(\.freeFiles, nil) }.findings.isEmpty)
  }

  @Test("What cannot be written is told with the reason")
  func refusal() {
    #expect(disk { $0.room.set(\.isReadOnly, true) }.says("mounted for reading only"))
    #expect(disk { $0.refusal = "Permission denied" }.says("Nothing can be written in /d: Permission denied."))
    #expect(disk { $0.room = nil }.verdict == .failed)
  }

  @Test("Others may neither look into the folder nor command the server")
  func modes() {
    #expect(
      disk { $0.facts.set(\.mode, 0o755) }.says("chmod 700 /d") && disk { $0.facts.set(\.mode, 0o755) }.verdict == .warning)
    #expect(disk { $0.socketMode = 0o666 }.verdict == .failed)
  }

  @Test("A log that is not emptied, and a database that is damaged or cannot be read")
  func database() {
    #expect(disk { $0.logBytes = 256_000_001 }.says("sqlite3"))
    #expect(disk { $0.database = .read(faults: ["row 3 missing", "x"]) }.says("damaged: row 3 missing."))
    #expect(disk { $0.database = .unreadable("not a database") }.verdict == .failed)
  }

  // MARK: Limits

  private func limits(_ maximum: Int = 20_000, open: Int? = 40, pairs: Int = 5000, buffer: Int? = 4_194_304) -> LimitsCheck {
    LimitsCheck(
      maximumDescriptors: maximum, openDescriptors: open, phonePairs: pairs, receiveBuffer: buffer, wantedBuffer: 4_194_304)
  }

  @Test("Descriptors are enough for phones beside browsers, and not nearly used up")
  func descriptors() {
    #expect(limits().findings.isEmpty && limits(open: nil, buffer: nil).findings.isEmpty)
    #expect(limits(4095).says("LimitNOFILE") && limits(19_000).says("4750 can be open"))
    #expect(limits(open: 16_001).verdict == .failed && limits(open: 16_000).verdict == .ok)
  }

  @Test("The kernel lets as much wait as a media plane wishes")
  func buffers() { #expect(limits(buffer: 212_992).says("net.core.rmem_max=4194304")) }

  // MARK: Files, libraries, server

  @Test("Missing files name the setting that says where they are")
  func files() {
    let well = FilesCheck(dialplans: "/d", missingPrompts: [], web: "/w", missingPages: [])
    #expect(well.findings.isEmpty)
    let sick = FilesCheck(dialplans: "/d", missingPrompts: ["/d/a.wav"], web: "/w", missingPages: ["/w/widget.js"])
    #expect(
      sick.verdict == .failed && sick.says("--dialplans") && sick.says("/w/widget.js cannot be read. Name the folder of pages"))
  }

  @Test(
    "Libraries that are older than known are refused; suffixes do not matter",
    arguments: [
      ("3.0.17", true), ("3.0.0", true), ("10.0", true), ("2.9.9", false), ("3", false), ("3.0.0-pre1", true),
    ])
  func libraries(version: String, isWell: Bool) {
    let library = LibrariesCheck.Library(name: "OpenSSL", version: version, oldest: "3.0.0", package: "libssl3")
    #expect(LibrariesCheck(libraries: [library]).findings.isEmpty == isWell)
  }

  @Test("The libraries here are known, and new enough")
  func here() { #expect(LibrariesCheck.here.findings.isEmpty && !LibrariesCheck.here.summary.contains("unknown")) }

  @Test("Whether one runs, which, and how the last one ended")
  func server() {
    func check(_ state: ServerCheck.State) -> ServerCheck { ServerCheck(state: state, version: "1.1", data: "/d") }
    #expect(check(.running(process: 7, version: "1.1")).findings.isEmpty)
    #expect(check(.running(process: 7, version: "1.0")).says("The doctor is of version 1.1, the server of 1.0."))
    #expect(
      check(.none(wasCutOff: false)).says("calldocker serve --data /d") && check(.none(wasCutOff: false)).verdict == .warning)
    #expect(check(.none(wasCutOff: true)).says("killed") && check(.mute("It does not answer.")).verdict == .failed)
  }
}
