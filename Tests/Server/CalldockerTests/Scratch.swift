import Foundation

/// Where the project is.
enum Place {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
}

/// A file that is gone at the end of its test.
final class TemporaryFile {
  let path = "/tmp/calldocker-\(UInt64.random(in: 0 ... .max)).conf"
  init(_ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A name for a folder that does not exist yet, and no longer exists at the end of its test.
final class TemporaryFolder: Sendable {
  let path = "/tmp/calldocker-\(UInt64.random(in: 0 ... .max))"
  deinit { try? FileManager.default.removeItem(atPath: path) }
}
