import Calls
import Runtime
import SIPCore
import SIPSyntax
import SQLite
import Storage
import Wire

// What telephones call a thing, and what tables call it.

extension TenantKey {
  init(_ tenant: TenantID) {
    guard let key = TenantKey(tenant.description) else { preconditionFailure("a tenant's name is a UUID") }
    self = key
  }
}

extension PhoneRegistration {
  init(_ phone: Binding, _ clock: WallClock) {
    self.init(
      contact: phone.contact.description, instance: phone.contact.instance, regID: phone.contact.flowNumber,
      userAgent: phone.userAgent, transport: phone.flow.isReliable ? .tcp : .udp, remote: phone.flow.remote,
      local: phone.flow.local, callID: phone.callID, cseq: phone.number, registeredAt: clock.time(phone.registeredAt),
      expiresAt: clock.time(phone.expiresAt), path: phone.path.isEmpty ? nil : phone.path.joined(separator: "\n"))
  }

  /// The phone, reached from the address of ours that faces it now; `nil` for one whose connection went with us.
  func binding(local: SocketAddress, _ clock: WallClock) -> Binding? {
    guard transport == .udp else { return nil }
    var headers = Headers()
    headers.append(.contact, contact)
    guard case .addresses(let contacts)? = try? headers.contacts, let only = contacts.first, contacts.count == 1 else {
      return nil
    }
    // A clock that was set back would keep a phone registered for hours more than it asked for.
    let registered = min(clock.moment(registeredAt), clock.now)
    let longest = Int64(Bindings.maximumExpiry) * 1000
    let lifetime = Duration.milliseconds(max(0, min(longest, expiresAt.milliseconds &- registeredAt.milliseconds)))
    return Binding(
      contact: only, flow: Flow(remote: remote, local: local), registeredAt: registered,
      expiresAt: min(clock.moment(expiresAt), registered + lifetime), path: path?.split(separator: "\n").map(String.init) ?? [],
      callID: callID,
      number: cseq, userAgent: userAgent)
  }
}

extension Pause {
  /// `nil` for who wants calls.
  init?(_ status: AgentStatus, since: Instant?, _ clock: WallClock) {
    guard case .paused(let reason) = status else { return nil }
    self.init(since: since.map(clock.time) ?? WallClock.now, reason: reason)
  }
}

extension CallRow {
  init(_ record: CallRecord, _ clock: WallClock) {
    self.init(
      tenant: TenantKey(record.tenant), id: record.call.description, visitor: record.visitorName, page: record.page,
      startedAt: clock.time(record.startedAt), extension: record.extensionDialled)
    agent = record.agent?.description
    answeredAt = record.answeredAt.map(clock.time)
    if let ended = record.endedAt, let reason = record.end {
      end = CallEndRow(at: clock.time(ended), reason: reason.rawValue)
      ringing = (record.answeredAt ?? ended) - record.startedAt
      talking = record.answeredAt.map { ended - $0 } ?? .zero
    }
    visitorLeg = record.visitorLeg.map(LegRow.init) ?? LegRow()
    agentLeg = record.agentLeg.map(LegRow.init) ?? LegRow()
  }
}

extension LegRow {
  fileprivate init(_ report: LegReport) {
    self.init(
      codec: report.codec.map { "\($0)" }, packetsSent: Int64(clamping: report.packetsSent),
      packetsReceived: Int64(clamping: report.packetsReceived), packetsLost: report.packetsLost, jitter: report.jitter,
      roundTrip: report.roundTrip, meanOpinionScore: report.meanOpinion)
  }
}

