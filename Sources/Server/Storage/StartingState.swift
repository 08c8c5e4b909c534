import SQLite

/// Everything that a service needs to know when it starts, of all tenants, from one moment.
package struct StartingState: Hashable, Sendable {
  /// The oldest first.
  package let tenants: [TenantRow]
  package let users: [UserRow]
  package let ownerTokens: [OwnerTokenRow]
  /// Each tenant's in the order of their creation, as are its teams.
  package let agents: [AgentRow]
  package let teams: [TeamRow]
  package let teamMembers: [TeamMemberRow]
  /// What has not ended; each agent's in the order in which the phones came.
  package let registrations: [RegistrationRow]
  package let revokedTokens: [RevokedTokenRow]
}

extension StorageReader {
  /// The one question that looks across tenants.
  package func startingState(at now: WallTime) throws(DatabaseFailure) -> StartingState {
    StartingState(
      tenants: try tenants(),
      users: try database.rows(UserRow.columns + " ORDER BY tenant, user", read: UserRow.init),
      ownerTokens: try database.rows(OwnerTokenRow.columns + " ORDER BY tenant", read: OwnerTokenRow.init),
      agents: try database.rows(AgentRow.columns + " ORDER BY tenant, position", read: AgentRow.init),
      teams: try database.rows(TeamRow.columns + " ORDER BY tenant, position", read: TeamRow.init),
      teamMembers: try database.rows(TeamMemberRow.columns + " ORDER BY tenant, team, agent", read: TeamMemberRow.init),
      registrations: try database.rows(
        RegistrationRow.columns + " WHERE expires_at > ?1 ORDER BY tenant, agent, registered_at, contact", now,
        read: RegistrationRow.init),
      revokedTokens: try database.rows(
        RevokedTokenRow.columns + " WHERE expires_at > ?1 ORDER BY jti", now, read: RevokedTokenRow.init))
  }
}
