import SIPCore
import SIPSyntax
import Wire

/// Requests outside any call: who may register, and what everybody else hears.
extension Exchange {
  static var allowed: String { "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER" }

  mutating func receive(_ request: SIPRequest, _ key: TransactionKey, _ flow: Flow, at now: Instant) -> [Output] {
    let unsupported = request.headers.tokens(.require)
    guard unsupported.isEmpty || request.method == .ack else {
      return respond(key, request, .badExtension, at: now) {
        $0.headers.append(.unsupported, unsupported.joined(separator: ", "))
      }
    }
    if let to = try? request.headers.to, to.tag != nil { return receiveInDialog(request, key, flow, at: now) }
    switch request.method {
    case .register: return register(request, key, flow, at: now)
    case .options:
      return respond(key, request, .ok, at: now) {
        $0.headers.append(.allow, Self.allowed)
        $0.headers.append(.accept, "application/sdp")
      }
    case .invite: return respond(key, request, .notFound, at: now)
    case .bye, .cancel: return respond(key, request, .callOrTransactionDoesNotExist, at: now)
    default:
      return respond(key, request, .methodNotAllowed, at: now) { $0.headers.append(.allow, Self.allowed) }
    }
  }

  /// The tenant whose domain a URI names: the UUID, alone or before the base domain.
  func tenant(of uri: URI) -> Tenant? {
    guard case .name(let host)? = uri.sip?.host else { return nil }
    if let id = TenantID(host.text) { return tenants[id] }
    guard let base = site.baseDomain?.lowercased(), host.text.hasSuffix("." + base) else { return nil }
    return TenantID(host.text.dropLast(base.utf8.count + 1)).flatMap { tenants[$0] }
  }

  /// RFC 3261 §10.3, with the answers in its order.
  private mutating func register(
    _ request: SIPRequest, _ key: TransactionKey, _ flow: Flow, at now: Instant
  ) -> [Output] {
    guard let to = try? request.headers.to, let tenant = tenant(of: to.uri), let user = to.uri.sip?.user else {
      return respond(key, request, .notFound, at: now)
    }
    let realm = tenant.id.description
    let verdict = authenticator.judge(
      request, realm: realm, digest: { AgentName($0).flatMap { tenant.agents[$0]?.digest } }, at: now)
    switch verdict {
    case .challenge(let challenge), .refused(let challenge):
      var outputs = respond(key, request, .unauthorized, at: now) {
        $0.headers.append(.wwwAuthenticate, challenge.description)
      }
      if case .refused = verdict {
        outputs.append(log(.warning, tenant.id, nil, "A phone gave a wrong password", "\(user) from \(flow.remote)"))
      }
      return outputs
    case .accepted: break
    }
    // Whose password it was decides whose phone it is.
    guard let name = AgentName(user), request.headers.credentials().contains(where: { AgentName($0.username) == name }) else {
      return respond(key, request, .forbidden, at: now)
    }
    return bind(name, of: tenant.id, request, key, flow, at: now)
  }

  private mutating func bind(
    _ name: AgentName, of tenant: TenantID, _ request: SIPRequest, _ key: TransactionKey, _ flow: Flow, at now: Instant
  ) -> [Output] {
    guard var agent = tenants[tenant]?.agents[name] else { return respond(key, request, .notFound, at: now) }
    let before = agent.phones.all.count
    let answer = agent.phones.apply(request, over: flow, at: now)
    tenants[tenant]?.agents[name] = agent
    registrations.set(AddressOfRecord(tenant: tenant, agent: name), to: agent.phones.deadline)
    switch answer {
    case .accepted:
      let contacts = agent.phones.contactValues(at: now)
      let outputs = respond(key, request, .ok, at: now) { response in
        for contact in contacts { response.headers.append(.contact, contact) }
      }
      guard agent.phones.all.count != before else { return outputs }
      return outputs + [log(.info, tenant, nil, "An agent has \(agent.phones.all.count) phones registered", name.description)]
    case .tooBrief:
      return respond(key, request, .intervalTooBrief, at: now) {
        $0.headers.append(.minExpires, String(Bindings.minimumExpiry))
      }
    case .outOfOrder: return respond(key, request, .serverInternalError, at: now)
    case .malformed: return respond(key, request, .badRequest, at: now)
    }
  }

  /// Forgets the phones of an agent that did not come back in time.
  mutating func expirePhones(of address: AddressOfRecord, at now: Instant) -> [Output] {
    guard var phones = tenants[address.tenant]?.agents[address.agent]?.phones else { return [] }
    phones.expire(at: now)
    tenants[address.tenant]?.agents[address.agent]?.phones = phones
    registrations.set(address, to: phones.deadline)
    return [log(.info, address.tenant, nil, "A phone did not register again; \(phones.all.count) are left", "\(address.agent)")]
  }

  func log(
    _ level: LogLine.Level, _ tenant: TenantID?, _ call: CallID?, _ event: String, _ personal: String? = nil
  ) -> Output {
    .log(LogLine(level: level, tenant: tenant, call: call, event: event, personal: personal))
  }
}