extension StartingState {
  /// Everybody who was enrolled, as the changes that enrolled them: the tenants first, then their teams.
  ///
  /// - Parameter excluded: a tenant that is not to be there now.
  func changes(except excluded: TenantID?) -> [DirectoryChange] {
    let memberships = Dictionary(grouping: teamMembers) { Member(tenant: $0.tenant, agent: $0.agent) }
    let tenants = tenants.compactMap { row -> DirectoryChange? in
      guard let id = TenantID(row.key.description), id != excluded else { return nil }
      return .tenantAdded(id, name: row.name, isOpen: row.isOpen, fallback: Fallback(rawValue: row.fallback) ?? .refuse)
    }
    let teams = teams.compactMap { row -> DirectoryChange? in
      guard let id = TenantID(row.tenant.description), id != excluded else { return nil }
      return .teamAdded(id, row.name, position: row.position)
    }
    let agents = agents.compactMap { row -> DirectoryChange? in
      guard let id = TenantID(row.tenant.description), id != excluded, let name = AgentName(row.name),
        let md5 = row.secrets.md5, let sha256 = row.secrets.sha256
      else { return nil }
      return .agentAdded(
        id, name, alias: row.displayName, digest: .init(md5: md5, sha256: sha256),
        teams: memberships[Member(tenant: row.tenant, agent: row.name)]?.map(\.team) ?? [])
    }
    return tenants + teams + agents + pauses(except: excluded)
  }

  private func pauses(except excluded: TenantID?) -> [DirectoryChange] {
    let clock = WallClock()
    return agents.compactMap { row in
      guard let pause = row.pause, let id = TenantID(row.tenant.description), id != excluded, row.secrets.md5 != nil,
        row.secrets.sha256 != nil, let name = AgentName(row.name), let status = AgentStatus("paused", reason: pause.reason)
      else { return nil }
      return .statusSet(id, name, status, since: clock.moment(pause.since))
    }
  }

  private struct Member: Hashable {
    var tenant: TenantKey
    var agent: String
  }

  /// The phones that were registered, by whose they are, in the order in which they came.
  var phones: [(address: AddressOfRecord, phones: [PhoneRegistration])] {
    var order: [AddressOfRecord] = []
    var all: [AddressOfRecord: [PhoneRegistration]] = [:]
    for row in registrations {
      guard let tenant = TenantID(row.tenant.description), let agent = AgentName(row.agent) else { continue }
      let address = AddressOfRecord(tenant: tenant, agent: agent)
      if all[address] == nil { order.append(address) }
      all[address, default: []].append(row.phone)
    }
    return order.map { ($0, all[$0] ?? []) }
  }

  /// Who owns what, and who logs in besides agents.
  var houses: [(tenant: TenantID, token: Accounts.OwnerToken?, people: [Accounts.Person])] {
    let people = Dictionary(grouping: users.filter { $0.role != .agent }, by: \.tenant)
    let rows = ownerTokens.map { ($0.tenant, Accounts.OwnerToken(digest: $0.digest, expiresAt: $0.expiresAt)) }
    let tokens = Dictionary(rows) { first, _ in first }
    return tenants.compactMap { row in
      guard let tenant = TenantID(row.key.description) else { return nil }
      let rows = (people[row.key] ?? []).sorted { ($0.createdAt, $0.user) < ($1.createdAt, $1.user) }
      return (tenant, tokens[row.key], rows.compactMap(Accounts.Person.init))
    }
  }

  /// What each tenant chose.
  var settings: [(tenant: TenantID, settings: TenantSettings)] {
    tenants.compactMap { row in TenantID(row.key.description).map { ($0, TenantSettings(kept: row.settings)) } }
  }
}

extension UserRow {
  init(_ person: Accounts.Person, of tenant: TenantID) {
    self.init(
      tenant: TenantKey(tenant), user: person.name, role: person.role == .owner ? .owner : .supervisor,
      password: person.secret.kept, createdAt: person.createdAt, tokensValidAfter: person.tokensValidAfter)
  }
}

extension Accounts.Person {
  /// `nil` for one whose password was kept in another way than ours.
  init?(_ row: UserRow) {
    guard let role = Role(rawValue: row.role.rawValue), let secret = Accounts.Secret(kept: row.password) else { return nil }
    self.init(
      name: row.user, role: role, secret: secret, createdAt: row.createdAt, tokensValidAfter: row.tokensValidAfter)
  }
}
