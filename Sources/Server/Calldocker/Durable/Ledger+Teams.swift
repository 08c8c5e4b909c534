import Calls
import Storage

/// Teams, as they must outlive this process.
extension Ledger {
  func add(team name: String, to tenant: TenantID, members: [AgentName]) async throws(StorageFailure) {
    let (key, now) = (TenantKey(tenant), WallClock.now)
    try await commit(Deed("addTeam", name), in: tenant) { writer in
      _ = try writer.addTeam(name, to: key, at: now)
      try writer.setMembers(members.map(\.description), of: name, in: key)
    }
  }

  /// - Parameter members: `nil` leaves them as they are.
  func change(
    team name: String, of tenant: TenantID, to new: String, members: [AgentName]?
  ) async throws(StorageFailure) {
    let key = TenantKey(tenant)
    let fields = [new == name ? nil : "name", members.map { _ in "members" }].compactMap(\.self)
    try await commit(Deed("changeTeam", name, fields: fields), in: tenant) { writer in
      _ = try writer.renameTeam(name, to: new, in: key)
      if let members { try writer.setMembers(members.map(\.description), of: new, in: key) }
    }
  }

  func remove(team name: String, of tenant: TenantID) async throws(StorageFailure) {
    let key = TenantKey(tenant)
    _ = try await commit(Deed("removeTeam", name), in: tenant) { try $0.removeTeam(name, of: key) }
  }
}
