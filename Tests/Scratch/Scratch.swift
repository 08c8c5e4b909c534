import Foundation

/// A folder of a test's own, gone when the test is.
package final class Scratch: Sendable {
  package let path: String

  package init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("calldocker-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func file(_ name: String = "test.db") -> String { path + "/" + name }

  package func bytes(_ name: String = "test.db") throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  package func write(_ bytes: [UInt8], to name: String = "test.db") throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }

  package func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

  package func setMode(_ mode: Int, of name: String? = nil) throws {
    let file = name.map { self.file($0) } ?? path
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
  }

  package func mode(of name: String) throws -> Int? {
    (try FileManager.default.attributesOfItem(atPath: file(name))[.posixPermissions] as? NSNumber)?.intValue
  }

  /// What lies in it, in alphabetical order.
  package var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  /// Descriptors of this process that lie in it.
  package var openDescriptors: Int {
    get throws {
      let all = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      return all.filter {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.hasPrefix(path) == true
      }.count
    }
  }
}
