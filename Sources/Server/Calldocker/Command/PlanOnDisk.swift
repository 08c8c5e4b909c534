import Dialplan
import Foundation

/// An extensions.conf that a command is about, and what stands beside it.
struct PlanOnDisk {
  let file: URL

  /// - Parameter path: the file, or a folder that has one by its usual name.
  /// - Throws: `Command.Failure`, in words for the person at the keys.
  init(_ path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw Command.Failure(code: EX_NOINPUT, sentence: "There is no file or folder \(path).")
    }
    let url = URL(fileURLWithPath: path)
    file = isFolder.boolValue ? url.appendingPathComponent("extensions.conf") : url
    guard FileManager.default.isReadableFile(atPath: file.path) else {
      throw Command.Failure(code: EX_NOINPUT, sentence: "The file \(file.relativePath) cannot be read.")
    }
  }

  private init(in folder: URL) { file = folder.appendingPathComponent("extensions.conf") }

  /// Each folder of dialplans below the working folder.
  static func standing() throws -> [PlanOnDisk] {
    let root = URL(fileURLWithPath: "dialplans")
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []).sorted()
    let plans = names.map { PlanOnDisk(in: root.appendingPathComponent($0)) }
      .filter { FileManager.default.fileExists(atPath: $0.file.path) }
    guard !plans.isEmpty else {
      let sentence = "There is no dialplans/…/extensions.conf here: say which file or folder to check."
      throw Command.Failure(code: EX_NOINPUT, sentence: sentence)
    }
    return plans
  }

  var folder: URL { file.deletingLastPathComponent() }
  var loaded: Dialplan.Loaded { Dialplan.load(file.lastPathComponent, from: DialplanFolder(folder.path).files) }
}
