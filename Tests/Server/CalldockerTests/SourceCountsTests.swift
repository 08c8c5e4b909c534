import SIPCore
import Testing
import Wire

@testable import Calldocker

@Suite("How many of something one network has")
struct SourceCountsTests {
  @Test("One past the limit has no room until another goes; neighbours in an IPv6 network are one, others are not concerned")
  func limit() {
    var counts = SourceCounts(maximum: WebPlane.maximumClientsPerSource)
    let one = SourceNetwork(.v6(high: 0x2001_0DB8_0000_0001, low: 1))
    let neighbour = SourceNetwork(.v6(high: 0x2001_0DB8_0000_0001, low: 2))
    let other = SourceNetwork(.v6(high: 0x2001_0DB8_0000_0002, low: 1))
    for _ in 0..<WebPlane.maximumClientsPerSource {
      #expect(counts.hasRoom(for: neighbour))
      counts.add(one)
    }
    #expect(!counts.hasRoom(for: one) && !counts.hasRoom(for: neighbour) && counts.hasRoom(for: other))
    counts.remove(neighbour)
    #expect(counts.hasRoom(for: one))
    for _ in 1..<WebPlane.maximumClientsPerSource { counts.remove(one) }
    #expect(counts.sourceCount == 0)
  }
}
