import Calls
import Dialplan

/// What `calldocker dialplan reload|status|back` and the server say to each other.
struct PlanShown: Codable, Sendable {
  struct Version: Codable, Sendable {
    var version: Int
    /// RFC 3339.
    var at: String
  }

  struct Return: Codable, Sendable {
    /// Absent where the default's plan was in force until then.
    var from: Int?
    var at: String
  }

  /// `default` or the business's UUID.
  var dialplan: String
  /// Whose plan is in force: `own`, `default`, or `none` where there is none at all.
  var source: String
  /// Absent with `none`; the default's where that is the source.
  var version: Int?
  var since: String?
  var wentBack: Return?
  /// Of its own, the newest last.
  var versions: [Version]
  /// Whether the files as they are were refused.
  var isRefused: Bool
  /// When the files were read last; absent where there are none.
  var loadedAt: String?
  /// What was said of them, in the order of their places.
  var findings: [Command.FindingShown]
}

struct PlanList: Codable, Sendable {
  var dialplans: [PlanShown]
}

struct BackWish: Codable, Sendable {
  /// The one before that in force, if there is none.
  var version: Int?
}

extension PlanShelf {
  /// - Parameter folder: what stands before the names of files; empty for who knows no paths of this machine.
  func shown(_ owner: PlanOwner, below folder: String) -> PlanShown {
    let own = standing(owner)
    let source = owner.tenant.map { self.source(of: $0) } ?? .standard
    let effective = standing(source)
    let isThere = effective.plan != nil
    return PlanShown(
      dialplan: owner.description, source: !isThere ? "none" : source == owner ? "own" : "default",
      version: isThere ? effective.record.inForce : nil,
      since: isThere ? effective.record.since?.rfc3339 : nil,
      wentBack: own.record.wentBack.map { .init(from: $0.from, at: $0.at.rfc3339) },
      versions: own.record.versions.map { .init(version: $0.number, at: $0.at.rfc3339) },
      isRefused: own.last?.result == .refused, loadedAt: own.last?.at.rfc3339,
      findings: (own.last?.findings ?? []).map { Command.FindingShown($0.below(folder)) })
  }
}

extension DialplanShelf {
  /// For the operator, with paths as they were given to the service.
  func shown(_ owner: PlanOwner) -> PlanShown { shelf.shown(owner, below: "\(folder)/\(owner)/") }

  /// Those that have or had a plan of their own, the default's first.
  var allShown: [PlanShown] { shelf.standings.keys.sorted().map { shown($0) } }

  func knows(_ owner: PlanOwner) -> Bool { owner.tenant.map(shelf.tenants.contains) ?? true }
}
