import Testing
import Wire

@testable import Calls

@Suite("What a call keeps is no longer than it must be")
struct CallMemoryTests {
  @Test("A moment of a flight record takes three words in its list, whatever it tells")
  func moments() {
    #expect(MemoryLayout<FlightRecord.Moment>.stride <= 24)
  }

  @Test("A tenant's table of calls has rows of a few hundred bytes, whoever talks")
  func rows() {
    #expect(MemoryLayout<Call>.stride <= 512, "\(MemoryLayout<Call>.stride)")
  }

  @Test("Of a message is kept what it says and no room beside it")
  func messages() {
    let flow = SignallingLine.udp()
    for length in [100, 300, 700, 1500] {
      let octets = Array(("OPTIONS sip:a SIP/2.0\r\nUser-Agent: " + String(repeating: "x", count: length) + "\r\n\r\n").utf8)
      let message = FlightMessage(LegID(1), isFromPeer: true, .flow(flow), keeping: octets)
      #expect(message.octets.count > length && message.octets.capacity - message.octets.count <= 32)
    }
  }
}
