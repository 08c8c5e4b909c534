import Glibc

/// One program for each database: two would each believe its own memory.
///
/// The kernel drops the lock with the process, so nothing has to be cleaned up after a crash.
final class DatabaseLock {
  private let descriptor: Int32

  /// - Parameter path: the database's; the lock is a file beside it, since closing the file itself would drop SQLite's own locks.
  init(_ path: String) throws(StorageFailure) {
    descriptor = open(path + ".lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .lock("\(path).lock: \(String(cString: strerror(errno)))") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(path: path) }
  }

  deinit { close(descriptor) }
}
