import CLinux
import Glibc
import Wire

/// A listening TCP socket.
package struct TCPListener: Sendable {
  package static let backlog: Int32 = 512
  /// A peer that takes nothing of what was sent, or answers no probe, for this long is gone (RFC 5482).
  package static let patience = Duration.seconds(30)
  package let file: Int32
  /// Kept for the moment when no descriptor is left: given up to take a client out of the queue, where it would wake us again and again.
  private let spare: Locked<Int32>
  private let count = Locked<UInt64>(0)

  package init(bind address: SocketAddress) throws(SystemFailure) {
    let family: Int32 = if case .v6 = address.ip { AF_INET6 } else { AF_INET }
    let descriptor = socket(
      family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemFailure("opening a TCP socket") }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    if family == AF_INET6 {
      var off: Int32 = 0
      setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, socklen_t(MemoryLayout<Int32>.size))
    }
    let storage = AddressStorage(address, family: family)
    guard storage.with({ Glibc.bind(descriptor, $0, $1) }) == 0, listen(descriptor, Self.backlog) == 0 else {
      let failure = SystemFailure("listening on TCP \(address)")
      Glibc.close(descriptor)
      throw failure
    }
    file = descriptor
    spare = Locked(open("/dev/null", O_RDONLY | O_CLOEXEC))
  }

  package var localAddress: SocketAddress? {
    var storage = AddressStorage()
    guard storage.withMutable({ getsockname(file, $0, $1) }) == 0 else { return nil }
    return storage.address
  }

  /// The next client that waits. `nil` also when the process has no descriptor left: one client is then turned away.
  package func accept() -> (file: Int32, from: SocketAddress)? {
    var storage = AddressStorage()
    let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = storage.withMutable { accept4(file, $0, $1, flags) }
    guard descriptor >= 0 else {
      if errno == EMFILE || errno == ENFILE { turnAway() }
      return nil
    }
    guard let source = storage.address else {
      Glibc.close(descriptor)
      return nil
    }
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<Int32>.size))
    var milliseconds = Int32(clamping: Self.patience.milliseconds)
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, socklen_t(MemoryLayout<Int32>.size))
    return (descriptor, source)
  }

  /// Clients that were turned away for want of a descriptor.
  package var turnedAway: UInt64 { count.with { $0 } }

  private func turnAway() {
    count.with { $0 &+= 1 }
    spare.with { spare in
      if spare >= 0 { Glibc.close(spare) }
      let client = accept4(file, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
      if client >= 0 { Glibc.close(client) }
      spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
    }
  }

  package func close() {
    Glibc.close(file)
    spare.with { spare in
      if spare >= 0 { Glibc.close(spare) }
      spare = -1
    }
  }
}

/// Tells of clients that were turned away once, and again only after a while: a crowd at the door fills no log.
package struct TurnedAway: Sendable {
  package static let period = Duration.seconds(60)
  private var told: UInt64 = 0
  private var quietUntil: Instant?

  package init() {}

  /// How many there were since it was last told, if that is to be told now.
  package mutating func news(_ total: UInt64, at now: Instant) -> UInt64? {
    guard total > told, quietUntil.map({ $0 <= now }) ?? true else { return nil }
    defer { (told, quietUntil) = (total, now + Self.period) }
    return total - told
  }
}

