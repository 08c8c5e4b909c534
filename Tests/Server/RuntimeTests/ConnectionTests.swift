import Cryptography
import Glibc
import Testing
import Wire

@testable import Runtime

/// Answers every connection's bytes with themselves, and remembers how each went.
private actor Echo {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  nonisolated let address: SocketAddress
  private let listener: TCPListener
  private let identity: Identity?
  private var connections: [Int: StreamConnection] = [:]
  private var count = 0
  private(set) var heard: [UInt8] = []
  private(set) var troubles: [String] = []
  private(set) var securities: [Bool] = []
  private(set) var ends = 0

  init(identity: Identity?) throws {
    loop = try EventLoop()
    listener = try TCPListener(bind: SocketAddress(.loopback, 0))
    address = try #require(listener.localAddress)
    self.identity = identity
    try loop.start("echo")
  }

  deinit { listener.close() }

  func start() throws {
    try loop.watch(listener.file, .readable) { [unowned self] _, _ in assumeIsolated { $0.accept() } }
  }

  private func accept() {
    while let (file, remote) = listener.accept() {
      guard let connection = try? StreamConnection(loop, file: file, remote: remote, identity: identity) else { continue }
      count += 1
      let number = count
      connections[number] = connection
      connection.onBytes = { [unowned self] octets in assumeIsolated { $0.received(octets, number) } }
      connection.onTrouble = { [unowned self] words in assumeIsolated { $0.troubles.append(words) } }
      connection.onClose = { [unowned self] in assumeIsolated { $0.closed(number) } }
    }
  }

  private func received(_ octets: [UInt8], _ number: Int) {
    guard let connection = connections[number] else { return }
    heard += octets
    securities.append(connection.isSecure)
    connection.send(octets)
  }

  private func closed(_ number: Int) {
    ends += 1
    connections[number] = nil
  }

  func flood(_ count: Int) { for connection in connections.values { connection.send([UInt8](repeating: 1, count: count)) } }
  func finishAll() { for connection in connections.values { connection.finish() } }
  func stop() {
    loop.forget(listener.file)
    for connection in connections.values { connection.close() }
    loop.stop()
  }
}

/// A blocking client that keeps what it reads.
private struct Client: ~Copyable {
  let file: Int32

  init(_ address: SocketAddress) {
    file = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    _ = AddressStorage(address, family: AF_INET).with { connect(file, $0, $1) }
  }

  deinit { close(file) }

  func send(_ octets: [UInt8]) { _ = Glibc.send(file, octets, octets.count, Int32(MSG_NOSIGNAL)) }

  /// Some bytes; empty at the end.
  func receive() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
      count = max(0, recv(file, buffer.baseAddress, buffer.count, 0))
    }
  }

  /// Says that nothing more is sent.
  func end() { shutdown(file, Int32(SHUT_WR)) }

  /// The next close is a reset.
  func breakOff() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(file, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
  }
}

/// Waits for what another thread does; a minute is for ever on the busiest machine.
private func eventually(_ condition: () async -> Bool) async -> Bool {
  let end = SystemClock.now + .seconds(60)
  while !(await condition()) {
    guard SystemClock.now < end else { return false }
    sched_yield()
  }
  return true
}

@Suite("Connections: plain text or TLS, as the first byte tells")
struct ConnectionTests {
  private static let identity = Identity.selfSigned(names: ["localhost"], now: 1_795_000_000, days: 30)

  @Test("Plain text passes through, whether TLS is on or off", arguments: [true, false])
  func plain(speaksTLS: Bool) async throws {
    let echo = try Echo(identity: speaksTLS ? Self.identity : nil)
    try await echo.start()
    let client = Client(echo.address)
    client.send(Array("GET".utf8))
    #expect(client.receive() == Array("GET".utf8))
    #expect(await echo.securities == [false])
    await echo.stop()
  }

  @Test("The owner sees plain bytes where the peer speaks TLS, and both goodbyes")
  func secure() async throws {
    let echo = try Echo(identity: Self.identity)
    try await echo.start()
    let client = Client(echo.address)
    let session = TLSClientSession()
    let question = [UInt8](repeating: 7, count: 100_000)
    var (answer, pending): ([UInt8], [TLSOutput]) = ([], session.start())
    var isOver = false
    while !isOver {
      for output in pending {
        switch output {
        case .send(let records): client.send(records)
        case .established: for case .send(let records) in session.send(question) { client.send(records) }
        case .received(let octets): answer += octets
        case .closed, .failed: isOver = true
        }
      }
      if answer.count == question.count { await echo.finishAll() }
      pending = isOver ? [] : session.receive(client.receive())
    }
    #expect(answer == question)
    #expect(client.receive().isEmpty)
    client.end()
    #expect(await echo.heard == question)
    #expect(await echo.securities.allSatisfy { $0 })
    #expect(await echo.troubles.isEmpty)
    #expect(await eventually { await echo.ends == 1 })
    await echo.stop()
  }

  @Test("What begins like TLS and is none ends in words, and TLS where it is off as well")
  func trouble() async throws {
    for (identity, words) in [(Self.identity, "TLS came to nothing: "), (nil, "TLS is off, and a client speaks it")] {
      let echo = try Echo(identity: identity)
      try await echo.start()
      let client = Client(echo.address)
      client.send([0x16] + Array(repeating: 0, count: 100))
      while !client.receive().isEmpty {}
      client.end()
      #expect(await eventually { await echo.ends == 1 })
      #expect(await echo.troubles.count == 1)
      #expect(await echo.troubles.first?.hasPrefix(words) == true)
      #expect(await echo.heard.isEmpty)
      await echo.stop()
    }
  }

  @Test("A peer that breaks off while much waits for it ends its own connection and nothing else", arguments: [true, false])
  func reset(speaksTLS: Bool) async throws {
    let echo = try Echo(identity: speaksTLS ? Self.identity : nil)
    try await echo.start()
    for round in 1...20 {
      do {
        let client = Client(echo.address)
        client.send([UInt8(ascii: "x")])
        #expect(client.receive() == [UInt8(ascii: "x")])
        await echo.flood(4_000_000)
        client.breakOff()
      }
      #expect(await eventually { await echo.ends == round })
    }
    await echo.stop()
  }
}
