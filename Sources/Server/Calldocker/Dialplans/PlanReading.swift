import Cryptography
import Dialplan
import Foundation
import Runtime
import Wire

/// What reading a folder of a dialplan once came to: parsed, checked, and walked for its promises, beside all that runs.
struct PlanReading: Sendable {
  /// Prepared; with an error among the findings it must not take force.
  var plan: Dialplan
  /// In the order of their places; files are named by their paths from the folder.
  var findings: [Finding]
  /// Every file that was read, in the order of their names.
  var files: [SourceFiles.File]
  /// The same for the same files with the same contents.
  var digest: String

  var isRefused: Bool { findings.contains { $0.severity == .error } }

  /// Reads and judges a plan; this takes as long as the disk and the promises do.
  ///
  /// - Parameters:
  ///   - sounds: prompts by name; `nil` where it is not known which there are.
  ///   - zones: clocks of the world, for rules of times.
  init(_ folder: DialplanFolder, name: String = "extensions.conf", sounds: [String: Duration]? = nil, zones: ZoneFiles) {
    self.init(name, reading: folder.files, has: folder.has, sounds: sounds, zones: zones)
  }

  /// - Parameter has: whether a file stands right in the folder.
  init(
    _ name: String = "extensions.conf", reading source: SourceFiles, has: (String) -> Bool, sounds: [String: Duration]? = nil,
    zones: ZoneFiles
  ) {
    let read = Locked<[String: [UInt8]]>([:])
    let files = SourceFiles { pattern in
      let answer = source.find(pattern)
      if case .files(let files) = answer { read.with { for file in files { $0[file.name] = file.octets } } }
      return answer
    }
    let loaded = Dialplan.load(name, from: files)
    var known = Checker.Known(
      sounds: sounds.map { Set($0.keys) }, zones: zones.byName.isEmpty ? nil : Set(zones.byName.keys))
    if has("queues.conf") { known.queues = Set(QueuesFile.load(from: files).queues.map(\.name)) }
    if has("voicemail.conf") { known.mailboxes = Set(VoicemailFile.load(from: files).mailboxes.map(\.description)) }
    var findings = loaded.findings.all + Checker.check(loaded.plan, knowing: known)
    plan = loaded.plan
    plan.prepare()
    if !loaded.findings.hasErrors {
      var base = Scenario(context: plan.contexts["widget"] != nil ? "widget" : plan.contextsInOrder.first ?? "", exten: "s")
      base.zones = zones
      base.epoch = SystemClock.wallNanoseconds / 1_000_000_000
      base.sounds = sounds
      base.queues = known.queues ?? []
      findings += plan.brokenPromises(base)
    }
    self.findings = findings.sorted { $0.place < $1.place }
    self.files = read.with { $0 }.map { SourceFiles.File($0.key, $0.value) }.sorted { $0.name < $1.name }
    digest = Self.digest(self.files)
  }

  /// Names and lengths go in before contents, so that no two sets of files read the same.
  private static func digest(_ files: [SourceFiles.File]) -> String {
    Hex.encode(
      SHA256.hash(
        files.flatMap { file in Array("\(file.name.utf8.count) \(file.octets.count) \(file.name)".utf8) + file.octets }))
  }
}

extension Finding {
  /// The same with its file's path from elsewhere.
  func below(_ folder: String) -> Finding {
    var finding = self
    finding.place.file = folder + finding.place.file
    return finding
  }
}
