import SIPCore
import SIPSyntax
import Wire

/// Requests outside any call: who may register, and what everybody else hears.
extension Exchange {
  /// When a peer that we refuse because we end may find us again.
  static var restartTime: Duration { .seconds(60) }

  static var allowed: String { "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER" }

  mutating func receive(_ request: SIPRequest, _ key: TransactionKey, _ flow: Flow, at now: Instant) -> [Output] {
    let unsupported = request.headers.spelledTokens(.require).filter {
      $0.lowercased() != "path" || request.method != .register
    }
    guard unsupported.isEmpty || request.method == .ack else {
      return respond(key, request, .badExtension, at: now) {
        $0.headers.append(.unsupported, unsupported.joined(separator: ", "))
      }
    }
    if let to = try? request.headers.to, to.tag != nil { return receiveInDialog(request, key, flow, at: now) }
    guard request.uri.sip != nil else { return respond(key, request, .unsupportedURIScheme, at: now) }
    // A peer that asks whether we would take its call hears what its call would (RFC 3261 §11.2).
    if isShuttingDown, request.method == .invite || request.method == .options {
      return respond(key, request, .serviceUnavailable, at: now) {
        $0.headers.append(.retryAfter, String(Self.restartTime.components.seconds))
      }
    }
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

  /// The tenant whose domain a URI names, whether there is such a tenant or not: the UUID, alone or before the base domain.
  func domain(of uri: URI) -> TenantID? {
    guard case .name(let host)? = uri.sip?.host else { return nil }
    if let id = TenantID(host.text) { return id }
    guard let base = site.baseDomain?.lowercased(), host.text.hasSuffix("." + base) else { return nil }
    return TenantID(host.text.dropLast(base.utf8.count + 1))
  }

  /// RFC 3261 §10.3, with the answers in its order. Who asks for a tenant or a user that is none hears what a wrong password hears.
  private mutating func register(
    _ request: SIPRequest, _ key: TransactionKey, _ flow: Flow, at now: Instant
  ) -> [Output] {
    guard let to = try? request.headers.to, to.uri.sip != nil, (try? request.headers.contacts) != nil else {
      return respond(key, request, .badRequest, at: now)
    }
    guard let domain = domain(of: to.uri), let user = to.uri.sip?.user else {
      return respond(key, request, .notFound, at: now)
    }
    let tenant = tenants[domain]
    let realm = domain.description
    let source = passwordSource(of: user, domain, flow)
    if let source, request.headers.credentials().contains(where: { $0.realm == realm }),
      let wait = wrongPasswords.wait(source, at: now)
    {
      edge.guessesRefused &+= 1
      return respond(key, request, .serviceUnavailable, at: now) {
        $0.headers.append(.retryAfter, String((wait.milliseconds + 999) / 1000))
      }
    }
    let verdict = authenticator.judge(
      request, of: key, realm: realm, algorithms: (tenant?.digestPolicy ?? .md5).algorithms, from: flow.remote.ip,
      secrets: { AgentName($0).flatMap { tenant?.agents[$0]?.digest } }, at: now)
    switch verdict {
    case .challenge(let challenges):
      // Nobody has proved anything yet, and the next one comes alike: no transaction is kept for either.
      return layer.respondStatelessly(key, Self.challenge(request, challenges)).flatMap { perform($0, at: now) }
    case .refused(let challenges, let wrong):
      if let source { wrongPasswords.note(source, at: now) }
      // A wrong password counts once, however often its REGISTER comes.
      let outputs = layer.respond(key, Self.challenge(request, challenges), at: now).flatMap { perform($0, at: now) }
      guard passwordLines.admits(SourceNetwork(flow.remote.ip), at: now) else { return outputs }
      let event = tenant == nil ? "A phone named a business that does not exist" : "A phone gave a wrong password"
      return outputs + [log(.warning, domain, nil, event, "\(wrong) from \(flow.remote)")]
    case .accepted(let proven):
      // Whose password it was decides whose phone it is.
      guard let name = AgentName(user), AgentName(proven) == name else { return respond(key, request, .forbidden, at: now) }
      return bind(AddressOfRecord(tenant: domain, agent: name), request, key, flow, at: now)
    }
  }

  /// What a source did besides what was logged of it.
  func log(_ gap: LineLimit<SourceNetwork>.Gap) -> Output {
    let event = "Phones gave \(gap.count) more wrong passwords from \(gap.source == nil ? "other addresses" : "one address")"
    return log(.warning, nil, nil, event, gap.source?.description)
  }

  private static func challenge(_ request: SIPRequest, _ challenges: [DigestChallenge]) -> SIPResponse {
    var response = SIPResponse(to: request, .unauthorized, toTag: tag(answering: request))
    for challenge in challenges { response.headers.append(.wwwAuthenticate, challenge.description) }
    return response
  }

  /// Whom a wrong password counts against; `nil` for a user whose phone is registered from there, who is never slowed.
  private func passwordSource(of user: String, _ domain: TenantID, _ flow: Flow) -> WrongPasswords.Source? {
    let network = SourceNetwork(flow.remote.ip)
    guard registeredFrom.contains(network) else { return WrongPasswords.Source(network) }
    let name = AgentName(user)
    let phones = name.flatMap { tenants[domain]?.agents[$0]?.phones.all } ?? []
    guard !phones.contains(where: { SourceNetwork($0.flow.remote.ip) == network }) else { return nil }
    return WrongPasswords.Source(network, user: "\(name?.description ?? "")@\(domain)")
  }

  private mutating func bind(
    _ address: AddressOfRecord, _ request: SIPRequest, _ key: TransactionKey, _ flow: Flow, at now: Instant
  ) -> [Output] {
    guard let before = tenants[address.tenant]?.agents[address.agent]?.phones else {
      return respond(key, request, .notFound, at: now)
    }
    guard keepings.count < Self.maximumKeepings else { return refuse(key, request, at: now) }
    var phones = before
    let answer = phones.apply(request, over: flow, at: now)
    setPhones(phones, of: address, at: now)
    switch answer {
    case .accepted:
      let followed = follow(address, to: flow)
      return followed
        + answerOnceKept(address, request, key, before: before, after: phones, at: now)
    case .tooBrief:
      return respond(key, request, .intervalTooBrief, at: now) {
        $0.headers.append(.minExpires, String(Bindings.minimumExpiry))
      }
    case .outOfOrder: return respond(key, request, .serverInternalError, at: now)
    case .tooMany: return respond(key, request, .forbidden, at: now)
    case .malformed: return respond(key, request, .badRequest, at: now)
    }
  }

  /// Forgets the phones of an agent that did not come back in time.
  mutating func expirePhones(of address: AddressOfRecord, at now: Instant) -> [Output] {
    guard var phones = tenants[address.tenant]?.agents[address.agent]?.phones else { return [] }
    phones.expire(at: now)
    setPhones(phones, of: address, losing: .expired, at: now)
    let event = "A phone did not register again; \(phones.all.count) are left"
    return [keep(phones, of: address), log(.info, address.tenant, nil, event, "\(address.agent)")]
  }

  func log(
    _ level: LogLine.Level, _ tenant: TenantID?, _ call: CallID?, _ event: String, _ personal: String? = nil
  ) -> Output {
    .log(LogLine(level: level, tenant: tenant, call: call, event: event, personal: personal))
  }
}
