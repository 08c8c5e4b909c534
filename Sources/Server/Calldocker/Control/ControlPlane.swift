import Doctor
import HTTP
import Runtime
import Wire

/// The commands' way to a running server: HTTP on a Unix socket that only the server's own user may open, on a loop of its own,
/// so that no crowd of visitors stands before the operator.
package actor ControlPlane {
  /// Commands at a time; one more waits in the kernel's queue until another ends.
  package static let maximumClients = 64

  let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  let signalling: SignallingPlane
  let enrolment: Enrolment
  /// As it was at the start.
  let service: Service
  /// While a doctor examines the service: when that ends at the latest.
  var examinationEnd: EventLoop.TimerID?
  let reception: Reception
  let dialplans: DialplanShelf
  private let listener: UnixListener
  private var clients: [UInt64: Client] = [:]
  private var lastNumber: UInt64 = 0
  private var door = Door.shut

  private enum Door {
    case open
    /// Full: one more waits in the kernel's queue.
    case closedUntilOneLeaves
    case shut
  }

  /// One command's connection.
  private final class Client {
    let stream: TCPConnection
    let timer: EventLoop.TimerID
    var http: HTTPConnection

    init(stream: TCPConnection, timer: EventLoop.TimerID, http: HTTPConnection) {
      self.stream = stream
      self.timer = timer
      self.http = http
    }
  }

  package init(
    loop: EventLoop, listener: UnixListener, signalling: SignallingPlane, enrolment: Enrolment, reception: Reception,
    dialplans: DialplanShelf, service: Service
  ) {
    self.loop = loop
    self.service = service
    self.listener = listener
    self.signalling = signalling
    self.enrolment = enrolment
    self.reception = reception
    self.dialplans = dialplans
  }

  package func start() throws(SystemFailure) { try listen() }

  /// Takes the socket away, so that the next command finds nobody instead of waiting.
  package func stop() {
    if door == .open { loop.forget(listener.file) }
    door = .shut
    listener.close()
  }

  private func listen() throws(SystemFailure) {
    try loop.watch(listener.file, .readable) { [unowned self] _, _ in assumeIsolated { $0.accept() } }
    door = .open
  }

  // MARK: Connections

  private func accept() {
    while clients.count < Self.maximumClients {
      guard let file = listener.accept() else { return }
      add(file)
    }
    // An event that nobody serves would come again and again.
    loop.forget(listener.file)
    door = .closedUntilOneLeaves
  }

  private func add(_ file: Int32) {
    // Whoever may open the socket is on this machine; an address says no more.
    guard let stream = try? TCPConnection(loop, file: file, remote: SocketAddress(.loopback, 0)) else { return }
    lastNumber &+= 1
    let number = lastNumber
    let timer = loop.makeTimer { [unowned self] in assumeIsolated { $0.ring(number) } }
    stream.onBytes = { [unowned self] octets in assumeIsolated { $0.received(octets, by: number) } }
    stream.onClose = { [unowned self] in assumeIsolated { $0.closed(number) } }
    let client = Client(stream: stream, timer: timer, http: HTTPConnection(at: SystemClock.now))
    clients[number] = client
    schedule(client)
  }

  private func received(_ octets: [UInt8], by number: UInt64) {
    guard let client = clients[number] else { return }
    perform(client.http.receive(octets, at: SystemClock.now), for: number)
  }

  private func ring(_ number: UInt64) {
    guard let client = clients[number] else { return }
    perform(client.http.wake(at: SystemClock.now), for: number)
  }

  private func closed(_ number: UInt64) {
    guard let client = clients.removeValue(forKey: number) else { return }
    loop.remove(client.timer)
    // What cannot be watched now is tried again when the next one ends.
    if door == .closedUntilOneLeaves { try? listen() }
  }

  private func schedule(_ client: Client) {
    if client.stream.isOpen { loop.set(client.timer, to: client.http.deadline) }
  }

  private func perform(_ outputs: [HTTPConnection.Output], for number: UInt64) {
    guard let client = clients[number] else { return }
    for output in outputs {
      switch output {
      case .send(let octets): client.stream.send(octets)
      case .request(let request, let message):
        Task {
          let response = await self.response(to: message)
          self.answer(number, request, response)
        }
      case .close: client.stream.finish()
      }
    }
    schedule(client)
  }

  private func answer(_ number: UInt64, _ request: HTTPConnection.RequestNumber, _ response: HTTPResponse) {
    guard let client = clients[number] else { return }
    perform(client.http.respond(request, response, at: SystemClock.now), for: number)
  }
}
