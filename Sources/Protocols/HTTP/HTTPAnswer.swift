/// What a strange server answers to one request of ours, read as it comes (RFC 9112): the connection serves no second one.
package struct HTTPAnswer: Sendable {
  package enum Progress: Hashable, Sendable {
    case wantsMore
    case whole(status: Int, body: [UInt8])
    /// A sentence that says what is wrong.
    case broken(String)
  }

  /// Answers of the kind 1xx before the one that counts.
  package static let maximumInterim = 8

  private enum State {
    case head
    case length(Int, status: Int)
    case chunks(status: Int)
    case trailers(status: Int)
    /// The end of the connection is the end of the answer.
    case open(status: Int)
  }

  private let maximumBody: Int
  private var state = State.head
  private var waiting: [UInt8] = []
  /// Bytes of the head in which it does not end.
  private var searched = 0
  private var body: [UInt8] = []
  private var interim = 0
  private var trailers = 0

  /// - Parameter maximumBody: bytes past which an answer is broken.
  package init(maximumBody: Int) { self.maximumBody = maximumBody }

  package mutating func receive(_ octets: [UInt8]) -> Progress {
    waiting += octets
    while true {
      switch state {
      case .head:
        if let progress = takeHead() { return progress }
      case .length(let count, let status):
        guard waiting.count >= count else { return .wantsMore }
        return .whole(status: status, body: Array(waiting[..<count]))
      case .chunks(let status):
        if let progress = takeChunk(status) { return progress }
      case .trailers(let status):
        if let progress = takeTrailer(status) { return progress }
      case .open:
        return waiting.count > maximumBody ? tooLong : .wantsMore
      }
    }
  }

  /// The server has ended.
  package mutating func end() -> Progress {
    guard case .open(let status) = state else { return .broken("it ended in the middle of its answer") }
    return .whole(status: status, body: waiting)
  }

  // MARK: Inside

  private var tooLong: Progress { .broken("its answer is longer than \(maximumBody) bytes") }

  /// `nil` to go on with what stands behind the head.
  private mutating func takeHead() -> Progress? {
    guard let end = waiting.emptyLine(from: max(0, searched - 3)) else {
      searched = waiting.count
      return searched > HTTPConnection.maximumHeaderBytes ? headTooLong : .wantsMore
    }
    searched = 0
    guard end <= HTTPConnection.maximumHeaderBytes else { return headTooLong }
    guard let head = HTTPReplyHead(parsing: Array(waiting[..<(end + 4)])), (100...599).contains(head.status) else {
      return .broken("its answer is no HTTP/1.1")
    }
    waiting.removeFirst(end + 4)
    if head.status < 200 {
      interim += 1
      return head.status != 101 && interim <= Self.maximumInterim ? nil : .broken("it goes on with something else than HTTP")
    }
    return begin(head)
  }

  private var headTooLong: Progress {
    .broken("the head of its answer is longer than \(HTTPConnection.maximumHeaderBytes) bytes")
  }

  private mutating func begin(_ head: HTTPReplyHead) -> Progress? {
    let lengths = Set(head.headers.values("Content-Length"))
    let codings = head.headers.values("Transfer-Encoding")
    if head.status == 204 || head.status == 304 {
      state = .length(0, status: head.status)
    } else if !codings.isEmpty {
      guard codings.count == 1, codings[0].equalsIgnoringCase("chunked"), lengths.isEmpty else {
        return .broken("its answer comes in the coding \(codings.joined(separator: ", ")), and only chunked is read")
      }
      state = .chunks(status: head.status)
    } else if let written = lengths.first {
      guard lengths.count == 1, written.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(written) else {
        return .broken("the length of its answer is no number")
      }
      guard length <= maximumBody else { return tooLong }
      state = .length(length, status: head.status)
    } else {
      state = .open(status: head.status)
    }
    return nil
  }

  private mutating func takeChunk(_ status: Int) -> Progress? {
    guard let end = waiting.firstLineEnd else {
      return waiting.count > HTTPConnection.maximumChunkLine ? .broken("its answer has a chunk without a size") : .wantsMore
    }
    let digits = waiting[..<end].prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
    guard end <= HTTPConnection.maximumChunkLine, (1...8).contains(digits.count),
      digits.first.map({ $0 != 0x2B && $0 != 0x2D }) ?? false,
      let size = Int(String(decoding: digits, as: UTF8.self), radix: 16)
    else { return .broken("its answer has a chunk without a size") }
    guard size > 0 else {
      waiting.removeFirst(end + 2)
      state = .trailers(status: status)
      return nil
    }
    guard body.count + size <= maximumBody else { return tooLong }
    let start = end + 2
    guard waiting.count >= start + size + 2 else { return .wantsMore }
    guard waiting[start + size] == 0x0D, waiting[start + size + 1] == 0x0A else {
      return .broken("its answer has a chunk of another size than it says")
    }
    body += waiting[start..<(start + size)]
    waiting.removeFirst(start + size + 2)
    return nil
  }

  private mutating func takeTrailer(_ status: Int) -> Progress? {
    guard let end = waiting.firstLineEnd, trailers + end <= HTTPConnection.maximumHeaderBytes else {
      return trailers + waiting.count > HTTPConnection.maximumHeaderBytes ? headTooLong : .wantsMore
    }
    guard end > 0 else { return .whole(status: status, body: body) }
    trailers += end + 2
    waiting.removeFirst(end + 2)
    return nil
  }
}

extension [UInt8] {
  /// Where a line ends (CRLF).
  fileprivate var firstLineEnd: Int? { indices.dropLast().first { self[$0] == 0x0D && self[$0 + 1] == 0x0A } }

  /// Where an empty line begins, with the end of the line before it.
  fileprivate func emptyLine(from start: Int) -> Int? {
    let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    return indices.dropFirst(start).dropLast(3).first { self[$0...].starts(with: end) }
  }
}
