import Runtime
import SQLite

/// Why the storage plane did not write or read.
package enum StorageFailure: Error, Hashable, Sendable, CustomStringConvertible {
  case database(DatabaseFailure)
  /// More waits than the plane takes; the caller may come again.
  case overloaded(limit: Int)
  /// The plane was closed.
  case closed
  /// The change itself threw, and nothing of it was written.
  case abandoned(String)
  /// Another program has this database.
  case inUse(path: String)
  /// The file that says so cannot be made.
  case lock(String)
  /// A backup is being made already.
  case backingUp
  case system(SystemFailure)

  package var description: String {
    switch self {
    case .database(let failure): failure.description
    case .overloaded(let limit): "the database is behind: \(limit) reads and writes wait already"
    case .closed: "the database was closed"
    case .abandoned(let words): "nothing was written: \(words)"
    case .inUse(let path):
      "another Calldocker has \(path): end it, or give this one a folder of its own with --data"
    case .lock(let words): words
    case .backingUp: "a backup is being made; try again when it is done"
    case .system(let failure): failure.description
    }
  }

  /// Whether the disk has no room: reads go on, and writes will when there is some.
  package var isFull: Bool {
    if case .database(let failure) = self { failure.reason == .full } else { false }
  }

  /// A failure of whatever a change or a question threw.
  init(_ error: any Error) {
    switch error {
    case let failure as StorageFailure: self = failure
    case let failure as DatabaseFailure: self = .database(failure)
    default: self = .abandoned("\(error)")
    }
  }
}
