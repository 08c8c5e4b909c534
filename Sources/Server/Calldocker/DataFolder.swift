import Foundation
import Runtime

/// The folder of one running server: its lock and its control socket.
struct DataFolder: Sendable {
  let path: String
  private let lock: LockFile

  /// Why a server cannot have its folder, in words for the person who started it.
  struct Unusable: Error, CustomStringConvertible {
    let description: String
  }

  static func controlSocket(in path: String) -> String { "\(path)/control.sock" }

  /// Makes the folder if it is not there, and takes it for this process alone.
  init(taking path: String) throws(Unusable) {
    self.path = path
    do throws(SystemFailure) {
      try Folder.make(path)
    } catch {
      throw Unusable(description: "The data folder \(path) cannot be made: \(error). Choose another with --data.")
    }
    do throws(LockFile.Refusal) {
      lock = try LockFile(taking: "\(path)/lock")
    } catch {
      throw Unusable(description: Self.sentence(error, path))
    }
  }

  private static func sentence(_ refusal: LockFile.Refusal, _ path: String) -> String {
    switch refusal {
    case .held(let process?):
      "A calldocker runs on the data folder \(path) already, as process \(process). "
        + "Stop it (kill \(process)), or give this one a folder of its own with --data."
    case .held(nil):
      "Another calldocker has just taken the data folder \(path). Stop it, or give this one a folder of its own with --data."
    case .failed(let failure):
      "The data folder \(path) cannot be used: \(failure). Does it belong to another user? Choose another with --data."
    }
  }

  /// Opens the control socket; what a crash left in its place is replaced.
  func listen() throws(Unusable) -> UnixListener {
    do throws(SystemFailure) {
      return try UnixListener(bind: Self.controlSocket(in: path))
    } catch {
      throw Unusable(description: "The control socket cannot be opened: \(error).")
    }
  }

  /// Takes the socket away and lets another server have the folder.
  func release() {
    unlink(Self.controlSocket(in: path))
    lock.release()
  }
}
