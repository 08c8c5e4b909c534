import Peers
import VirtualClock
import Wire

/// A network that exists in virtual time: it delays, reorders and loses datagrams as a seed says.
///
/// OpenSSL, which asks the wall's clock when to repeat a flight, is told this time as well.
package final class VirtualNetwork: PeerNetwork {
  private struct Datagram {
    var octets: [UInt8]
    var from: SocketAddress
    var to: SocketAddress
  }

  package private(set) var now = Instant()
  package var loss = 0.0
  package var delay: ClosedRange<Duration> = .milliseconds(5)...(.milliseconds(5))
  package private(set) var delivered = 0
  package private(set) var lost = 0

  private var random: Randomness
  private var moments = DeadlineQueue<Int>()
  private var inFlight: [Int: Datagram] = [:]
  private var nextID = 0
  private var receivers: [SocketAddress: ([UInt8], SocketAddress) -> Void] = [:]

  package init(seed: UInt64) {
    random = .seeded(seed)
    tellTime()
  }

  deinit { virtual_clock_clear() }

  /// The first seconds of an ordinary day.
  private func tellTime() { virtual_clock_set(1_795_420_800_000_000 + (now - Instant()).nanoseconds / 1000) }

  package func listen(_ address: SocketAddress, _ receive: @escaping ([UInt8], SocketAddress) -> Void) {
    receivers[address] = receive
  }

  package func close(_ address: SocketAddress) { receivers[address] = nil }

  package func send(_ octets: [UInt8], from: SocketAddress, to: SocketAddress) {
    guard Double.random(in: 0..<1, using: &random) >= loss else {
      lost += 1
      return
    }
    let (low, high) = (delay.lowerBound.nanoseconds, delay.upperBound.nanoseconds)
    nextID += 1
    inFlight[nextID] = Datagram(octets: octets, from: from, to: to)
    moments.set(nextID, to: now + .nanoseconds(Int64.random(in: low...high, using: &random)))
  }

  package var next: Instant? { moments.next }

  /// Moves time forward and delivers what is due.
  package func advance(to moment: Instant) {
    now = max(now, moment)
    tellTime()
    while let id = moments.popDue(at: now) {
      guard let datagram = inFlight.removeValue(forKey: id) else { continue }
      delivered += 1
      receivers[datagram.to]?(datagram.octets, datagram.from)
    }
  }
}