/// One TCP connection on an event loop: what arrives goes to its owner, what is sent waits here until the peer takes it.
///
/// Lives on its loop's thread.
package final class TCPConnection {
  /// What may wait for a peer that does not read; past it the connection is closed.
  package static let maximumWaiting = 8 * 1024 * 1024
  /// How long a peer has to take our last words and to say that it has: past it the connection is closed whatever waits.
  package static let farewellTime = Duration.seconds(5)
  /// What is read of a peer that goes on sending after our last words, before they are given up.
  package static let maximumUnheard = 16 * 1024 * 1024
  private static let readSize = 65_536

  private enum State {
    case open
    /// What waits is still to be sent, and then we have said everything.
    case finishing(EventLoop.TimerID)
    /// All is sent, and so is our end. The kernel answers bytes that nobody reads with a reset, and that takes our last words from a peer
    /// that has not read them yet: so we read on, deaf, until the peer ends as well (RFC 9112 §9.6).
    case deaf(EventLoop.TimerID, unheard: Int)
    case closed
  }

  package let remote: SocketAddress
  package var onBytes: (([UInt8]) -> Void)?
  /// Called once, whoever closed.
  package var onClose: (() -> Void)?

  /// What may wait here, where less than `maximumWaiting` is enough for anybody.
  package var capacity = maximumWaiting
  /// How long a farewell may take, where `farewellTime` is too long.
  package var patience = farewellTime

  private let loop: EventLoop
  private var file: Int32
  private var waiting: [UInt8] = []
  private var state = State.open
  /// Whether the peer has said that it will send no more.
  private var isHeardOut = false

  package init(_ loop: EventLoop, file: Int32, remote: SocketAddress) throws(SystemFailure) {
    self.loop = loop
    self.file = file
    self.remote = remote
    try loop.watch(file, .readable) { [weak self] isReadable, isWritable in
      // Held until both are done: whoever hears that it closed lets go of it, and a reset is readable and writable at once.
      guard let self else { return }
      if isReadable { read() }
      if isWritable { write() }
    }
  }

  package var isOpen: Bool { if case .closed = state { false } else { true } }
  /// Whether something waits for the peer to take it.
  package var hasWaiting: Bool { !waiting.isEmpty }

  /// Our end, as the peer sees it.
  package var localAddress: SocketAddress? {
    var storage = AddressStorage()
    guard storage.withMutable({ getsockname(file, $0, $1) }) == 0 else { return nil }
    return storage.address
  }

  package func send(_ octets: [UInt8]) {
    guard case .open = state else { return }
    guard waiting.count + octets.count <= capacity else { return close() }
    waiting += octets
    write()
  }

  /// Closes once the peer has everything that waits, or `farewellTime` is up; nothing more is heard of it.
  package func finish() {
    guard case .open = state else { return }
    let timer = loop.makeTimer { [weak self] in self?.close() }
    loop.set(timer, to: SystemClock.now + patience)
    state = .finishing(timer)
    endOnceSent()
  }

  private func endOnceSent() {
    guard waiting.isEmpty, case .finishing(let timer) = state else { return }
    guard !isHeardOut else { return close() }
    shutdown(file, Int32(SHUT_WR))
    state = .deaf(timer, unheard: 0)
  }

  package func close() {
    guard isOpen else { return }
    switch state {
    case .finishing(let timer), .deaf(let timer, _): loop.remove(timer)
    case .open, .closed: break
    }
    state = .closed
    loop.forget(file)
    Glibc.close(file)
    file = -1
    waiting = []
    let closed = onClose
    (onBytes, onClose) = (nil, nil)
    closed?()
  }

  private func read() {
    guard isOpen else { return }
    var count = 0
    let octets = [UInt8](unsafeUninitializedCapacity: Self.readSize) { buffer, filled in
      count = recv(file, buffer.baseAddress, buffer.count, 0)
      filled = max(0, count)
    }
    if count > 0 {
      heard(octets)
    } else if count == 0 {
      heardOut()
    } else if errno != EAGAIN, errno != EINTR {
      close()
    }
  }

  private func heard(_ octets: [UInt8]) {
    switch state {
    case .open: onBytes?(octets)
    case .finishing, .closed: break
    case .deaf(let timer, let unheard):
      state = .deaf(timer, unheard: unheard + octets.count)
      if unheard + octets.count > Self.maximumUnheard { close() }
    }
  }

  /// The peer ended. If we have as well, it still gets what waits for it.
  private func heardOut() {
    guard case .finishing = state else { return close() }
    isHeardOut = true
    loop.change(file, to: .writable)
  }

  private func write() {
    guard isOpen, !waiting.isEmpty else { return }
    let count = Glibc.send(file, waiting, waiting.count, Int32(MSG_NOSIGNAL))
    if count > 0 { waiting.consume(count) }
    if count < 0, errno != EAGAIN, errno != EINTR { return close() }
    var interest: Epoll.Interest = isHeardOut ? [] : .readable
    if !waiting.isEmpty { interest.insert(.writable) }
    loop.change(file, to: interest)
    endOnceSent()
  }
}
