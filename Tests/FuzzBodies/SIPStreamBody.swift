import SIPSyntax
import Wire

extension FuzzTarget {
  /// The bytes of one SIP connection, cut anyhow: the same messages come out as when they arrive at once, and an end is an end.
  static let sipStream: Body = { octets throws(BrokenPromise) in
    guard let first = octets.first else { return }
    let bytes = Array(octets.dropFirst())
    var (whole, cut) = (SIPStream(), SIPStream())
    let expected = whole.receive(bytes, at: Instant())
    var outputs: [SIPStream.Output] = []
    var position = 0
    var piece = Int(first & 31) + 1
    while position < bytes.count {
      outputs += cut.receive(Array(bytes[position..<min(position + piece, bytes.count)]), at: Instant())
      position += piece
      piece = piece % 37 + 1
    }
    try promise(messages(outputs) == messages(expected), "how the network cuts a stream changes nothing")
    try promise(pongs(outputs) == pongs(expected), "every keep-alive is answered, however it is cut")
    if let end = outputs.firstIndex(where: \.isEnd) {
      try promise(end == outputs.count - 1, "nothing follows an end")
      try promise(cut.deadline == nil && cut.receive(bytes, at: Instant()).isEmpty, "what is broken stays so")
    }
    if let deadline = cut.deadline {
      try promise(cut.wake(at: deadline) == [.expired], "who does not complete what it began is left")
      try promise(cut.deadline == nil, "once")
    }
  }

  private static func messages(_ outputs: [SIPStream.Output]) -> [SIPStream.Output] {
    outputs.filter { if case .pong = $0 { false } else { true } }
  }

  private static func pongs(_ outputs: [SIPStream.Output]) -> Int {
    outputs.reduce(0) { if case .pong(let count) = $1 { $0 + count } else { $0 } }
  }
}

extension SIPStream.Output {
  fileprivate var isEnd: Bool {
    switch self {
    case .broken, .expired: true
    case .message, .malformed, .pong: false
    }
  }
}
