import Glibc

/// What a file system has left for us.
package struct DiskRoom: Hashable, Sendable {
  package var freeBytes: UInt64
  package var totalBytes: UInt64
  /// Files that can still be made; `nil` where the file system does not count them.
  package var freeFiles: UInt64?
  package var isReadOnly: Bool

  package init(freeBytes: UInt64, totalBytes: UInt64, freeFiles: UInt64?, isReadOnly: Bool) {
    self.freeBytes = freeBytes
    self.totalBytes = totalBytes
    self.freeFiles = freeFiles
    self.isReadOnly = isReadOnly
  }

  /// Of the file system that a path is on; `nil` if there is nothing at that path.
  package static func read(_ path: String) -> DiskRoom? {
    var figures = statvfs()
    guard statvfs(path, &figures) == 0 else { return nil }
    let block = UInt64(figures.f_frsize)
    return DiskRoom(
      freeBytes: UInt64(figures.f_bavail) &* block, totalBytes: UInt64(figures.f_blocks) &* block,
      freeFiles: figures.f_files > 0 ? UInt64(figures.f_favail) : nil, isReadOnly: figures.f_flag & UInt(ST_RDONLY) != 0)
  }
}

/// What stands in a folder's list of one file or folder.
package struct FileFacts: Hashable, Sendable {
  /// Permission bits, such as 0o700.
  package var mode: UInt32
  package var owner: UInt32
  package var bytes: Int64
  /// Seconds since 1970.
  package var changedAt: Int64

  package init(mode: UInt32, owner: UInt32, bytes: Int64, changedAt: Int64) {
    self.mode = mode
    self.owner = owner
    self.bytes = bytes
    self.changedAt = changedAt
  }

  package static func read(_ path: String) -> FileFacts? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return FileFacts(
      mode: status.st_mode & 0o777, owner: status.st_uid, bytes: Int64(status.st_size), changedAt: Int64(status.st_mtim.tv_sec))
  }

  /// Whether this user may make files in a folder, found out by making one and taking it away; the failure says why not.
  package static func tryToWrite(in folder: String) -> SystemFailure? {
    let path = "\(folder)/.calldocker-doctor-\(getpid())"
    let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    guard file >= 0 else { return SystemFailure("making a file in \(folder)") }
    close(file)
    unlink(path)
    return nil
  }
}
