import Foundation
import Runtime
import SQLite

/// What stands in a data folder, or in the place where one would be made.
enum DataFolderFacts {
  static func read(_ folder: String) -> DiskCheck {
    let facts = FileFacts.read(folder)
    let place = facts == nil ? nearest(folder) : folder
    let path = folder + "/calldocker.db"
    return DiskCheck(
      folder: folder, facts: facts, room: DiskRoom.read(place), refusal: FileFacts.tryToWrite(in: place)?.reason,
      socketMode: FileFacts.read(folder + "/control.sock")?.mode, logBytes: FileFacts.read(path + "-wal")?.bytes ?? 0,
      database: database(path))
  }

  /// The folder above that is there: in it the missing ones would be made.
  private static func nearest(_ folder: String) -> String {
    var path = folder
    while path.count > 1, FileFacts.read(path) == nil { path = (path as NSString).deletingLastPathComponent }
    return path.isEmpty ? "." : path
  }

  /// Read beside whoever writes it: a running service is not held up.
  private static func database(_ path: String) -> DiskCheck.Database {
    guard FileFacts.read(path) != nil else { return .absent }
    do throws(DatabaseFailure) {
      return .read(faults: try Database(path, .reading, patience: .seconds(2)).quickFaults())
    } catch {
      return .unreadable(error.words)
    }
  }
}
