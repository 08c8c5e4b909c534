import Foundation

/// A disk of one's own that holds little: a small tmpfs over a scratch folder, where the test may mount.
package final class SmallDisk: Sendable {
  package static let isPossible: Bool = {
    guard geteuid() == 0, let scratch = try? Scratch() else { return false }
    return (try? SmallDisk(over: scratch, kilobytes: 64)) != nil
  }()

  private struct CannotMount: Error {}

  private let scratch: Scratch

  package init(over scratch: Scratch, kilobytes: Int) throws {
    self.scratch = scratch
    guard run("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "calldocker-test", scratch.path) == 0 else {
      throw CannotMount()
    }
  }

  deinit { run("umount", "--lazy", scratch.path) }
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
package func withoutPrivileges<Answer>(_ body: () throws -> Answer) rethrows -> Answer {
  guard geteuid() == 0 else { return try body() }
  setFileSystemUser(65_534)
  defer { setFileSystemUser(0) }
  return try body()
}
