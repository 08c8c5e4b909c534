import CLinux
import Glibc

/// Hears of what changes right in folders (inotify(7)): files that are written, made, removed or renamed, and the folders' own end.
///
/// Safe from any thread: all that it has is the kernel's.
package struct FolderWatch: Sendable {
  /// Names one folder that is watched; the kernel's number.
  package struct Folder: Hashable, Sendable {
    fileprivate let number: Int32
  }

  package enum Event: Hashable, Sendable {
    /// - name: of what changed in it; empty for the folder itself.
    case changed(Folder, name: String)
    /// It is watched no more: it is gone, or it was let go.
    case ended(Folder)
    /// More happened than the kernel remembers.
    case overflow
  }

  private static let mask =
    UInt32(IN_CLOSE_WRITE) | UInt32(IN_MODIFY) | UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM)
    | UInt32(IN_MOVED_TO) | UInt32(IN_ATTRIB) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)

  /// Becomes readable when something happened.
  package let file: Int32

  package init() throws(SystemFailure) {
    file = inotify_init1(Int32(bitPattern: UInt32(IN_NONBLOCK) | UInt32(IN_CLOEXEC)))
    guard file >= 0 else { throw SystemFailure("making an inotify descriptor") }
  }

  package func close() { Glibc.close(file) }

  /// Watches a folder, which a link may lead to; the same folder has the same name.
  package func add(_ path: String) throws(SystemFailure) -> Folder {
    let number = inotify_add_watch(file, path, Self.mask)
    guard number >= 0 else { throw SystemFailure("watching \(path)") }
    return Folder(number: number)
  }

  package func remove(_ folder: Folder) { inotify_rm_watch(file, folder.number) }

  /// All that happened since; empty when nothing did.
  package func read() -> [Event] {
    var events: [Event] = []
    while true {
      let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { room, count in
        count = max(0, Glibc.read(file, room.baseAddress, room.count))
      }
      guard !chunk.isEmpty else { return events }
      chunk.withUnsafeBytes { Self.read($0, into: &events) }
    }
  }

  private static func read(_ octets: UnsafeRawBufferPointer, into events: inout [Event]) {
    let head = MemoryLayout<inotify_event>.size
    var offset = 0
    while offset + head <= octets.count {
      let event = octets.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
      let end = min(octets.count, offset + head + Int(event.len))
      let name = String(decoding: octets[(offset + head)..<end].prefix { $0 != 0 }, as: UTF8.self)
      offset += head + Int(event.len)
      let folder = Folder(number: event.wd)
      if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
        events.append(.overflow)
      } else if event.mask & UInt32(IN_IGNORED) != 0 {
        events.append(.ended(folder))
      } else {
        events.append(.changed(folder, name: name))
      }
    }
  }
}
