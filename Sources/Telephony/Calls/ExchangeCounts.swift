import SIPCore
import SIPSyntax

/// What happened since the start, for an operator: never by tenant.
package struct ExchangeCounts: Sendable {
  package var begun: UInt64 = 0
  package var ended: [EndReason: UInt64] = [:]
  package var received = SIPCounts()
  package var sent = SIPCounts()
  package init() {}
}

/// SIP messages one way: requests by method, responses by the hundred of their status.
package struct SIPCounts: Hashable, Sendable {
  /// Any other method is counted as `other`: a peer may invent as many as it likes.
  package static let methods = ["INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "other"]

  package private(set) var requests = Array(repeating: UInt64(0), count: methods.count)
  /// 1xx to 6xx.
  package private(set) var responses = Array(repeating: UInt64(0), count: 6)
  package init() {}

  mutating func note(_ message: SIPMessage) {
    switch message {
    case .request(let request): note(method: request.method.description)
    case .response(let response): note(status: Int(response.status.value))
    }
  }

  /// A message as it is sent; its first word tells what it is.
  mutating func note(_ octets: [UInt8]) {
    let word = octets.prefix(16).prefix { $0 != 0x20 }
    guard word.elementsEqual("SIP/2.0".utf8) else { return note(method: String(decoding: word, as: UTF8.self)) }
    guard octets.count > 8 else { return }
    note(status: (Int(octets[8]) - 0x30) * 100)
  }

  private mutating func note(method: String) {
    requests[Self.methods.firstIndex(of: method) ?? Self.methods.count - 1] &+= 1
  }
  private mutating func note(status: Int) {
    guard (100...699).contains(status) else { return }
    responses[status / 100 - 1] &+= 1
  }
}

/// What is alive in an exchange, for an operator.
package struct ExchangeGauges: Sendable {
  package var ringing = 0
  /// Calls that hear what their business's plan has for them.
  package var attended = 0
  package var talking = 0
  package var echo = 0
  /// Calls that wait for the connection of a browser, of those above.
  package var absent = 0
  package var phones = 0
  package var transactions = 0
  package var connections = 0
  package var agentSessions = 0
  package var tenants = 0
}

extension Exchange {
  /// Whether a leg is, or was until a moment ago, in a call of the doctor's.
  package func isDoctors(_ leg: LegID) -> Bool { (placesByLeg[leg] ?? records.place(of: leg))?.tenant == .doctor }

  /// Walks all tenants: for somebody who asks now and then.
  package var gauges: ExchangeGauges {
    var gauges = ExchangeGauges()
    for tenant in tenants.values where tenant.id != .doctor {
      for call in tenant.calls.values {
        switch call.phase {
        case .attended: gauges.attended += 1
        case .ringing: gauges.ringing += 1
        case .talking: gauges.talking += 1
        case .echo: gauges.echo += 1
        }
        if call.isAnybodyAbsent { gauges.absent += 1 }
      }
      for agent in tenant.agents.values { gauges.phones += agent.phones.all.count }
    }
    gauges.tenants = tenantsInOrder.count
    gauges.transactions = layer.count
    gauges.connections = connections.count
    gauges.agentSessions = placesBySession.count
    return gauges
  }
}
