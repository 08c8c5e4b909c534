import Dialplan
import Foundation

/// The machine's time zones: all files of the IANA database, read at once, so that no call ever waits for one.
enum ZoneFolder {
  /// Zones that are kept.
  static let maximumZones = 2000
  static let usual = "/usr/share/zoneinfo"
  /// The same zones once more, with leap seconds and without, and the zone of the machine.
  private static let others = ["posix", "right", "localtime", "posixrules"]

  /// Every zone below a folder by its name, such as `Europe/Berlin`; files that are none are passed over.
  ///
  /// - Parameter here: the zone that is meant where none is named; one that is not there, or none, is UTC.
  static func read(_ path: String = usual, here: String? = nil) -> ZoneFiles {
    // Most zones have several names, which are one file on the disk or the same bytes.
    var known: [[UInt8]: ZoneFile] = [:]
    var zones: [String: ZoneFile] = [:]
    for name in names(below: URL(fileURLWithPath: path)) where zones.count < maximumZones {
      guard let octets = contents("\(path)/\(name)") else { continue }
      let zone = known[octets] ?? (try? ZoneFile(parsing: octets))
      known[octets] = zone
      zones[name] = zone
    }
    return ZoneFiles(byName: zones, here: here.flatMap { zones[$0] })
  }

  /// The zone that the machine's clock shows: what `TZ` says, or where `/etc/localtime` leads.
  static func ofMachine(
    _ environment: [String: String] = ProcessInfo.processInfo.environment, localtime: String = "/etc/localtime"
  ) -> String? {
    if let name = environment["TZ"]?.drop(while: { $0 == ":" }), !name.isEmpty { return String(name) }
    guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: localtime),
      let folder = target.range(of: "zoneinfo/")
    else { return nil }
    return String(target[folder.upperBound...])
  }

  private static func names(below root: URL) -> [String] {
    let paths = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return paths.filter { path in
      let parts = path.split(separator: "/")
      return parts.count <= 3 && parts.first.map { !others.contains(String($0)) } ?? false
    }
    .sorted()
  }

  /// A file's bytes if it begins as zones do and is no longer than one may be.
  private static func contents(_ path: String) -> [UInt8]? {
    guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? handle.close() }
    guard let octets = try? handle.read(upToCount: ZoneFile.maximumBytes), octets.starts(with: Array("TZif".utf8)) else {
      return nil
    }
    return Array(octets)
  }
}
