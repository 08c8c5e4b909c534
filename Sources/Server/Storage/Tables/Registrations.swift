import SQLite
import Wire

/// How a phone's packets travel (RFC 3261 §18, RFC 7118).
package enum PhoneTransport: String, Hashable, Sendable, Storable {
  case udp
  case tcp
  case tls
  case ws
  case wss
}

/// One phone of an agent's, as it registered (RFC 3261 §10.3), and the way to it.
package struct PhoneRegistration: Hashable, Sendable {
  /// The Contact's value as the phone wrote it.
  package var contact: String
  /// `+sip.instance` and `reg-id` (RFC 5626 §4.1, §4.2).
  package var instance: String?
  package var regID: UInt32?
  package var userAgent: String?
  package var transport: PhoneTransport
  package var remote: SocketAddress
  package var local: SocketAddress
  package var callID: String
  package var cseq: UInt32
  package var registeredAt: WallTime
  package var expiresAt: WallTime
  /// What requests must pass on their way (RFC 3327), one address a line; `nil` for nothing.
  package var path: String?

  package init(
    contact: String, instance: String? = nil, regID: UInt32? = nil, userAgent: String? = nil, transport: PhoneTransport,
    remote: SocketAddress, local: SocketAddress, callID: String, cseq: UInt32, registeredAt: WallTime, expiresAt: WallTime,
    path: String? = nil
  ) {
    self.contact = contact
    self.instance = instance
    self.regID = regID
    self.userAgent = userAgent
    self.transport = transport
    self.remote = remote
    self.local = local
    self.callID = callID
    self.cseq = cseq
    self.registeredAt = registeredAt
    self.expiresAt = expiresAt
    self.path = path
  }
}

/// A phone with whose it is.
package struct RegistrationRow: Hashable, Sendable {
  package let tenant: TenantKey
  package let agent: String
  package let phone: PhoneRegistration
}

extension PhoneRegistration {
  fileprivate init(_ row: inout Row) throws(DatabaseFailure) {
    contact = try row.next()
    instance = try row.next()
    regID = try row.next()
    userAgent = try row.next()
    transport = try row.next()
    remote = try row.next()
    local = try row.next()
    callID = try row.next()
    cseq = try row.next()
    registeredAt = try row.next()
    expiresAt = try row.next()
    path = try row.next()
  }
}

extension RegistrationRow {
  init(_ row: inout Row) throws(DatabaseFailure) {
    tenant = try row.next()
    agent = try row.next()
    phone = try PhoneRegistration(&row)
  }
  static let columns: SQL = """
    SELECT tenant, agent, contact, instance, reg_id, user_agent, transport, remote, local, call_id, cseq, registered_at,
      expires_at, path
    FROM registrations
    """
}

extension StorageReader {
  /// The phones of all of the tenant's agents that are registered at `now`, by agent, and each agent's in the order in which they came.
  package func registrations(of tenant: TenantKey, at now: WallTime) throws(DatabaseFailure) -> [RegistrationRow] {
    try database.rows(
      RegistrationRow.columns + " WHERE tenant = ?1 AND expires_at > ?2 ORDER BY agent, registered_at, contact",
      tenant, now, read: RegistrationRow.init)
  }
}

extension StorageWriter {
  /// Makes these an agent's phones, and no others: what a REGISTER leaves behind, wholly.
  ///
  /// - Throws: `.constraint(.foreignKey)` when there is no such agent.
  package func setRegistrations(
    _ phones: [PhoneRegistration], of agent: String, in tenant: TenantKey
  ) throws(DatabaseFailure) {
    try database.run("DELETE FROM registrations WHERE tenant = ?1 AND agent = ?2", tenant, agent)
    for phone in phones {
      try database.run(
        """
        INSERT INTO registrations (tenant, agent, contact, instance, reg_id, user_agent, transport, remote, local, call_id, cseq,
          registered_at, expires_at, path)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        """,
        tenant, agent, phone.contact, phone.instance, phone.regID, phone.userAgent, phone.transport, phone.remote,
        phone.local, phone.callID, phone.cseq, phone.registeredAt, phone.expiresAt, phone.path)
    }
  }

  /// Forgets the phones, of whichever tenant, that did not come back by `now`; says how many.
  package func removeExpiredRegistrations(at now: WallTime) throws(DatabaseFailure) -> Int {
    try database.run("DELETE FROM registrations WHERE expires_at <= ?1", now)
  }
}
