import Calls

/// Whose dialplan: a business's own, or the one for all that have none.
enum PlanOwner: Hashable, Sendable, Comparable, CustomStringConvertible {
  case standard
  case tenant(TenantID)

  /// The name of its folder: `default`, or the UUID in lower case.
  init?(_ name: String) {
    if name == "default" {
      self = .standard
    } else {
      guard let tenant = TenantID(name) else { return nil }
      self = .tenant(tenant)
    }
  }

  var tenant: TenantID? { if case .tenant(let tenant) = self { tenant } else { nil } }

  var description: String {
    switch self {
    case .standard: "default"
    case .tenant(let tenant): tenant.description
    }
  }

  static func < (left: PlanOwner, right: PlanOwner) -> Bool {
    (left == .standard ? 0 : 1, left.description) < (right == .standard ? 0 : 1, right.description)
  }
}
