import Foundation
import Testing

/// The files of the runs that were observed on Asterisk.
enum ObservedPlans {
  struct Plan: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var conf: String
    var files: [String: String]?
    var testDescription: String { name }
    var texts: [String: String] { (files ?? [:]).merging(["extensions.conf": conf]) { $1 } }
  }

  static let all: [Plan] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Observed")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return names.sorted().compactMap { name in
      FileManager.default.contents(atPath: folder.appending(path: name).path()).flatMap {
        try? JSONDecoder().decode(Plan.self, from: $0)
      }
    }
  }()
}
