import Testing
import Wire

@testable import SIPSyntax

@Suite("Messages on a stream (RFC 3261 §18.3, RFC 5626 §3.5.1)")
struct SIPStreamTests {
  private static let head = """
    OPTIONS sip:b@example SIP/2.0
    Via: SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK1
    From: <sip:a@example>;tag=1
    To: <sip:b@example>
    Call-ID: c
    CSeq: 1 OPTIONS
    """
  private static func octets(_ text: String) -> [UInt8] { Array(text.replacing("\n", with: "\r\n").utf8) }
  private static func message(_ body: String = "", number: Int = 1, length: String? = nil) -> [UInt8] {
    let length = length ?? "Content-Length: \(body.utf8.count)"
    return octets(head.replacing("CSeq: 1 ", with: "CSeq: \(number) ") + "\n\(length)\n\n") + Array(body.utf8)
  }
  private func numbers(_ outputs: [SIPStream.Output]) -> [UInt32] {
    outputs.compactMap { if case .message(let message) = $0 { try? message.headers.cseq.number } else { nil } }
  }
  private let start = Instant()

  @Test("However the bytes come, the messages are the same", arguments: 0..<100 as Range<UInt64>)
  func pieces(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var octets: [UInt8] = []
    for number in 1...5 {
      octets += Self.message(String(repeating: "\r\n\r\n", count: Int.random(in: 0..<4, using: &random)), number: number)
      octets += [UInt8](repeating: 0x0A, count: Int.random(in: 0..<2, using: &random))
    }
    var stream = SIPStream()
    var outputs: [SIPStream.Output] = []
    while !octets.isEmpty {
      let count = min(octets.count, Int.random(in: 1...40, using: &random))
      outputs += stream.receive(Array(octets.prefix(count)), at: start)
      octets.removeFirst(count)
    }
    #expect(numbers(outputs) == [1, 2, 3, 4, 5], "seed \(seed)")
    #expect(stream.deadline == nil)
  }

  @Test("Two line ends between messages are a ping, one is nothing; neither begins a message")
  func keepAlive() {
    var stream = SIPStream()
    #expect(stream.receive(Self.octets("\n\n"), at: start) == [.pong(count: 1)])
    #expect(stream.receive(Self.octets("\n"), at: start).isEmpty)
    #expect(stream.deadline == nil, "nobody is hurried for an empty line")
    #expect(stream.receive(Self.octets("\n"), at: start) == [.pong(count: 1)])
    #expect(stream.receive(Self.octets("\n\n\n\n\n"), at: start) == [.pong(count: 2)])
    #expect(numbers(stream.receive(Self.message(), at: start)) == [1])
    #expect(stream.receive([0, 0], at: start).isEmpty)
    #expect(stream.receive(Self.octets("\n\n") + Self.message(number: 2), at: start).count == 2)
    #expect(stream.receive(Array(Self.message("\r\n\r\n").dropLast(4)), at: start).isEmpty)
    #expect(numbers(stream.receive(Self.octets("\n\n"), at: start)) == [1], "a body's line ends are its own")
  }

  @Test("A malformed message is told, and the stream goes on behind it")
  func malformed() {
    var stream = SIPStream()
    let outputs = stream.receive(
      Self.octets(Self.head.replacing("CSeq: 1 OPTIONS", with: "CSeq: x") + "\nl: 2\n\n") + [1, 2] + Self.message(number: 7),
      at: start)
    guard case .malformed(let error)? = outputs.first else {
      Issue.record("\(outputs)")
      return
    }
    #expect(error.status == .badRequest && error.answerableRequest != nil)
    #expect(numbers(outputs) == [7])
  }

