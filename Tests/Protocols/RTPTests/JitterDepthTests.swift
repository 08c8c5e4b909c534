import Testing
import Wire

@testable import RTP

/// Somebody who speaks in packets of any length, a network, and somebody who takes 20 ms of sound each 20 ms.
private final class Conversation {
  static let clockRate = 8000
  /// Milliseconds of one packet.
  let packet: Int
  var buffer = JitterBuffer(clockRate: UInt32(clockRate))
  private var arrivals: [(at: Int, number: Int)] = []
  private var next = 0

  /// Packets played and when, in milliseconds.
  private(set) var played: [(number: Int, at: Int)] = []
  /// Milliseconds of sound that were played and invented.
  private(set) var heard = 0
  private(set) var invented = 0
  private var waiting = 0

  /// - Parameter arrival: when a packet that is complete at this moment arrives; `nil` if never.
  init(packet: Int, milliseconds: Int, arrival: (_ number: Int, _ complete: Int) -> Int?) {
    self.packet = packet
    for number in 0..<milliseconds / packet {
      if let moment = arrival(number, (number + 1) * packet) { arrivals.append((moment, number)) }
    }
    arrivals.sort { $0.at == $1.at ? $0.number < $1.number : $0.at < $1.at }
  }

  func listen(for milliseconds: Int) {
    for now in stride(from: 0, to: milliseconds, by: 20) {
      while next < arrivals.count, arrivals[next].at <= now { arrive(arrivals[next]) }
      while waiting < 20, take(at: now) {}
      waiting = max(0, waiting - 20)
    }
  }

  private func arrive(_ arrival: (at: Int, number: Int)) {
    next += 1
    let header = RTPHeader(
      marker: false, payloadType: PayloadType(0), sequence: UInt16(truncatingIfNeeded: 65_000 + arrival.number),
      timestamp: UInt32(truncatingIfNeeded: arrival.number * packet * 8), ssrc: SSRC(1))
    withUnsafeBytes(of: arrival.number) { buffer.insert(header, $0, at: Instant() + .milliseconds(arrival.at)) }
  }

  private func take(at now: Int) -> Bool {
    switch buffer.take(at: Instant() + .milliseconds(now)) {
    case .frame(let payload):
      played.append((payload.loadUnaligned(as: Int.self), now))
      heard += packet
      waiting += packet
    case .lost(let ticks, _):
      invented += Int(ticks) / 8
      waiting += Int(ticks) / 8
    case .silence: return false
    }
    return true
  }

  /// From the moment in which a packet was complete to the one in which it began to sound, in milliseconds.
  func delays(of numbers: Range<Int>) -> [Int] {
    played.filter { numbers.contains($0.number) }.map { $0.at - ($0.number + 1) * packet }
  }
}

@Suite("The jitter buffer counts time, not packets")
struct JitterDepthTests {
  static let lengths = [10, 20, 30, 40, 60]

  @Test("A steady stream is played whole and soon, however long its packets are", arguments: lengths)
  func steady(packet: Int) {
    let talk = Conversation(packet: packet, milliseconds: 30_000) { $1 + $0 % 3 }
    talk.listen(for: 30_000)
    #expect(talk.played.count >= 30_000 / packet - 6)
    #expect(talk.invented == 0)
    let delays = talk.delays(of: 10..<30_000 / packet)
    #expect((delays.max() ?? 999) <= 60, "\(delays.max() ?? -1) ms")
  }

  @Test("Under jitter that takes a tenth of a second, hardly anything is stepped over or invented", arguments: lengths)
  func jittery(packet: Int) {
    var random = Randomness.seeded(UInt64(packet))
    let talk = Conversation(packet: packet, milliseconds: 60_000) { $1 + Int.random(in: 0...100, using: &random) }
    talk.listen(for: 60_000)
    let settled = talk.played.filter { $0.at > 5000 }
    let stepped = zip(settled, settled.dropFirst()).reduce(0) { $0 + ($1.1.number - $1.0.number - 1) }
    #expect(stepped == 0, "\(stepped) packets of \(packet) ms")
    #expect(talk.invented <= 600, "\(talk.invented) ms")
    let delays = talk.delays(of: 5000 / packet..<60_000 / packet)
    #expect((delays.max() ?? 999) <= 160, "\(delays.max() ?? -1) ms")
  }

  @Test(
    "What a stall of 400 ms piled up is worked off, a packet about each half second, until nothing is left", arguments: lengths)
  func stall(packet: Int) {
    let talk = Conversation(packet: packet, milliseconds: 30_000) { _, complete in
      (5000..<5400).contains(complete) ? 5400 : complete
    }
    talk.listen(for: 30_000)
    let soon = talk.delays(of: 10_000 / packet..<10_400 / packet).max() ?? 999
    #expect(soon <= max(480 - 7 * packet, 80), "\(soon) ms after five seconds")
    let late = talk.delays(of: 20_000 / packet..<30_000 / packet).max() ?? 999
    #expect(late <= 80, "\(late) ms after fifteen")
  }

  @Test("A lost packet is filled by as much as it held: the stream neither hurries nor lags", arguments: lengths)
  func loss(packet: Int) {
    let talk = Conversation(packet: packet, milliseconds: 20_000) { number, complete in number % 20 == 7 ? nil : complete }
    talk.listen(for: 20_000)
    let lost = (0..<20_000 / packet).count { $0 % 20 == 7 }
    let total = talk.heard + talk.invented
    #expect(abs(talk.invented - lost * packet) <= packet + 40, "\(talk.invented) ms for \(lost) packets of \(packet) ms")
    #expect((19_600...20_000).contains(total), "\(total) ms")
  }
}
