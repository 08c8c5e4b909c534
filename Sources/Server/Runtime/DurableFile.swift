import Glibc

/// Files that are on the disk once a call returns.
package enum DurableFile {
  /// Writes a file that only its user may read, and waits for the disk to have it.
  package static func write(_ octets: [UInt8], to path: String) throws(SystemFailure) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw SystemFailure("making \(path)") }
    defer { close(file) }
    var offset = 0
    while offset < octets.count {
      let count = octets.withUnsafeBytes { Glibc.write(file, $0.baseAddress?.advanced(by: offset), $0.count - offset) }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw SystemFailure("writing \(path)")
      }
      offset += count
    }
    guard fsync(file) == 0 else { throw SystemFailure("writing \(path)") }
  }

  /// Gives a file or folder another name in the same folder, at once and for good.
  package static func move(_ path: String, to other: String) throws(SystemFailure) {
    guard rename(path, other) == 0 else { throw SystemFailure("renaming \(path) to \(other)") }
    guard let slash = other.lastIndex(of: "/") else { return }
    let folder = open(String(other[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }
}
