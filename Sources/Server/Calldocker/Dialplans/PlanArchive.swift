import Dialplan
import Foundation
import Runtime
import Storage

/// Versions of dialplans on the disk: `DATA/dialplans/<uuid|default>/<n>/…` are a version's files, `record.json` beside them says which
/// is in force. Everything is made beside and renamed, so that a crash leaves the old or the new.
struct PlanArchive: Sendable {
  let path: String

  init(in data: String) { path = "\(data)/dialplans" }

  func folder(_ owner: PlanOwner) -> String { "\(path)/\(owner)" }
  func folder(_ owner: PlanOwner, version: Int) -> String { "\(folder(owner))/\(version)" }

  /// What was kept, by owner; a record that cannot be read is told of and made anew from the versions that lie there.
  func records(failed: (String) -> Void) -> [PlanOwner: PlanShelf.Record] {
    var records: [PlanOwner: PlanShelf.Record] = [:]
    for owner in Folder.names(path).compactMap({ PlanOwner($0) }) {
      guard let octets = FileManager.default.contents(atPath: "\(folder(owner))/record.json") else { continue }
      if let record = try? JSONDecoder().decode(PlanShelf.Record.self, from: octets) {
        records[owner] = record
      } else {
        failed("\(folder(owner))/record.json cannot be read; it is made anew from the versions beside it.")
        records[owner] = rebuilt(owner)
      }
    }
    return records
  }

  private func rebuilt(_ owner: PlanOwner) -> PlanShelf.Record {
    let numbers = Folder.names(folder(owner)).compactMap { Int($0) }.sorted()
    let versions = numbers.map { number in
      let seconds = FileFacts.read(folder(owner, version: number))?.changedAt ?? 0
      return PlanShelf.Version(number: number, at: WallTime(milliseconds: seconds &* 1000), digest: "")
    }
    return PlanShelf.Record(versions: versions, inForce: versions.last?.number)
  }

  /// Writes a version's files.
  func keep(_ version: PlanShelf.Version, of owner: PlanOwner, _ files: [SourceFiles.File]) throws(SystemFailure) {
    let beside = "\(folder(owner))/.new"
    try? FileManager.default.removeItem(atPath: beside)
    try Folder.make(beside)
    for file in files {
      if let slash = file.name.lastIndex(of: "/") { try Folder.make("\(beside)/\(file.name[..<slash])") }
      try DurableFile.write(file.octets, to: "\(beside)/\(file.name)")
    }
    let place = folder(owner, version: version.number)
    // What a crash left there was in no record.
    try? FileManager.default.removeItem(atPath: place)
    try DurableFile.move(beside, to: place)
  }

  func note(_ record: PlanShelf.Record, of owner: PlanOwner) throws {
    try Folder.make(folder(owner))
    let beside = "\(folder(owner))/.record"
    try DurableFile.write(Array(try JSONEncoder().encode(record)), to: beside)
    try DurableFile.move(beside, to: "\(folder(owner))/record.json")
  }

  func drop(_ version: Int, of owner: PlanOwner) {
    try? FileManager.default.removeItem(atPath: folder(owner, version: version))
  }

  func forget(_ owner: PlanOwner) { try? FileManager.default.removeItem(atPath: folder(owner)) }
}

extension WallTime: Codable {
  package init(from decoder: any Decoder) throws {
    self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(milliseconds)
  }
}
