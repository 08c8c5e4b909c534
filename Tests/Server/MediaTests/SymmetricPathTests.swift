import RTP
import Testing
import Wire

@testable import Media

@Suite("Symmetric RTP: a phone is where its packets come from (RFC 4961)")
struct SymmetricPathTests {
  private let told = SocketAddress(.v4(1), 10)
  private let real = SocketAddress(.v4(2), 20)
  private let thief = SocketAddress(.v4(3), 30)
  private func accepts(_ path: inout SymmetricPath, _ ssrc: SSRC, from source: SocketAddress, at now: Instant) -> Bool {
    path.accepts(ssrc, from: source, at: now)
  }
  private func at(_ seconds: Int64) -> Instant { Instant() + .seconds(seconds) }

  @Test("Two packets from where the signalling comes from make a new address believed; strangers are not heard after that")
  func learning() {
    var path = SymmetricPath(described: told, home: real.ip)
    #expect(!accepts(&path, SSRC(1), from: real, at: at(0)))
    #expect(path.remote == told)
    #expect(accepts(&path, SSRC(1), from: real, at: at(0)))
    #expect(path.remote == real)
    #expect(!accepts(&path, SSRC(9), from: thief, at: at(1)))
    #expect(accepts(&path, SSRC(1), from: real, at: at(1)))
  }

  @Test("The described address is believed at once")
  func described() {
    var path = SymmetricPath(described: told)
    #expect(accepts(&path, SSRC(1), from: told, at: at(0)))
    #expect(!accepts(&path, SSRC(2), from: thief, at: at(0)))
    #expect(!accepts(&path, SSRC(2), from: thief, at: at(0)))
  }

  @Test("A phone that moved is believed after a silence, under its old source only")
  func moving() {
    var path = SymmetricPath(described: told)
    #expect(accepts(&path, SSRC(1), from: told, at: at(0)))
    #expect(!accepts(&path, SSRC(1), from: real, at: at(1)))
    #expect(!accepts(&path, SSRC(7), from: thief, at: at(5)))
    #expect(accepts(&path, SSRC(1), from: real, at: at(5)))
    #expect(path.remote == real)
  }

  @Test("The same machine is believed after a silence under another source too, once two packets in a row came")
  func anew() {
    var path = SymmetricPath(described: told)
    let (other, third) = (SocketAddress(told.ip, 77), SocketAddress(told.ip, 78))
    #expect(accepts(&path, SSRC(1), from: told, at: at(0)))
    #expect(!accepts(&path, SSRC(2), from: other, at: at(1)), "while the settled source speaks")
    #expect(!accepts(&path, SSRC(2), from: other, at: at(3)))
    #expect(!accepts(&path, SSRC(2), from: third, at: at(3)), "two in a row of one source")
    #expect(!accepts(&path, SSRC(2), from: other, at: at(3)))
    #expect(accepts(&path, SSRC(2), from: other, at: at(3)) && path.remote == other)
    for _ in 0..<3 { #expect(!accepts(&path, SSRC(9), from: thief, at: at(9)), "a stranger takes no pause for himself") }
  }

  /// Lets a stranger be the only one who speaks until he is believed.
  private func steal(_ path: inout SymmetricPath) {
    for _ in 1..<SymmetricPath.strangersPacketsToBelieve { #expect(!accepts(&path, SSRC(9), from: thief, at: at(0))) }
    #expect(accepts(&path, SSRC(9), from: thief, at: at(0)) && path.remote == thief)
  }

  @Test("Another network is believed after half a second in a row; a stranger who was quicker gives way to the phone at once")
  func stolen() {
    for place in [told, SocketAddress(told.ip, 77), real] {
      var path = SymmetricPath(described: told, home: real.ip)
      steal(&path)
      #expect(!accepts(&path, SSRC(1), from: place, at: at(0)))
      #expect(accepts(&path, SSRC(9), from: thief, at: at(0)), "one packet is not yet a phone")
      #expect(accepts(&path, SSRC(1), from: place, at: at(0)) && path.remote == place)
      #expect(!accepts(&path, SSRC(9), from: thief, at: at(0)), "and from then on he is not heard")
    }
  }

  @Test("Who talks in between keeps no phone from being believed")
  func interleaved() {
    var path = SymmetricPath(described: told, home: real.ip)
    for _ in 0..<10 { #expect(!accepts(&path, SSRC(9), from: thief, at: at(0))) }
    #expect(!accepts(&path, SSRC(1), from: real, at: at(0)))
    #expect(!accepts(&path, SSRC(9), from: thief, at: at(0)))
    #expect(accepts(&path, SSRC(1), from: real, at: at(0)) && path.remote == real)
  }

  @Test("A new description starts the learning anew; the same one changes nothing")
  func redescribed() {
    var path = SymmetricPath(described: told)
    #expect(accepts(&path, SSRC(1), from: told, at: at(0)))
    path.describe(told)
    #expect(!accepts(&path, SSRC(2), from: thief, at: at(0)))
    path.describe(real)
    #expect(path.remote == real && accepts(&path, SSRC(1), from: real, at: at(0)))
  }
}

@Suite("Addresses find their legs")
struct AddressTableTests {
  @Test("The table agrees with a dictionary", arguments: 0..<20 as Range<UInt64>)
  func model(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var table = AddressTable(capacity: 8)
    var model: [SocketAddress: Int] = [:]
    for _ in 0..<2000 {
      let address = SocketAddress(.v4(UInt32.random(in: 0..<40, using: &random)), UInt16.random(in: 0..<4, using: &random))
      let slot = Int.random(in: 0..<5, using: &random)
      if Bool.random(using: &random) {
        table.set(address, to: slot)
        model[address] = slot
      } else {
        table.remove(address, of: slot)
        if model[address] == slot { model[address] = nil }
      }
      let found = table.slot(of: address)
      #expect(found == model[address])
      let count = table.count
      #expect(count == model.count)
    }
  }
}
