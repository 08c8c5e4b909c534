import Foundation
import SQLite
import Testing

/// A folder of a test's own, gone when the test is.
final class Scratch {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("calldocker-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String = "test.db") -> String { path + "/" + name }

  func bytes(_ name: String = "test.db") throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file(name)))) }
  func write(_ bytes: [UInt8], to name: String = "test.db") throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }
}

/// A disk of one's own that holds little: a small tmpfs over a scratch folder, where the test may mount.
final class SmallDisk {
  static let isPossible: Bool = {
    guard geteuid() == 0, let scratch = try? Scratch() else { return false }
    return (try? SmallDisk(over: scratch, kilobytes: 64)) != nil
  }()

  private let scratch: Scratch
  private let path: String

  init(over scratch: Scratch, kilobytes: Int) throws {
    self.scratch = scratch
    path = scratch.path
    try #require(run("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "calldocker-test", path) == 0)
  }

  deinit { run("umount", "--lazy", path) }
}

@discardableResult
private func run(_ arguments: String...) -> Int32 {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = arguments
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return -1 }
  process.waitUntilExit()
  return process.terminationStatus
}

@_silgen_name("setfsuid")
@discardableResult
private func setFileSystemUser(_ user: UInt32) -> Int32

/// Does something without root's right to write what is closed to writing; the kernel keeps this for each thread.
func withoutPrivileges<Answer>(_ body: () throws -> Answer) rethrows -> Answer {
  guard geteuid() == 0 else { return try body() }
  setFileSystemUser(65_534)
  defer { setFileSystemUser(0) }
  return try body()
}

/// The failure that something must end in.
func failure(_ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation) -> DatabaseFailure? {
  do {
    try body()
    Issue.record("it worked", sourceLocation: location)
  } catch let failure as DatabaseFailure {
    return failure
  } catch {
    Issue.record("another error: \(error)", sourceLocation: location)
  }
  return nil
}

/// Whether no transaction is left open.
func isClosed(_ database: borrowing Database) -> Bool { !database.isInTransaction }
