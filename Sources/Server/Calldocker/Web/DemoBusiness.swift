import Calls
import Cryptography
import Foundation
import HTTP
import SIPSyntax
import Storage
import Wire

/// The business of `--demo`: its agents, the same at each start on one data folder, and what a newcomer must know to reach them.
package struct DemoBusiness: Sendable {
  package struct Member: Sendable {
    package let name: AgentName
    package let password: String
  }

  package let tenant: TenantID
  package let members: [Member]
  /// Where a softphone sends everything, best first.
  let outboundProxies: [SocketAddress]
  /// Who knows this may read the passwords: it stands in the link on the terminal, behind the `#` that browsers send to nobody.
  private let key: String

  /// - Parameter passwords: what agents had before; who is not among them gets a new one.
  package init(
    _ tenant: TenantID, outboundProxies: [SocketAddress], passwords: [String: String] = [:], using random: inout Randomness
  ) {
    self.tenant = tenant
    self.outboundProxies = outboundProxies
    members = Self.names.compactMap { AgentName($0) }.map {
      Member(name: $0, password: passwords[$0.description] ?? random.token(12))
    }
    key = random.token(24)
  }

  /// What stands on the terminal.
  package func announcement(at address: String) -> [String] {
    var lines = ["The demo business is \(tenant). Register a softphone as one of its agents:"]
    for member in members { lines.append("  user \(member.name)   password \(member.password)   domain \(tenant)") }
    for proxy in outboundProxies { lines.append("  outbound proxy \(proxy) (UDP or TCP)") }
    lines.append("While no softphone is registered, a call to the demo business reaches an echo with a greeting.")
    lines.append("Call it from your browser: \(address)/#key=\(key)")
    return lines
  }

  private static let names = ["alice", "bob"]

  /// The agents' passwords of all runs on this data folder, so that a softphone that was configured once goes on working.
  ///
  /// Of nobody else is a password kept. These are shown on the terminal at every start, as a demo must, so they have to be kept;
  /// they open two telephones of a business that is open to everybody on a machine where somebody tries the product.
  static func passwords(in ledger: Ledger, using random: inout Randomness) throws(StorageFailure) -> [String: String] {
    var passwords: [String: String] = [:]
    for name in names {
      let fresh = Array(random.token(12).utf8)
      passwords[name] = String(decoding: try ledger.secret("demo/\(name)", orKeep: fresh), as: UTF8.self)
    }
    return passwords
  }

  // MARK: GET /demo.json

  private struct Description: Encodable {
    struct Agent: Encodable {
      var user: String
      /// Only for who has the key.
      var password: String?
      var isRegistered: Bool
    }
    var uuid: String
    var domain: String
    var outboundProxies: [String]
    var agents: [Agent]
  }

  /// What the demo page shows. Unlike everything else here it is for pages of our own origin only.
  func answer(to request: HTTPRequest, registered: Set<AgentName>) -> HTTPResponse {
    let given = request.headers["Authorization"] ?? ""
    let isTrusted = constantTimeEquals(Array(given.utf8), Array("Bearer \(key)".utf8))
    let description = Description(
      uuid: tenant.description, domain: tenant.description, outboundProxies: outboundProxies.map(\.description),
      agents: members.map {
        .init(
          user: $0.name.description, password: isTrusted ? $0.password : nil, isRegistered: registered.contains($0.name))
      })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let body = try? encoder.encode(description) else { return .problem(500, "The answer could not be written") }
    return HTTPResponse(
      200,
      headers: [
        ("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("Cross-Origin-Resource-Policy", "same-origin"),
      ], body: Array(body))
  }
}
