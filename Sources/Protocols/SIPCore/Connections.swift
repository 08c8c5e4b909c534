import SIPSyntax
import Wire

/// All connections that peers opened to one SIP endpoint: what arrives becomes messages, and who holds one without use loses it.
///
/// A connection lives as long as the registrations over it and `margin`; one that carries none lives `idleTime` from message to message.
package struct Connections: Sendable {
  package enum Output: Hashable, Sendable {
    case message(SIPMessage, Flow)
    case malformed(SIPSyntaxError, Flow)
    case send([UInt8], ConnectionID)
    /// Nobody is registered over it and nothing was said for a while: `close` it, or `retain` it if something else needs it.
    case idle(ConnectionID)
    /// It has become useless: `close` it once what was said before is sent.
    case over(ConnectionID)
  }

  package static let maximum = 20_000
  /// Of one IPv4 address or one IPv6 network of 64 bits: a large office behind one router.
  package static let maximumPerSource = 1000
  package static let idleTime = Duration.seconds(60)
  /// How much longer than a registration its connection lives: a phone renews at the last moment, over a slow network.
  package static let margin = Duration.seconds(30)

  private struct Connection {
    let flow: Flow
    var stream = SIPStream()
    var idleAt: Instant
    /// When the last registration over it ends.
    var registeredUntil: Instant?

    var deadline: Instant? { earliest(stream.deadline, max(idleAt, registeredUntil.map { $0 + margin } ?? idleAt)) }
  }

  private var connections: [ConnectionID: Connection] = [:]
  private var countBySource: [SourceNetwork: Int] = [:]
  private var deadlines = DeadlineQueue<ConnectionID>()

  package init() {}

  package var count: Int { connections.count }
  package var deadline: Instant? { deadlines.next }
  package func isOpen(_ id: ConnectionID) -> Bool { connections[id] != nil }
  /// Whether a flow still leads to its peer, as far as can be known.
  package func carries(_ flow: Flow) -> Bool { flow.connection.map(isOpen) ?? true }

  /// Takes a connection in; `false` if there are too many, of all peers or of that one.
  package mutating func open(_ flow: Flow, at now: Instant) -> Bool {
    guard let id = flow.connection, connections[id] == nil, connections.count < Self.maximum else { return false }
    let source = SourceNetwork(flow.remote.ip)
    guard countBySource[source, default: 0] < Self.maximumPerSource else { return false }
    countBySource[source, default: 0] += 1
    keep(id, Connection(flow: flow, idleAt: now + Self.idleTime))
    return true
  }

  /// Forgets a connection that is gone; `false` if it was forgotten before.
  @discardableResult
  package mutating func close(_ id: ConnectionID) -> Bool {
    guard let connection = connections.removeValue(forKey: id) else { return false }
    deadlines.remove(id)
    let source = SourceNetwork(connection.flow.remote.ip)
    let rest = countBySource[source, default: 1] - 1
    countBySource[source] = rest > 0 ? rest : nil
    return true
  }

  package mutating func receive(_ octets: [UInt8], on id: ConnectionID, at now: Instant) -> [Output] {
    guard var connection = connections[id] else { return [] }
    let heard = connection.stream.receive(octets, at: now)
    let isBusy = heard.contains { if case .message = $0 { true } else { false } }
    if isBusy { connection.idleAt = now + Self.idleTime }
    keep(id, connection)
    return heard.flatMap { perform($0, connection.flow, id) }
  }

  private func perform(_ output: SIPStream.Output, _ flow: Flow, _ id: ConnectionID) -> [Output] {
    switch output {
    case .message(let message): return [.message(message, flow)]
    case .malformed(let error): return [.malformed(error, flow)]
    case .pong(let count): return [.send([UInt8](repeating: [0x0D, 0x0A], times: count), id)]
    case .broken(let error): return [.malformed(error, flow), .over(id)]
    case .expired: return [.over(id)]
    }
  }

  /// Somebody is registered over a connection until then, besides whoever is.
  package mutating func register(_ id: ConnectionID, until end: Instant) {
    guard var connection = connections[id] else { return }
    connection.registeredUntil = max(end, connection.registeredUntil ?? end)
    keep(id, connection)
  }

  /// Nobody is registered over a connection any more; whoever was may be about to come back.
  package mutating func unregister(_ id: ConnectionID, at now: Instant) {
    guard var connection = connections[id] else { return }
    connection.registeredUntil = nil
    connection.idleAt = max(connection.idleAt, now + Self.margin)
    keep(id, connection)
  }

  /// Lets a connection that carries something else than a registration live on for another while.
  package mutating func retain(_ id: ConnectionID, at now: Instant) {
    guard var connection = connections[id] else { return }
    connection.idleAt = now + Self.idleTime
    keep(id, connection)
  }

  package mutating func wake(at now: Instant) -> [Output] {
    var outputs: [Output] = []
    while let id = deadlines.popDue(at: now) {
      guard var connection = connections[id] else { continue }
      let expired = connection.stream.wake(at: now)
      connections[id] = connection
      // Whoever is told closes or retains it: until then it rings no more.
      outputs += expired.isEmpty ? [.idle(id)] : expired.flatMap { perform($0, connection.flow, id) }
    }
    return outputs
  }

  private mutating func keep(_ id: ConnectionID, _ connection: Connection) {
    connections[id] = connection
    deadlines.set(id, to: connection.deadline)
  }
}

/// What one source can have many addresses of: an IPv4 address, or the 64 bits of an IPv6 network that a customer gets.
package struct SourceNetwork: Hashable, Sendable, CustomStringConvertible {
  private let address: IPAddress

  package var description: String { address.isIPv6 ? "\(address)/64" : "\(address)" }

  package init(_ address: IPAddress) {
    self.address = if case .v6(let high, _) = address { .v6(high: high, low: 0) } else { address }
  }
}

extension [UInt8] {
  fileprivate init(repeating pattern: [UInt8], times: Int) {
    self = []
    reserveCapacity(pattern.count * times)
    for _ in 0..<times { append(contentsOf: pattern) }
  }
}
