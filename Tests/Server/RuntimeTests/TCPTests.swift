import Glibc
import Testing
import Wire

@testable import Runtime

@Suite("TCP connections over loopback")
struct TCPTests {
  /// Keeps each connection until it closes, as a plane does.
  private actor Keeper {
    let loop: EventLoop
    let listener: TCPListener
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private var connections: [Int32: TCPConnection] = [:]
    private(set) var closed = 0

    init(_ loop: EventLoop, _ listener: TCPListener) {
      self.loop = loop
      self.listener = listener
    }

    func start() throws {
      try loop.watch(listener.file, .readable) { [self] _, _ in assumeIsolated { $0.accept() } }
    }

    private func accept() {
      while let (file, remote) = listener.accept() {
        connections[file] = try? TCPConnection(loop, file: file, remote: remote)
        connections[file]?.onClose = { [self] in assumeIsolated { $0.dropped(file) } }
      }
    }

    private func dropped(_ file: Int32) {
      connections[file] = nil
      closed += 1
    }

    func stop() { loop.forget(listener.file) }
  }

  @Test("A reset is readable and writable at once, and its owner lets go of it in between")
  func reset() async throws {
    let loop = try EventLoop()
    let listener = try TCPListener(bind: SocketAddress(.loopback, 0))
    defer { listener.close() }
    try loop.start("test")
    let keeper = Keeper(loop, listener)
    try await keeper.start()
    let port = try #require(listener.localAddress).port
    for count in 1...20 {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let isConnected = withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      #expect(isConnected == 0)
      // Closing without lingering resets.
      var abrupt = linger(l_onoff: 1, l_linger: 0)
      setsockopt(client, SOL_SOCKET, SO_LINGER, &abrupt, socklen_t(MemoryLayout<linger>.size))
      close(client)
      let end = SystemClock.now + .seconds(60)
      while await keeper.closed < count, SystemClock.now < end { await Task.yield() }
    }
    #expect(await keeper.closed == 20)
    await keeper.stop()
    await loop.end()
  }

  @Test("A loop that has ended serves nobody any more; one that never began has ended already")
  func end() async throws {
    let loop = try EventLoop()
    await loop.end()
    let other = try EventLoop()
    try other.start("test")
    await other.end()
    await other.end()
  }
}
