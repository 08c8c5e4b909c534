import Glibc
import Testing
import Wire

@testable import Runtime

/// Waits for something that another thread does; a minute is for ever on the busiest machine.
private func eventually(_ condition: () -> Bool) -> Bool {
  let end = SystemClock.now + .seconds(60)
  while !condition() {
    guard SystemClock.now < end else { return false }
    sched_yield()
  }
  return true
}

@Suite("Runtime: sockets, loop and mailboxes over loopback")
struct RuntimeTests {
  @Test("A datagram arrives with its sender's address; IPv4 passes through a dual-stack socket")
  func datagrams() throws {
    let receiver = try UDPSocket(bind: SocketAddress(.v6(high: 0, low: 0), 0))
    let sender = try UDPSocket(bind: SocketAddress(.loopback, 0))
    defer {
      receiver.close()
      sender.close()
    }
    let port = try #require(receiver.localAddress).port
    [1, 2, 3].withUnsafeBytes { #expect(sender.send($0, to: SocketAddress(.loopback, port))) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 8)
    defer { buffer.deallocate() }
    var received: (count: Int, from: SocketAddress)?
    #expect(
      eventually {
        received = received ?? receiver.receive(into: buffer)
        return received != nil
      })
    #expect(received?.from == sender.localAddress)
    let back = try #require(received).from
    let answered = receiver.send(UnsafeRawBufferPointer(rebasing: buffer[..<3]), to: back)
    #expect(answered)
    #expect(eventually { sender.receive(into: buffer) != nil })
    #expect(receiver.receive(into: buffer) == nil)
  }

  @Test("A port that is taken is a failure that says so")
  func taken() throws {
    let first = try UDPSocket(bind: SocketAddress(.loopback, 0))
    defer { first.close() }
    let address = try #require(first.localAddress)
    do {
      _ = try UDPSocket(bind: address)
      #expect(Bool(false), "bound twice")
    } catch {
      #expect(error.isAddressInUse)
      #expect(error.description.contains("\(address)"))
    }
  }

  @Test("The loop runs its actor's jobs on its own thread, serves descriptors and rings timers")
  func loop() async throws {
    actor Counter {
      let loop: EventLoop
      nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
      private(set) var count = 0
      init(_ loop: EventLoop) { self.loop = loop }
      func add() -> Bool {
        count += 1
        return loop.isCurrent
      }
      func listen(_ socket: UDPSocket, _ heard: Locked<Int>) throws {
        try loop.watch(socket.file, .readable) { _, _ in
          withUnsafeTemporaryAllocation(byteCount: 100, alignment: 8) { buffer in
            while socket.receive(into: buffer) != nil { heard.with { $0 += 1 } }
          }
        }
      }
      func ring(after delay: Duration, _ rung: Locked<Int>) {
        let timer = loop.makeTimer { rung.with { $0 += 1 } }
        loop.set(timer, to: SystemClock.now + delay)
      }
    }
    let loop = try EventLoop()
    try loop.start("test")
    defer { loop.stop() }
    let counter = Counter(loop)
    for _ in 0..<1000 { #expect(await counter.add()) }
    #expect(await counter.count == 1000)
    let socket = try UDPSocket(bind: SocketAddress(.loopback, 0))
    defer { socket.close() }
    let (heard, rung) = (Locked(0), Locked(0))
    try await counter.listen(socket, heard)
    await counter.ring(after: .milliseconds(5), rung)
    let address = try #require(socket.localAddress)
    for _ in 0..<3 { [9].withUnsafeBytes { _ = socket.send($0, to: address) } }
    #expect(eventually { heard.with { $0 } == 3 && rung.with { $0 } == 1 })
  }

  @Test("A peer that resets ends its connection, once, though nobody owns it any more when its last event is served")
  func reset() async throws {
    actor Host {
      let loop: EventLoop
      let listener: TCPListener
      nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
      private var connection: TCPConnection?
      init(_ loop: EventLoop, _ listener: TCPListener) { (self.loop, self.listener) = (loop, listener) }
      /// Takes a client whose reset has arrived already, so that one event says everything.
      func accept(_ closed: Locked<Int>) throws -> Bool {
        guard let (file, remote) = listener.accept() else { return false }
        let made = try TCPConnection(loop, file: file, remote: remote)
        made.onBytes = { _ in }
        made.onClose = { [unowned self] in
          assumeIsolated { $0.connection = nil }
          closed.with { $0 += 1 }
        }
        connection = made
        return true
      }
    }
    let loop = try EventLoop()
    try loop.start("test")
    defer { loop.stop() }
    let listener = try TCPListener(bind: SocketAddress(.loopback, 0))
    defer { listener.close() }
    let host = Host(loop, listener)
    let closed = Locked(0)
    let address = try #require(listener.localAddress)
    for number in 1...20 {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      let storage = AddressStorage(address, family: AF_INET)
      #expect(storage.with { connect(client, $0, $1) } == 0)
      // Nothing lingers: closing resets.
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
      close(client)
      #expect(try await host.accept(closed))
      #expect(eventually { closed.with { $0 } == number })
    }
  }

  @Test("A mailbox loses nothing that many threads post")
  func mailbox() throws {
    let mailbox = try Mailbox<Int>()
    for thread in 0..<4 { try Thread.start("post") { for index in 0..<1000 { mailbox.post(thread * 1000 + index) } } }
    var taken: [Int] = []
    #expect(
      eventually {
        taken += mailbox.takeAll()
        return taken.count == 4000
      })
    #expect(Set(taken).count == 4000)
  }

  @Test("The machine knows its own addresses and which faces a peer")
  func addresses() {
    #expect(Interfaces.addresses().contains(.loopback))
    #expect(Interfaces.address(facing: .loopback) == .loopback)
  }
}
