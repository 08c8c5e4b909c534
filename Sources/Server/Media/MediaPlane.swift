import Calls
import Cryptography
import RTP
import Runtime
import Wire

/// A media engine on a thread of its own, with sockets of its own.
///
/// Commands come in by a mailbox; events go out through the closure, on the plane's thread.
package final class MediaPlane: Sendable {
  package struct Settings: Sendable {
    /// Where to bind; a wildcard takes every address.
    package var host: IPAddress
    /// The port that all browsers share; 0 takes a free one.
    package var browserPort: UInt16
    package var phonePorts: ClosedRange<UInt16>
    package var identity: Identity
    package var sounds: SoundLibrary

    package init(
      host: IPAddress, browserPort: UInt16, phonePorts: ClosedRange<UInt16>, identity: Identity, sounds: SoundLibrary
    ) {
      self.host = host
      self.browserPort = browserPort
      self.phonePorts = phonePorts
      self.identity = identity
      self.sounds = sounds
    }
  }

  enum Letter: Sendable {
    case commands([MediaCommand])
    case stop
  }

  /// The port that browsers reach.
  package let browserPort: UInt16
  private let mailbox: Mailbox<Letter>

  /// Binds the sockets and starts the thread.
  package init(_ settings: Settings, report: @escaping @Sendable ([MediaEvent]) -> Void) throws(SystemFailure) {
    let mailbox = try Mailbox<Letter>()
    let transport = try SocketTransport(
      host: settings.host, browserPort: settings.browserPort, phonePorts: settings.phonePorts,
      slots: MediaEngine<SocketTransport>.maximumLegs, bell: mailbox.bell)
    browserPort = transport.browsers.localAddress?.port ?? settings.browserPort
    self.mailbox = mailbox
    let wallClock = WallClock(nanosecondsSince1970: SystemClock.wallNanoseconds, at: SystemClock.now)
    let loop = MediaLoop(
      engine: MediaEngine(
        transport: transport, identity: settings.identity, sounds: settings.sounds, wallClock: wallClock, randomness: .system),
      mailbox: mailbox, report: report)
    try Thread.start("media") { loop.run() }
  }

  package func post(_ commands: [MediaCommand]) { mailbox.post(.commands(commands)) }

  package func stop() { mailbox.post(.stop) }
}

/// The media thread's loop: wait, read, answer, again.
private final class MediaLoop: @unchecked Sendable {
  // Unchecked: made on one thread, given to another, used there only.

  /// Datagrams that one wake-up reads from the browsers' port before phones have their turn.
  private static let browserBatch = 64

  private var engine: MediaEngine<SocketTransport>
  private let mailbox: Mailbox<MediaPlane.Letter>
  private let report: @Sendable ([MediaEvent]) -> Void
  private let buffer: UnsafeMutableRawBufferPointer
  /// What a datagram may fill: the rest is for the seal.
  private let room: UnsafeMutableRawBufferPointer

  init(
    engine: consuming MediaEngine<SocketTransport>, mailbox: Mailbox<MediaPlane.Letter>,
    report: @escaping @Sendable ([MediaEvent]) -> Void
  ) {
    self.engine = engine
    self.mailbox = mailbox
    self.report = report
    buffer = .allocate(byteCount: MediaEngine<SocketTransport>.datagramCapacity, alignment: 16)
    room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count - 64)])
  }

  deinit { buffer.deallocate() }

  func run() {
    while true {
      let count = engine.transport.epoll.wait(until: engine.deadline, now: SystemClock.now)
      for index in 0..<count {
        switch engine.transport.source(index) {
        case .mailbox: if readMailbox() { return }
        case .browsers: readBrowsers()
        case .phone(let slot, let channel): readPhone(slot, channel)
        }
      }
      engine.wake(at: SystemClock.now)
      let events = engine.takeEvents()
      if !events.isEmpty { report(events) }
    }
  }

  /// Says whether the thread should end.
  private func readMailbox() -> Bool {
    for letter in mailbox.takeAll() {
      switch letter {
      case .commands(let commands): for command in commands { engine.perform(command, at: SystemClock.now) }
      case .stop: return true
      }
    }
    return false
  }

  private func readBrowsers() {
    for _ in 0..<Self.browserBatch {
      guard let (count, source) = engine.transport.browsers.receive(into: room) else { return }
      engine.receiveFromBrowser(buffer, count: count, from: source, at: SystemClock.now)
    }
  }

  /// One datagram a wake-up: a phone sends one each 20 ms, and asking for a second costs as much as reading it.
  private func readPhone(_ slot: Int, _ channel: PhoneChannel) {
    guard let (count, source) = engine.transport.socket(slot, channel)?.receive(into: room) else { return }
    engine.receiveFromPhone(slot, channel, buffer, count: count, from: source, at: SystemClock.now)
  }
}
