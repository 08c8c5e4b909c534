import Foundation
import Runtime

/// The sockets of this machine and the programs that have them, as /proc tells (proc(5)).
struct SocketOwners {
  enum Transport: String {
    case tcp
    case udp
  }

  /// A bound datagram socket or a listening stream socket.
  struct Entry: Hashable {
    var transport: Transport
    var port: UInt16
    var inode: UInt64
  }

  private let entries: [Entry]
  /// Programs by the sockets that they have open; those of other users are known to root only.
  private let programs: [UInt64: (process: Int32, name: String)]

  init(entries: [Entry], programs: [UInt64: (process: Int32, name: String)]) {
    self.entries = entries
    self.programs = programs
  }

  static func read() -> SocketOwners {
    let files: [(String, Transport)] = [("tcp", .tcp), ("tcp6", .tcp), ("udp", .udp), ("udp6", .udp)]
    let entries = files.flatMap { name, transport in parse(Doctor.text("/proc/net/\(name)"), transport) }
    return SocketOwners(entries: entries, programs: programs())
  }

  /// The table's lines: `sl local:port remote:port state … inode …`, numbers in hexadecimal but for the inode.
  static func parse(_ table: String, _ transport: Transport) -> [Entry] {
    table.split(separator: "\n").dropFirst().compactMap { line in
      let words = line.split(separator: " ")
      guard words.count > 9, let port = words[1].split(separator: ":").last.flatMap({ UInt16($0, radix: 16) }),
        let inode = UInt64(words[9])
      else { return nil }
      // 0A is a listener; any other stream only has the port's number.
      return transport == .tcp && words[3] != "0A" ? nil : Entry(transport: transport, port: port, inode: inode)
    }
  }

  private static func programs() -> [UInt64: (process: Int32, name: String)] {
    var found: [UInt64: (process: Int32, name: String)] = [:]
    for process in Folder.names("/proc").compactMap({ Int32($0) }) {
      let files = "/proc/\(process)/fd"
      for file in Folder.names(files) {
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(files)/\(file)"),
          target.hasPrefix("socket:["),
          let inode = UInt64(target.dropFirst(8).dropLast())
        else { continue }
        found[inode] = (process, Doctor.text("/proc/\(process)/comm"))
      }
    }
    return found
  }

  /// Such as `nginx (process 812)`; `nil` if nobody has the port, or somebody whom only root may see.
  func owner(of port: UInt16, _ transport: Transport) -> String? {
    entries.lazy.filter { $0.port == port && $0.transport == transport }.compactMap { programs[$0.inode] }.first
      .map { "\($0.name) (process \($0.process))" }
  }

  /// Who has datagram ports of a range, but for one process. Beside a process whose sockets this user may not see nobody is named:
  /// its own would be taken for strangers.
  func holders(of range: ClosedRange<UInt16>, except process: Int32?) -> [(port: UInt16, owner: String?)] {
    if let process, !programs.values.contains(where: { $0.process == process }) { return [] }
    return entries.filter { $0.transport == .udp && range.contains($0.port) }
      .filter { entry in process == nil || programs[entry.inode]?.process != process }
      .map { ($0.port, owner(of: $0.port, .udp)) }.sorted { $0.port < $1.port }
  }
}
