import ICE
import SIPCore
import SIPSyntax
import Wire

/// What happened at the SIP edge that no peer was told of: counted, never logged one by one.
package struct EdgeCounts: Hashable, Sendable {
  /// Messages for a peer whose connection was gone.
  package var lostWithConnection: UInt64 = 0
  /// Connections past a limit, of all or of one source.
  package var connectionsRefused: UInt64 = 0
  /// Connections closed because their peer kept them without use, or sent what is no SIP.
  package var connectionsEnded: UInt64 = 0
  /// Tries for a password that came too soon after too many wrong ones.
  package var guessesRefused: UInt64 = 0
  package init() {}
}

/// How peers come and stay: over connections, and through routers.
extension Exchange {
  /// A phone keeps its way through a router open with STUN, and learns by it whether the way is still the same (RFC 5626 §3.5.2, §8).
  static func keepAliveAnswer(to datagram: [UInt8], from source: SocketAddress) -> [UInt8]? {
    guard STUNMessage.isSTUN(datagram), let request = try? STUNDatagram(parsing: datagram).message,
      request.kind == .request, request.method == STUNMessage.binding, request.unknownAttributes.isEmpty
    else { return nil }
    let answer = STUNMessage(.success, transaction: request.transaction, attributes: [.xorMappedAddress(source)])
    return answer.encoded(password: nil)
  }

  /// A peer has connected; the connection's number is in the flow.
  package mutating func connectionOpened(_ flow: Flow, at now: Instant) -> [Output] {
    guard let connection = flow.connection else { return [] }
    guard !connections.open(flow, at: now) else { return [] }
    edge.connectionsRefused &+= 1
    return [.close(connection)]
  }

  package mutating func receive(_ octets: [UInt8], on connection: ConnectionID, at now: Instant) -> [Output] {
    var outputs: [Output] = []
    for output in connections.receive(octets, on: connection, at: now) { outputs += perform(output, at: now) }
    return outputs
  }

  /// A connection is gone, by the peer's will or the network's: phones that were reached over it are no longer, and what rang there does not.
  package mutating func connectionClosed(_ connection: ConnectionID, at now: Instant) -> [Output] {
    guard connections.close(connection) else { return [] }
    var outputs: [Output] = [.flight(.connectionClosed(connection))]
    for address in registeredOver[connection] {
      guard var phones = tenants[address.tenant]?.agents[address.agent]?.phones else { continue }
      phones.remove(over: connection)
      setPhones(phones, of: address, losing: .connectionEnded, at: now)
      outputs.append(
        log(.info, address.tenant, nil, "A phone's connection ended; \(phones.all.count) are left", "\(address.agent)"))
    }
    return outputs + layer.connectionClosed(connection).flatMap { perform($0, at: now) }
  }

  mutating func perform(_ output: Connections.Output, at now: Instant) -> [Output] {
    switch output {
    case .message(let message, let flow):
      counts.received.note(message)
      return heard(message, flow) + layer.receive(message, over: flow, at: now).flatMap { perform($0, at: now) }
    case .malformed(let error, let flow): return answer(error, over: flow)
    case .send(let octets, let connection): return [.stream(octets, connection)]
    case .over(let connection): return end(connection, at: now)
    case .idle(let connection):
      guard !isTalking(over: connection) else {
        connections.retain(connection, at: now)
        return []
      }
      return end(connection, at: now)
    }
  }

  private mutating func end(_ connection: ConnectionID, at now: Instant) -> [Output] {
    edge.connectionsEnded &+= 1
    return connectionClosed(connection, at: now) + [.close(connection)]
  }

  /// Whether a call's dialog needs the connection. Asked once in each idle time of a connection without registrations.
  private func isTalking(over connection: ConnectionID) -> Bool {
    placesByDialog.values.contains { place in
      guard case .talking(.phone(let phone), _)? = call(place)?.phase else { return false }
      return phone.flow.connection == connection
    }
  }

  // MARK: Where phones are

  /// Puts an agent's phones in the place of those it had, with everything that follows from where they are.
  ///
  /// - Parameter loss: why some of them may be gone; by itself a phone says goodbye.
  mutating func setPhones(
    _ phones: Bindings, of address: AddressOfRecord, losing loss: PhoneLoss = .signedOff, at now: Instant
  ) {
    willChange(address, at: now)
    let before = tenants[address.tenant]?.agents[address.agent]?.phones.all ?? []
    tenants[address.tenant]?.agents[address.agent]?.phones = phones
    tenants[address.tenant]?.agents[address.agent]?.phonesSet(losing: loss, at: now)
    registrations.set(address, to: phones.deadline)
    for binding in before { forget(binding.flow, of: address) }
    for binding in phones.all {
      registeredFrom.insert(address, under: SourceNetwork(binding.flow.remote.ip))
      guard let connection = binding.flow.connection else { continue }
      registeredOver.insert(address, under: connection)
      connections.register(connection, until: binding.expiresAt)
    }
    for connection in before.compactMap(\.flow.connection) where !registeredOver.contains(connection) {
      connections.unregister(connection, at: now)
    }
  }

  private mutating func forget(_ flow: Flow, of address: AddressOfRecord) {
    registeredFrom.remove(address, under: SourceNetwork(flow.remote.ip))
    if let connection = flow.connection { registeredOver.remove(address, under: connection) }
  }

  /// A phone that talks has registered from elsewhere: what we ask of it goes there (RFC 5626 §5.3).
  mutating func follow(_ address: AddressOfRecord, to flow: Flow) -> [Output] {
    guard let agent = tenants[address.tenant]?.agents[address.agent], let id = agent.call else { return [] }
    let place = Place(tenant: address.tenant, call: id)
    guard case .talking(.phone(let phone), _)? = call(place)?.phase,
      agent.phones.all.contains(where: { $0.flow == flow && $0.isSamePhone(as: phone.binding) })
    else { return [] }
    return move(place, to: flow)
  }

  /// The phone of a conversation is found elsewhere from now on.
  mutating func move(_ place: Place, to flow: Flow) -> [Output] {
    guard case .talking(.phone(var phone), let since)? = call(place)?.phase, phone.flow != flow else { return [] }
    phone.flow = flow
    update(place) { $0.phase = .talking(.phone(phone), since: since) }
    return [input(place, .moved(flow))]
  }
}
