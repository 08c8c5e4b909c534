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

  /// Takes one client, says something long to it and ends, whatever the client goes on sending.
  private actor Leaver {
    let loop: EventLoop
    let listener: TCPListener
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let words: [UInt8]
    private let patience: Duration
    private var connection: TCPConnection?
    private(set) var heard = 0
    private(set) var isOver = false

    init(_ words: [UInt8], patience: Duration = TCPConnection.farewellTime) throws {
      loop = try EventLoop()
      listener = try TCPListener(bind: SocketAddress(.loopback, 0))
      (self.words, self.patience) = (words, patience)
      try loop.start("test")
    }

    func start() throws {
      try loop.watch(listener.file, .readable) { [unowned self] _, _ in assumeIsolated { $0.accept() } }
    }

    private func accept() {
      guard let (file, remote) = listener.accept() else { return }
      connection = try? TCPConnection(loop, file: file, remote: remote)
      connection?.patience = patience
      connection?.onBytes = { [unowned self] in
        let count = $0.count
        assumeIsolated { $0.received(count) }
      }
      connection?.onClose = { [unowned self] in assumeIsolated { $0.closed() } }
    }

    private func received(_ count: Int) {
      heard += count
      connection?.send(words)
      connection?.finish()
      connection?.send([0])
    }

    private func closed() { (isOver, connection) = (true, nil) }

    func stop() async {
      loop.forget(listener.file)
      listener.close()
      loop.stop()
    }
  }

  private struct Client {
    let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)

    init(_ address: SocketAddress?) throws {
      let storage = AddressStorage(try #require(address), family: AF_INET)
      try #require(storage.with { connect(file, $0, $1) } == 0)
    }

    func send(_ count: Int) -> Bool {
      let octets = [UInt8](repeating: 7, count: count)
      var sent = 0
      while sent < count {
        let now = octets[sent...].withUnsafeBytes { Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard now > 0 else { return false }
        sent += now
      }
      return true
    }

    /// Everything to the end; `nil` where a reset took it.
    func readAll() -> Int? {
      var room = [UInt8](repeating: 0, count: 65_536)
      var total = 0
      while true {
        let count = recv(file, &room, room.count, 0)
        guard count > 0 else { return count == 0 ? total : nil }
        total += count
      }
    }
  }

  private static func eventually(_ condition: () async -> Bool) async -> Bool {
    let end = SystemClock.now + .seconds(60)
    while !(await condition()) {
      guard SystemClock.now < end else { return false }
      await Task.yield()
    }
    return true
  }

  /// A blocking client needs a thread of its own: the pool of the tests has two, and the plane may want one.
  private static func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { waiter in
      do { try Thread.start("client") { waiter.resume(with: Result { try work() }) } } catch { waiter.resume(throwing: error) }
    }
  }

  /// What a client heard or did that spoke with it, and that it let go of in the end.
  private static func meet<Value: Sendable>(
    _ leaver: Leaver, _ work: @escaping @Sendable (Client) throws -> Value
  ) async throws -> Value {
    try await leaver.start()
    let address = leaver.listener.localAddress
    let value = try await onThread {
      let client = try Client(address)
      defer { close(client.file) }
      return try work(client)
    }
    #expect(await eventually { await leaver.isOver })
    return value
  }

  @Test("RFC 9112 §9.6: a peer that sends on after our last words still gets them, and nobody hears what it sends")
  func lastWords() async throws {
    let leaver = try Leaver(Array(repeating: 1, count: 200_000))
    let read = try await Self.meet(leaver) { client in
      // The rest of a body that was refused by its first bytes.
      _ = client.send(100)
      try #require(client.send(4_000_000))
      return client.readAll()
    }
    #expect(read == 200_000)
    #expect(await leaver.heard <= 65_536, "deaf from its last words on")
    await leaver.stop()
  }

  @Test("A peer that has ended gets what waits for it")
  func halfClosed() async throws {
    let leaver = try Leaver(Array(repeating: 1, count: 4_000_000))
    let read = try await Self.meet(leaver) { client in
      _ = client.send(1)
      shutdown(client.file, Int32(SHUT_WR))
      return client.readAll()
    }
    #expect(read == 4_000_000)
    await leaver.stop()
  }

  @Test(
    "A peer that never reads its last bytes, or never ends after them, is closed when the farewell has lasted long enough",
    arguments: [1, 4_000_000])
  func neverRead(count: Int) async throws {
    let leaver = try Leaver(Array(repeating: 1, count: count), patience: .milliseconds(20))
    try await leaver.start()
    let address = leaver.listener.localAddress
    let file = try await Self.onThread {
      let client = try Client(address)
      _ = client.send(1)
      return client.file
    }
    defer { close(file) }
    #expect(await Self.eventually { await leaver.isOver })
    await leaver.stop()
  }

  @Test("A peer that reads nothing is closed one byte past what may wait for it")
  func tooMuchWaits() async throws {
    // What the kernel takes waits there, and what it does not here: more than both can hold.
    let leaver = try Leaver(Array(repeating: 1, count: TCPConnection.maximumWaiting + 1), patience: .seconds(600))
    let read = try await Self.meet(leaver) { client in
      _ = client.send(1)
      return client.readAll()
    }
    #expect(read == 0, "nothing of what is too much is sent")
    await leaver.stop()
  }

  @Test("A peer that sends on for ever is given up at a named size")
  func unheard() async throws {
    let leaver = try Leaver([1], patience: .seconds(600))
    let wasTaken = try await Self.meet(leaver) { client in
      _ = client.send(1)
      return client.send(TCPConnection.maximumUnheard * 4)
    }
    #expect(!wasTaken)
    await leaver.stop()
  }

  @Test("A crowd that is turned away is told once, and a minute later with all who came since")
  func turnedAway() {
    var away = TurnedAway()
    let start = Instant()
    let news = [
      away.news(0, at: start), away.news(1, at: start), away.news(500, at: start + .seconds(59)),
      away.news(900, at: start + .seconds(60)), away.news(900, at: start + .seconds(600)),
    ]
    #expect(news == [nil, 1, nil, 899, nil])
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
