import Runtime
import Wire

/// A datagram that is sent until an answer comes.
enum DatagramQuestion {
  private static let patience = Duration.seconds(2)
  private static let pause = Duration.milliseconds(400)

  /// - Parameter isAnswer: whether a datagram is what was waited for; others are passed over.
  /// - Returns: the answer with the time that it took since the question was last sent; `nil` if none came.
  static func ask(
    _ question: [UInt8], _ address: SocketAddress, from local: IPAddress, within patience: Duration = patience,
    _ isAnswer: ([UInt8]) -> Bool
  ) throws(SystemFailure) -> (answer: [UInt8], milliseconds: Double)? {
    let socket = try UDPSocket(bind: SocketAddress(local, 0))
    defer { socket.close() }
    let epoll = try Epoll()
    try epoll.add(socket.file, .readable, token: 1)
    let end = SystemClock.now + patience
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)
    defer { room.deallocate() }
    while SystemClock.now < end {
      let sent = SystemClock.now
      question.withUnsafeBytes { _ = socket.send($0, to: address) }
      while SystemClock.now < sent + pause {
        _ = epoll.wait(until: sent + pause, now: SystemClock.now)
        while let (count, source) = socket.receive(into: room) {
          let answer = Array(room[..<count])
          guard source.port == address.port, isAnswer(answer) else { continue }
          return (answer, Double((SystemClock.now - sent).nanoseconds) / 1e6)
        }
      }
    }
    return nil
  }

  /// An address of ours from which a question to that peer may go out.
  static func wildcard(for peer: IPAddress) -> IPAddress { peer.isIPv6 ? .anyOfBoth : .any }
}
