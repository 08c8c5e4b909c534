import Foundation
import ICE
import Runtime
import Wire

/// Asks a STUN server where we come from (RFC 8489 §3).
enum StunQuestion {
  private static let standardPort: UInt16 = 3478

  /// - Parameter host: where the service listens: the question goes out from there.
  static func ask(_ server: String, from host: IPAddress) -> AddressCheck.World {
    guard let address = resolve(server, prefersIPv6: host.isIPv6 && !host.isUnspecified) else {
      return .silent(server: server, "there is no such host; name it as HOST:PORT, \(standardPort) by default")
    }
    var random = Randomness.system
    let transaction = STUNTransactionID(using: &random)
    let question = STUNMessage(.request, transaction: transaction).encoded(password: nil)
    let local = host.isUnspecified || host.isIPv6 != address.ip.isIPv6 ? DatagramQuestion.wildcard(for: address.ip) : host
    do throws(SystemFailure) {
      let reply = try DatagramQuestion.ask(question, address, from: local, within: .seconds(4)) {
        (try? STUNDatagram(parsing: $0))?.message.transaction == transaction
      }
      guard let reply else { return .silent(server: server, "nothing came back") }
      guard let seen = (try? STUNDatagram(parsing: reply.answer))?.message.mappedAddress else {
        return .silent(server: server, "its answer has no address in it")
      }
      return .sees(seen.ip)
    } catch {
      return .silent(server: server, "\(error)")
    }
  }

  /// A name or an address, with or without a port.
  private static func resolve(_ text: String, prefersIPv6: Bool) -> SocketAddress? {
    if let address = SocketAddress(text) { return address }
    if let ip = IPAddress(text) { return SocketAddress(ip, standardPort) }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let name = parts.first, !name.isEmpty, parts.count <= 2, let port = parts.count == 2 ? UInt16(parts[1]) : standardPort
    else { return nil }
    let found = Interfaces.addresses(named: String(name))
    let best = found.first { $0.isIPv6 == prefersIPv6 } ?? found.first
    return best.map { SocketAddress($0, port) }
  }
}
