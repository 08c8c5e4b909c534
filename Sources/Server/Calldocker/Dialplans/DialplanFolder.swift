import Dialplan
import Foundation

/// The folder of one business's dialplan on the disk; nothing outside it is read, whatever links lead there.
struct DialplanFolder: Sendable {
  /// Files below one folder that a pattern is compared with.
  static let maximumFiles = 10_000
  /// Folders in folders.
  static let maximumDepth = 8

  let root: URL
  private let room: Int

  /// - Parameter room: files that a pattern may be compared with; fewer only in a test.
  init(_ path: String, room: Int = maximumFiles) {
    root = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    self.room = room
  }

  var files: SourceFiles { SourceFiles { find($0) } }

  /// Whether a file, or a link that should be one, stands right in it.
  func has(_ name: String) -> Bool {
    var status = stat()
    return lstat(root.appendingPathComponent(name).path, &status) == 0
  }

  private func find(_ pattern: SourcePattern) -> SourceFiles.Answer {
    let names = pattern.hasWildcards ? listing.filter(pattern.matches) : [pattern.description]
    var files: [SourceFiles.File] = []
    for name in names.sorted() {
      switch read(name) {
      case .octets(let octets): files.append(SourceFiles.File(name, octets))
      case .missing: continue
      case .refused(let why): return .refused(why)
      }
    }
    return .files(files)
  }

  private enum Contents {
    case octets([UInt8])
    case missing
    case refused(String)
  }

  private func read(_ name: String) -> Contents {
    let file = root.appendingPathComponent(name)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder) else { return .missing }
    guard !isFolder.boolValue else { return .refused("\(name) is a folder.") }
    let target = file.resolvingSymlinksInPath().path
    guard target.hasPrefix(root.path + "/") else {
      return .refused("\(name) is a link that leads out of the folder of this business.")
    }
    do {
      let handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      // One byte more than is read: the reader sees that the file is too long, and says so.
      return .octets(Array(try handle.read(upToCount: SourceReader.maximumFileLength + 1) ?? Data()))
    } catch {
      return .refused("\(name) cannot be read: \(error.localizedDescription).")
    }
  }

  /// Every file's path from the folder.
  private var listing: [String] {
    var found: [String] = []
    var folders = [""]
    while let folder = folders.popLast() {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)) ?? []
      for name in names.sorted() {
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path, isDirectory: &isFolder) else {
          continue
        }
        if isFolder.boolValue, path.split(separator: "/").count < Self.maximumDepth {
          folders.append(path)
        } else if !isFolder.boolValue, found.count < room {
          found.append(path)
        }
      }
    }
    return found
  }
}
