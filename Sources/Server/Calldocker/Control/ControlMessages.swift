import Calls
import HTTP
import Wire

/// What a command and its server say to each other. The commands' `--json` prints the same shapes.
struct TenantWish: Codable, Sendable {
  var name: String
}

struct AgentWish: Codable, Sendable {
  var name: String
  var displayName: String?
  /// One is made if there is none.
  var password: String?
  var teams: [String]
}

struct TeamWish: Codable, Sendable {
  var name: String
  /// Names of agents.
  var members: [String]
}

struct TenantAdded: Codable, Sendable {
  var uuid: String
  var sipDomain: String
  /// Shown this once.
  var token: String

  /// One line, in this order: the contract's.
  var json: String {
    "{\"uuid\":\(JSONText.quote(uuid)),\"sipDomain\":\(JSONText.quote(sipDomain)),\"token\":\(JSONText.quote(token))}"
  }
}

struct AgentAdded: Codable, Sendable {
  var uuid: String
  var sipDomain: String
  var agent: String
  /// Set if it was made by the server, and shown this once.
  var password: String?
}

struct TenantShown: Codable, Sendable {
  var uuid: String
  var name: String
  var sipDomain: String
  /// Whether agents may come in without a token.
  var open: Bool
  var agents: Int
  /// Agents of whom at least one phone is registered.
  var registered: Int
  var calls: Int
}

struct AgentShown: Codable, Sendable {
  struct Phone: Codable, Sendable {
    /// Where it registered from.
    var address: String
    /// Seconds.
    var expiresIn: Int
    var transport: String
    /// What the phone says that it is.
    var userAgent: String?
  }

  var agent: String
  /// What people call it.
  var displayName: String
  var teams: [String]
  var state: AgentState
  /// Why it pauses, if it does and said so.
  var reason: String?
  /// Since when calls pass it by, by RFC 3339; absent where none do.
  var pausedSince: String?
  var phones: [Phone]
  /// Whether a browser desk of its is connected.
  var desk: Bool
}

struct TeamShown: Codable, Sendable {
  var team: String
  /// Names of agents, in their order.
  var members: [String]
}

struct TenantPage: Codable, Sendable {
  var tenants: [TenantShown]
  /// What to ask for next; absent with the last.
  var next: Int?
}

struct AgentPage: Codable, Sendable {
  var agents: [AgentShown]
  var next: String?
}

/// All of a business's teams: there are at most `Tenant.maximumTeams`.
struct TeamList: Codable, Sendable {
  var teams: [TeamShown]
}

/// RFC 9457, as far as a person reads it.
struct Problem: Codable, Sendable {
  var title: String?
  var detail: String?
}

extension TenantShown {
  init(_ tenant: Tenant, at now: Instant) {
    self.init(
      uuid: tenant.id.description, name: tenant.name, sipDomain: tenant.id.description, open: tenant.isOpen,
      agents: tenant.agents.count, registered: tenant.agents.values.count { !$0.registered(at: now).isEmpty },
      calls: tenant.calls.count)
  }
}

extension AgentShown {
  init(_ agent: Agent, of tenant: Tenant, at now: Instant) {
    let presence = tenant.presence(of: agent)
    self.init(
      agent: agent.name.description, displayName: presence.displayName, teams: agent.teams, state: presence.state,
      reason: agent.pauseReason, pausedSince: agent.pausedSince.map { WallClock().time($0).rfc3339 },
      phones: agent.registered(at: now).map { phone in
        Phone(
          address: phone.flow.remote.description, expiresIn: Int((phone.expiresAt - now).milliseconds + 999) / 1000,
          transport: phone.flow.isReliable ? "tcp" : "udp", userAgent: phone.userAgent)
      },
      desk: !agent.sessions.isEmpty)
  }
}
