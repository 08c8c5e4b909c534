import Glibc

/// A file below /proc, which the kernel writes while it is read (proc(5)): it has no size, and a read gives a page at most.
package enum KernelFile {
  /// All of it; the empty text where there is none, or none that may be read.
  package static func text(_ path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var octets: [UInt8] = []
    while true {
      let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { room, count in
        count = max(0, read(file, room.baseAddress, room.count))
      }
      guard !chunk.isEmpty else { return String(decoding: octets, as: UTF8.self) }
      octets += chunk
    }
  }
}
