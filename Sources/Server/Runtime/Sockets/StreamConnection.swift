import Cryptography
import Wire

/// One connection of a byte stream, in plain text or under TLS as its first byte tells; its owner sees plain bytes either way.
///
/// Lives on its loop's thread.
package final class StreamConnection {
  /// The first byte of every TLS connection (a record of handshake, RFC 8446 §5.1), and of no request in HTTP.
  package static let firstByteOfTLS: UInt8 = 0x16

  package let remote: SocketAddress
  package var onBytes: (([UInt8]) -> Void)?
  /// Called once, whoever closed.
  package var onClose: (() -> Void)?
  /// Says in words why a connection is about to be closed, where its bytes came to nothing.
  package var onTrouble: ((String) -> Void)?

  private enum State {
    /// Nothing was heard yet. Without an identity no TLS is spoken.
    case silent(Identity?)
    case plain
    case secure(TLSServerSession, EventLoop.TimerID)
  }

  private let loop: EventLoop
  private let tcp: TCPConnection
  private var state: State

  /// - Parameter identity: who we are under TLS; `nil` for a connection that can be in plain text only.
  package init(_ loop: EventLoop, file: Int32, remote: SocketAddress, identity: Identity?) throws(SystemFailure) {
    self.loop = loop
    self.remote = remote
    tcp = try TCPConnection(loop, file: file, remote: remote)
    state = .silent(identity)
    tcp.onBytes = { [unowned self] in received($0) }
    tcp.onClose = { [unowned self] in closed() }
  }

  package var isOpen: Bool { tcp.isOpen }
  /// Whether something waits for the peer to take it.
  package var hasWaiting: Bool { tcp.hasWaiting }

  /// Whether TLS guards what is said.
  package var isSecure: Bool { if case .secure = state { true } else { false } }

  package func send(_ octets: [UInt8]) {
    guard case .secure(let session, _) = state else { return tcp.send(octets) }
    perform(session.send(octets))
  }

  /// Says goodbye, and closes once everything that waits is sent.
  package func finish() {
    if case .secure(let session, _) = state { perform(session.close()) }
    tcp.finish()
  }

  package func close() { tcp.close() }

  // MARK: Inside

  private func received(_ octets: [UInt8]) {
    if case .silent(let identity) = state, let first = octets.first { begin(first, identity) }
    switch state {
    case .silent: break
    case .plain: onBytes?(octets)
    case .secure(let session, let timer):
      perform(session.receive(octets))
      if isOpen { loop.set(timer, to: session.deadline) }
    }
  }

  private func begin(_ first: UInt8, _ identity: Identity?) {
    guard first == Self.firstByteOfTLS else {
      state = .plain
      return
    }
    guard let identity else {
      onTrouble?("TLS is off, and a client speaks it")
      return tcp.finish()
    }
    let session = TLSServerSession(identity: identity, at: SystemClock.now)
    let timer = loop.makeTimer { [unowned self] in perform(session.wake(at: SystemClock.now)) }
    loop.set(timer, to: session.deadline)
    state = .secure(session, timer)
  }

  private func perform(_ outputs: [TLSOutput]) {
    for output in outputs where isOpen {
      switch output {
      case .send(let records): tcp.send(records)
      case .established: break
      case .received(let octets): onBytes?(octets)
      case .closed: tcp.finish()
      case .failed(let failure):
        onTrouble?("TLS came to nothing: \(failure)")
        tcp.finish()
      }
    }
  }

  private func closed() {
    if case .secure(_, let timer) = state { loop.remove(timer) }
    let closed = onClose
    (onBytes, onClose, onTrouble) = (nil, nil, nil)
    closed?()
  }
}
