import Testing

@testable import Wire

@Suite("Wire: addresses, time and chance as values")
struct WireTests {
  @Test(
    "IP addresses read RFC 4291 text and print RFC 5952",
    arguments: [
      ("192.0.2.1", "192.0.2.1"), ("::", "::"), ("::1", "::1"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
      ("1::", "1::"), ("::ffff:192.0.2.7", "192.0.2.7"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    ])
  func addresses(text: String, printed: String) {
    #expect(IPAddress(text)?.description == printed)
  }

  @Test(
    "What is no address is none",
    arguments: [
      "", "1.2.3", "1.2.3.256", "1.2.3.+4", "localhost", "1::2::3", ":::", "12345::", "1:2:3:4:5:6:7", "abc.local", ":1", "1:",
      "1.2.3.4.5", "::1.2.3", "1:2:3:4:5:6:7:8:9", "::-1",
    ])
  func notAddresses(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test("What is kept fits its block, and a buffer that was read to its end holds none")
  func blocks() {
    var octets: [UInt8] = []
    for number in 0..<700 { octets.append(UInt8(truncatingIfNeeded: number)) }
    #expect(octets.fitted == octets && octets.fitted.capacity < 740 && [UInt8]().fitted.isEmpty)
    octets.consume(600)
    #expect(octets.count == 100 && octets.first == UInt8(600 % 256) && octets.capacity >= 100)
    octets.consume(0)
    octets.consume(100)
    #expect(octets.isEmpty && octets.capacity == 0)
  }

  @Test("Socket addresses keep brackets for IPv6 only")
  func socketAddresses() {
    #expect(SocketAddress("127.0.0.1:5060") == SocketAddress(.loopback, 5060))
    #expect(SocketAddress("[::1]:5061")?.description == "[::1]:5061")
    #expect(SocketAddress("::1:5061") == nil)
    #expect(SocketAddress("127.0.0.1:65536") == nil)
  }

  @Test(
    "Base 64 has the vectors of RFC 4648 §10",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func base64(plain: String, coded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == coded)
    #expect(Base64.decode(coded) == Array(plain.utf8))
  }

  @Test("Codings refuse what they did not write")
  func badCodings() {
    #expect(Base64.decode("Z") == nil)
    #expect(Base64.decode("Zm9v!") == nil)
    #expect(Hex.decode("0") == nil)
    #expect(Hex.decode("zz") == nil)
    #expect(Hex.decode(Hex.encode([0, 127, 255])) == [0, 127, 255])
  }

  @Test("The deadline queue agrees with a sorted list", arguments: 1...40 as ClosedRange<UInt64>)
  func deadlineQueue(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var queue = DeadlineQueue<Int>()
    var model: [Int: Int64] = [:]
    for _ in 0..<300 {
      let id = Int.random(in: 0..<40, using: &random)
      let deadline = Bool.random(using: &random) ? Int64.random(in: 0..<50, using: &random) : nil
      queue.set(id, to: deadline.map { Instant(nanoseconds: $0) })
      model[id] = deadline
      #expect(queue.next?.nanoseconds == model.values.min())
    }
    var served: [Int64] = []
    while let id = queue.popDue(at: Instant(nanoseconds: 100)) { model.removeValue(forKey: id).map { served.append($0) } }
    #expect(served == served.sorted())
    #expect(model.isEmpty)
  }

  @Test("The same seed gives the same numbers, another seed others")
  func seeds() {
    var first = Randomness.seeded(7)
    var second = Randomness.seeded(7)
    var third = Randomness.seeded(8)
    #expect(first.token(20) == second.token(20))
    #expect(first.next() != third.next())
  }

  @Test("Durations beyond 292 years hold at the end instead of trapping")
  func durations() {
    #expect(Duration.seconds(Int64.max).nanoseconds == .max)
    #expect(Duration.seconds(-Int64.max).nanoseconds == .min)
    #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
  }
}

@Suite("Values in the order of their coming")
struct OrderedIndexTests {
  @Test("An index tells its values in their order, whatever their hashes are")
  func order() {
    var index = OrderedIndex<Int, String>()
    for word in ["d", "a", "c", "b", "a"] { index.insert(word, under: 1) }
    index.insert("z", under: 2)
    index.remove("c", under: 1)
    #expect(index[1] == ["d", "a", "b"])
    #expect(index.removeAll(under: 1) == ["d", "a", "b"] && !index.contains(1))
    index.remove("z", under: 2)
    #expect(index.keyCount == 0)
  }
}
