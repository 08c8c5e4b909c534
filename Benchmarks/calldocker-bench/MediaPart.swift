import Codecs
import RTP
import Wire

/// Packets through the media path over real sockets on 127.0.0.1, ours and the floor's in turns.
enum MediaPart {
  static let passThrough = Part(
    name: "opus", about: "Opus passed through, SRTP (AES-128-GCM) on one side and plain RTP on the other"
  ) {
    try passThroughAims()
  }
  static let transcoding = Part(
    name: "g711", about: "Opus in SRTP on one side, PCMU in plain RTP on the other, transcoded both ways"
  ) {
    try transcode()
  }

  /// 20 ms at 32 kbit/s.
  private static let payloadBytes = 80
  /// The aim: how much of the floor's time the gateway may take.
  private static let aim = 1.25
  private static let period: Int64 = 20_000_000

  /// Sets up the same calls on both, now here first and now there: what libsrtp2's tables hold first is found last.
  private static func connect(_ calls: Int, _ ours: some Relay, _ floor: some Relay) throws {
    for number in 0..<calls {
      let ends = try Ends()
      if number.isMultiple(of: 2) { try ours.call(ends) }
      try floor.call(ends)
      if !number.isMultiple(of: 2) { try ours.call(ends) }
    }
  }

  // MARK: Pass-through

  private static func passThroughAims() throws -> [Aim] {
    var table = Table("", "calls", "µs/packet", "floor", "ratio", "blocks/packet", "floor", "ours")
    var (worst, most) = (0.0, 0.0)
    for calls in [1, 50, 500] {
      let (ours, floor) = (try GatewayRelay(codec: .opus), try FloorRelay(calls: calls, sound: []))
      try connect(calls, ours, floor)
      for direction in Ends.Direction.allCases {
        var load = Load(calls: calls, direction)
        let comparison = try Comparison(
          rounds: 60, ours: { try load.microseconds(ours) { ours.turn() } },
          floor: { try load.microseconds(floor) { floor.turn() } })
        let blocks = (ours: try load.blocks(ours) { ours.receive() }, floor: try load.blocks(floor) { floor.turn() })
        table.add(
          direction.rawValue, "\(calls)", comparison.ours.text(2), comparison.floor.text(2), comparison.ratio.text(3),
          blocks.ours.text(2), blocks.floor.text(2), (blocks.ours - blocks.floor).text(2))
        worst = max(worst, comparison.ratio)
        most = max(most, blocks.ours - blocks.floor)
      }
    }
    print(table.text)
    return [
      Aim(
        sentence: "pass-through takes at most \(aim.text(2)) times the floor (the worst row: \(worst.text(3)))",
        isMet: worst <= aim),
      Aim(
        sentence: "pass-through asks for no memory of its own (the worst row: \(most.text(2)) blocks a packet)",
        isMet: most <= 0),
    ]
  }

  /// Packets of many calls, each in its turn, as many at once as come in a millisecond.
  private struct Load {
    let calls: Int
    let direction: Ends.Direction
    private let burst: Int
    private let packets: Int
    private var next = 0
    private var number: UInt32 = 0

    init(calls: Int, _ direction: Ends.Direction) {
      self.calls = calls
      self.direction = direction
      burst = max(1, calls / 10)
      packets = max(200, burst * 10)
    }

    mutating func microseconds(_ relay: some Relay, _ turn: () -> Void) throws -> Double {
      let cost = try run(relay, turn)
      return Double(cost.nanoseconds) / Double(packets) / 1000
    }

    /// Blocks of memory for each packet.
    mutating func blocks(_ relay: some Relay, _ turn: () -> Void) throws -> Double {
      let cost = try run(relay, turn)
      return Double(cost.allocations) / Double(packets)
    }

