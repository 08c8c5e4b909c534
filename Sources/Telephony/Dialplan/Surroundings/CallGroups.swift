/// `GROUP([category])`: calls that are counted together.
package struct CallGroups: Hashable, Sendable {
  private struct Membership: Hashable, Sendable {
    var category: String
    var group: String
  }
  private var memberships: [String: [Membership]] = [:]

  package init() {}

  /// Puts a call into a group of a category, and takes it out of the one where it was.
  package mutating func join(_ group: String, category: String, call: String) {
    var own = memberships[call] ?? []
    own.removeAll { $0.category == category }
    if !group.isEmpty { own.append(Membership(category: category, group: group)) }
    memberships[call] = own.isEmpty ? nil : own
  }

  package func group(ofCall call: String, category: String) -> String? {
    memberships[call]?.first { $0.category == category }?.group
  }

  package func count(of group: String, category: String) -> Int {
    memberships.values.count { $0.contains(Membership(category: category, group: group)) }
  }

  /// A call is over.
  package mutating func leave(_ call: String) { memberships[call] = nil }
}
