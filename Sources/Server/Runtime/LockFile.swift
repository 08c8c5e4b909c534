import Glibc

/// A file that one process holds at a time (flock(2)): the kernel lets go of it however that process ends.
///
/// The file stays when it is let go: who removed it could remove it under somebody who has just taken it.
package struct LockFile: Sendable {
  package enum Refusal: Error, Hashable, Sendable {
    /// - by: the process that has it; `nil` in the moment before it has written its number.
    case held(by: Int32?)
    case failed(SystemFailure)
  }

  private let file: Int32

  package init(taking path: String) throws(Refusal) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .failed(SystemFailure("opening \(path)")) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      defer { close(descriptor) }
      throw code == EWOULDBLOCK ? .held(by: Self.owner(descriptor)) : .failed(SystemFailure("locking \(path)", code: code))
    }
    let number = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, number, number.count, 0) == number.count else {
      let failure = SystemFailure("writing \(path)")
      close(descriptor)
      throw .failed(failure)
    }
    file = descriptor
  }

  /// The process that has it now, 0 if that is not known; `nil` if none has. Looking takes nothing from anybody.
  package static func holder(of path: String) -> Int32? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
    return owner(descriptor) ?? 0
  }

  private static func owner(_ file: Int32) -> Int32? {
    var digits = [UInt8](repeating: 0, count: 16)
    let count = pread(file, &digits, digits.count, 0)
    return Int32(String(decoding: digits.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self))
  }

  package func release() {
    ftruncate(file, 0)
    close(file)
  }
}

/// Folders on the disk.
package enum Folder {
  /// What is in it, in no order; what comes and goes meanwhile may be missing, as in /proc it always does.
  package static func names(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Makes a folder that only its user may enter, and those above it that are missing; one that is there stays as it is.
  package static func make(_ path: String) throws(SystemFailure) {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += (made.isEmpty || made == "/" ? "" : "/") + part
      guard mkdir(made, 0o700) == 0 || errno == EEXIST else { throw SystemFailure("making the folder \(made)") }
    }
    var status = stat()
    guard stat(path, &status) == 0 else { throw SystemFailure("looking at the folder \(path)") }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemFailure("entering \(path)", code: ENOTDIR) }
  }
}