    private mutating func run(_ relay: some Relay, _ turn: () -> Void) throws -> Cost {
      var sum = Cost()
      var done = 0
      while done < packets {
        let indices = (0..<burst).map { (next + $0) % calls }
        next += burst
        if next >= calls {
          next -= calls
          relay.pass(period)
          // Reports and consent are due at their own pace: about one for each 250 packets, inside the measured turn.
        }
        var payloads: [[UInt8]] = []
        for index in indices {
          number &+= 1
          payloads.append(number.octets + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: payloadBytes - 4))
          try relay.lines[index].send(direction, payloads[payloads.count - 1], ticks: 960)
        }
        sum += Processor.cost(turn)
        for (index, payload) in zip(indices, payloads) {
          guard try relay.lines[index].hear(direction) == payload else {
            throw Broken("a packet \(direction.rawValue) of \(calls) calls did not come out as it went in")
          }
        }
        done += burst
      }
      return sum
    }
  }

  // MARK: Transcoding

  private static func transcode() throws -> [Aim] {
    let speech = Speech()
    var table = Table("", "calls", "µs/packet", "floor", "ratio", "blocks/packet", "floor", "ours")
    for calls in [1, 50] {
      let (ours, floor) = (try GatewayRelay(codec: .pcmu), try FloorRelay(calls: calls, sound: speech.samples))
      try connect(calls, ours, floor)
      var (oursBlocks, floorBlocks): ([Double], [Double]) = ([], [])
      let frames = max(2, 100 / calls)
      func measured(_ relay: some Relay, _ blocks: inout [Double]) throws -> Double {
        let (cost, packets) = try converse(relay, speech, frames: frames)
        blocks.append(Double(cost.allocations) / Double(packets))
        return Double(cost.nanoseconds) / Double(packets) / 1000
      }
      // Jitter buffers fill before the first measurement.
      _ = try converse(ours, speech, frames: 50)
      let comparison = try Comparison(
        rounds: 24, ours: { try measured(ours, &oursBlocks) }, floor: { try measured(floor, &floorBlocks) })
      table.add(
        "both ways", "\(calls)", comparison.ours.text(2), comparison.floor.text(2), comparison.ratio.text(3),
        median(oursBlocks).text(2), median(floorBlocks).text(2), (median(oursBlocks) - median(floorBlocks)).text(2))
    }
    print(table.text)
    return []
  }

  /// Lets all calls speak both ways for so many frames of 20 ms, a millisecond at a time; says what that cost and how many packets went in.
  private static func converse(_ relay: some Relay, _ speech: Speech, frames: Int) throws -> (Cost, packets: Int) {
    var sum = Cost()
    var (sent, heard) = (0, 0)
    for frame in 0..<frames {
      for millisecond in 0..<20 {
        relay.pass(1_000_000)
        var isQuiet = true
        for index in relay.lines.indices {
          let line = relay.lines[index]
          if index % 20 == millisecond {
            try line.send(.browserToPhone, speech.opus[(frame + index) % speech.opus.count], ticks: 960)
          } else if (index + 10) % 20 == millisecond {
            try line.send(.phoneToBrowser, speech.pcmu[(frame + index) % speech.pcmu.count], ticks: 160)
          } else {
            continue
          }
          isQuiet = false
          sent += 1
        }
        sum += Processor.cost { if isQuiet { relay.wake() } else { relay.turn() } }
        for line in relay.lines {
          for direction in Ends.Direction.allCases { while try line.hear(direction) != nil { heard += 1 } }
        }
      }
    }
    guard heard >= sent * 9 / 10 || frames == 50 else { throw Broken("\(sent) packets went in, \(heard) came out") }
    return (sum, sent)
  }
}

/// A second of something like speech, whole and in both codecs: a voiced sound whose pitch and loudness move.
struct Speech {
  let samples: [Int16]
  private(set) var opus: [[UInt8]] = []
  private(set) var pcmu: [[UInt8]] = []

  init() {
    let voiced = Tone([130, 260, 390, 520, 780, 1300, 2100], amplitude: 0.07).samples(rate: 8000, seconds: 1)
    samples = voiced.enumerated().map { index, sample in Int16(Int(sample) * (20 + index % 2000 / 25) / 100) }
    let encoder = OpusEncoder(sampleRate: 8000, bitrate: 32_000)
    var room = [UInt8](repeating: 0, count: 1500)
    for start in stride(from: 0, to: samples.count, by: 160) {
      let frame = Array(samples[start..<start + 160])
      let count = room.withUnsafeMutableBytes { room in
        frame.withUnsafeBufferPointer { sound in sound.baseAddress.map { encoder.encode($0, into: room) } ?? 0 }
      }
      opus.append(Array(room[..<count]))
      pcmu.append(frame.map { G711.mu.compress($0) })
    }
  }
}