  @Test(
    "Where the end of a message cannot be known the stream is broken, and the sender can be told",
    arguments: [
      ("X: y", StatusCode.badRequest), ("Content-Length: 1\nl: 2", .badRequest), ("Content-Length: -1", .badRequest),
      ("Content-Length: 99999999999", .badRequest), ("Content-Length: 32768", .requestEntityTooLarge),
    ])
  func broken(lines: String, status: StatusCode) {
    var stream = SIPStream()
    let outputs = stream.receive(Self.octets(Self.head + "\n\(lines)\n\n"), at: start)
    guard case .broken(let error)? = outputs.first, outputs.count == 1 else {
      Issue.record("\(outputs)")
      return
    }
    #expect(error.status == status)
    #expect(error.answerableRequest?.method == .options)
    #expect(stream.receive(Self.message(), at: start).isEmpty, "nothing behind it is believed")
    #expect(stream.deadline == nil)
  }

  @Test("Another protocol breaks the stream at its first line's end")
  func foreign() {
    var stream = SIPStream()
    let outputs = stream.receive(Self.octets("GET / HTTP/1.1\nHost: x\nContent-Length: 0\n\n"), at: start)
    guard case .broken(let error)? = outputs.first else {
      Issue.record("\(outputs)")
      return
    }
    #expect(error.answerableRequest == nil)
  }

  @Test("Head and body hold what their limits say, and not a byte more")
  func limits() {
    var body = SIPStream()
    #expect(
      numbers(body.receive(Self.message(String(repeating: "x", count: SIPLimit.bodyBytes.maximum)), at: start)) == [1])
    let empty = Self.message().count
    for (excess, fits) in [(0, true), (1, false)] {
      var fill = SIPLimit.headBytes.maximum - empty + excess
      var lines = ""
      while fill > 0 {
        let line = min(fill, 4000)
        lines += "X: " + String(repeating: "y", count: line - 5) + "\n"
        fill -= line
      }
      var stream = SIPStream()
      let outputs = stream.receive(Self.octets(Self.head + "\n" + lines + "Content-Length: 0\n\n"), at: start)
      #expect((numbers(outputs) == [1]) == fits, "\(excess)")
      guard !fits, case .broken(let error)? = outputs.first else { continue }
      #expect(error.status == .messageTooLarge && error.answerableRequest != nil)
    }
    var endless = SIPStream()
    var outputs: [SIPStream.Output] = []
    for _ in 0...SIPLimit.headBytes.maximum { outputs += endless.receive([0x41], at: start) }
    #expect(outputs.count == 1, "a head without an end is one past the limit, byte by byte")
  }

  @Test("A byte a second is too slow: from its first byte a message has 20 s")
  func slow() {
    var stream = SIPStream()
    var now = start
    for byte in Self.message("hello") {
      now += .seconds(1)
      if let deadline = stream.deadline, deadline <= now {
        #expect(now - start == SIPStream.messageTime + .seconds(1))
        #expect(stream.wake(at: now) == [.expired])
        #expect(stream.receive([byte], at: now).isEmpty && stream.deadline == nil)
        return
      }
      #expect(stream.receive([byte], at: now).isEmpty)
    }
    Issue.record("the message was waited for")
  }

  @Test("Bent streams are values, never traps, and never hold more than a message", arguments: 0..<300 as Range<UInt64>)
  func bent(seed: UInt64) {
    var random = Randomness.seeded(seed)
    var octets = (1...4).flatMap { Self.message("body\r\n", number: $0) }
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      let index = Int.random(in: 0..<octets.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: octets[index] = UInt8.random(in: .min ... .max, using: &random)
      case 1: octets.remove(at: index)
      default: octets.insert(octets[Int.random(in: 0..<octets.count, using: &random)], at: index)
      }
    }
    func read(pieces: Int) -> [SIPStream.Output] {
      var stream = SIPStream()
      var rest = octets[...]
      var outputs: [SIPStream.Output] = []
      while !rest.isEmpty {
        outputs += stream.receive(Array(rest.prefix(pieces)), at: start)
        rest = rest.dropFirst(pieces)
      }
      return outputs
    }
    func told(_ outputs: [SIPStream.Output]) -> [SIPStream.Output] {
      outputs.filter { if case .pong = $0 { false } else { true } }
    }
    #expect(told(read(pieces: 1)) == told(read(pieces: 100_000)), "seed \(seed)")
  }
}
