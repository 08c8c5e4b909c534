import Calls
import RTP
import Runtime
import Wire

/// A media plane's loop: wait, read, answer, again; on the plane's own thread in service, turn by turn in a benchmark.
package final class MediaLoop: @unchecked Sendable {
  // Unchecked: made on one thread, given to another, used there only.

  package enum Letter: Sendable {
    case commands([MediaCommand])
    case stop
  }

  /// Datagrams that one wake-up reads from the browsers' port before phones have their turn.
  private static let browserBatch = 64

  package let mailbox: Mailbox<Letter>
  /// The figures as they were last published.
  package let published = Locked(MediaFigures())
  private var received: UInt64 = 0
  private var turns = Histogram.turns
  private var load = LoadWatch()
  private let plane: MediaPlaneID
  /// When the present turn began, and when a timer that it serves was due.
  private var began: Instant?
  private var due: Instant?
  private var publishAt = Instant()
  /// Whether something arrived since the last publication.
  private var isStale = false
  private var engine: MediaEngine<SocketTransport>
  private let report: @Sendable ([MediaEvent]) -> Void
  private let buffer: UnsafeMutableRawBufferPointer
  /// What a datagram may fill: the rest is for the seal.
  private let room: UnsafeMutableRawBufferPointer

  /// Binds the sockets.
  package init(_ settings: MediaPlane.Settings, report: @escaping @Sendable ([MediaEvent]) -> Void) throws(SystemFailure) {
    mailbox = try Mailbox<Letter>()
    let transport = try SocketTransport(
      host: settings.host, browserPort: settings.browserPort, phonePorts: settings.phonePorts,
      slots: MediaEngine<SocketTransport>.maximumLegs, bell: mailbox.bell)
    engine = MediaEngine(
      transport: transport, identity: settings.identity, sounds: settings.sounds,
      wallClock: WallClock(nanosecondsSince1970: SystemClock.wallNanoseconds, at: SystemClock.now), randomness: .system)
    self.report = report
    plane = settings.plane
    buffer = .allocate(byteCount: MediaEngine<SocketTransport>.datagramCapacity, alignment: 16)
    room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(buffer.count - 64)])
  }

  deinit { buffer.deallocate() }

  /// What waits on the browsers' port.
  package var queue: UDPSocket.Queue { engine.transport.browsers.queue }
  /// The port that browsers reach.
  package var browserPort: UInt16 { engine.transport.browsers.localAddress?.port ?? 0 }
  /// When `wake` has something to do although nothing arrives.
  package var deadline: Instant? { engine.deadline }

  func run() {
    while let now = receive({ SystemClock.now }) { wake(at: now) }
  }

  /// Waits until datagrams or letters arrive or the deadline comes, and takes what is there; `nil` when the thread should end.
  ///
  /// What one wake-up brings arrived at one moment, the one that is answered: the clock is not read for each packet.
  package func receive(_ clock: () -> Instant) -> Instant? {
    let before = clock()
    if let began { note(from: began, to: before) }
    let timer = engine.deadline
    let deadline = earliest(timer, load.deadline, isStale ? publishAt : nil)
    let count = engine.transport.epoll.wait(until: deadline, now: before)
    let now = clock()
    began = now
    due = timer.flatMap { $0 < now ? $0 : nil }
    isStale = isStale || count > 0
    for index in 0..<count {
      switch engine.transport.source(index) {
      case .mailbox: if readMailbox(at: now) { return nil }
      case .browsers: readBrowsers(at: now)
      case .phone(let slot, let channel): readPhone(slot, channel, at: now)
      }
    }
    return now
  }

  /// Does what is due by the clock and reports what happened.
  package func wake(at now: Instant) {
    engine.wake(at: now)
    let events = engine.takeEvents()
    if !events.isEmpty { report(events) }
    if isStale, now >= publishAt { publish(at: now) }
  }

  /// A turn is over; the office hears when it tells that the plane keeps up no more, or does again.
  private func note(from began: Instant, to ended: Instant) {
    turns.observe(Double((ended - began).nanoseconds) / 1e9)
    guard let verdict = load.turn(due: due, from: began, to: ended) else { return }
    isStale = true
    report([verdict == .strained ? .strained(plane) : .relaxed(plane)])
  }

  /// Once in a while and not for each packet: whoever reads the figures then holds the lock for a copy.
  private func publish(at now: Instant) {
    (isStale, publishAt) = (false, now + MediaFigures.period)
    published.with { figures in
      figures.legs = engine.legCount
      figures.drops = engine.drops
      figures.received = received
      figures.sent = engine.transport.sent
      figures.queue = engine.transport.browsers.queue
      figures.turns = turns
      figures.load = load.figures
      figures.isStrained = load.isStrained
    }
  }

  /// Says whether the thread should end.
  private func readMailbox(at now: Instant) -> Bool {
    for letter in mailbox.takeAll() {
      switch letter {
      case .commands(let commands): for command in commands { engine.perform(command, at: now) }
      case .stop: return true
      }
    }
    engine.transport.expect(browsers: engine.slotsByFragment.count)
    return false
  }

  private func readBrowsers(at now: Instant) {
    for _ in 0..<Self.browserBatch {
      guard let (count, source) = engine.transport.browsers.receive(into: room) else { return }
      received &+= 1
      engine.receiveFromBrowser(buffer, count: count, from: source, at: now)
    }
  }

  /// One datagram a wake-up: a phone sends one each 20 ms, and asking for a second costs as much as reading it.
  private func readPhone(_ slot: Int, _ channel: PhoneChannel, at now: Instant) {
    guard let (count, source) = engine.transport.socket(slot, channel)?.receive(into: room) else { return }
    received &+= 1
    engine.receiveFromPhone(slot, channel, buffer, count: count, from: source, at: now)
  }
}
