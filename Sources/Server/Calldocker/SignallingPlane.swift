import Attendant
import Calls
import Cryptography
import Dialplan
import Media
import Runtime
import SIPCore
import SIPSyntax
import Storage
import Wire

/// The exchange on its thread: SIP over UDP and TCP, wishes to the media plane, events to the web.
package actor SignallingPlane {
  /// Whoever carries events to visitors and agents in browsers.
  package typealias Sink = @Sendable (ClientEvent) -> Void

  package enum ClientEvent: Sendable {
    case visitor(VisitorID, VisitorEvent)
    case agent(AgentSessionID, AgentEvent)
    case desks([AgentSessionID], DeskEvent)
    case dismissed(AgentSessionID, Dismissal)
  }

  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  package nonisolated let sipAddress: SocketAddress

  var exchange: Exchange
  /// Leads the calls of businesses by their dialplans.
  var attendant = Attendant()
  let zones: ZoneFiles
  /// What plans ask web servers for.
  let pages: PageFetcher
  private var flights = FlightRecorder()
  private let sockets: SIPSockets
  private var streams: [ConnectionID: TCPConnection] = [:]
  private var turnedAwayNews = TurnedAway()
  private var lastConnection: UInt64 = 0
  private let media: [MediaPlane]
  private let ledger: Ledger
  /// Whoever waits for the records of all calls to be complete.
  private var awaitingRecords: [CheckedContinuation<Void, Never>] = []
  /// Desks that wait until the disk has what they said of themselves.
  private var awaitingStatus: [KeepTicket: CheckedContinuation<Bool, Never>] = [:]
  private var tracesUnderWay = 0
  private var awaitingTraces: [CheckedContinuation<Void, Never>] = []
  let log: Log
  private let advertised: IPAddress?
  private let host: IPAddress
  private var sink: Sink?
  private var vigils: [Vigil] = []
  private var legs = LegHistograms()
  private var refused: [Refusal.Reason: UInt64] = [:]
  private var timer: EventLoop.TimerID?
  private var routes = Routes()
  private nonisolated(unsafe) let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

  /// Datagrams that one wake-up reads before time and the web have their turn.
  private static let batch = 256
  /// What may wait for a phone that does not read.
  private static let streamCapacity = 256 * 1024

  package init(
    loop: EventLoop, sockets: SIPSockets, exchange: Exchange, media: [MediaPlane], ledger: Ledger, log: Log,
    host: IPAddress, advertised: IPAddress?, zones: ZoneFiles, pages: PageFetcher
  ) {
    self.loop = loop
    self.sockets = sockets
    self.exchange = exchange
    self.media = media
    self.ledger = ledger
    self.log = log
    self.host = host
    self.advertised = advertised
    self.zones = zones
    self.pages = pages
    sipAddress = sockets.address
  }

  deinit { buffer.deallocate() }

  package func start(sink: @escaping Sink) throws {
    self.sink = sink
    timer = loop.makeTimer { [unowned self] in assumeIsolated { $0.ring() } }
    try loop.watch(sockets.datagrams.file, .readable) { [unowned self] _, _ in assumeIsolated { $0.read() } }
    try loop.watch(sockets.listener.file, .readable) { [unowned self] _, _ in assumeIsolated { $0.accept() } }
    // Phones that were restored run out as well.
    schedule()
  }

  // MARK: What arrives

  private func read() {
    for _ in 0..<Self.batch {
      guard let (count, source) = sockets.datagrams.receive(into: buffer) else { break }
      // What is written for a peer that only one of our links knows is of no use to anybody else.
      guard !source.ip.isLinkLocal else { continue }
      let flow = Flow(remote: source, local: SocketAddress(address(facing: source.ip), sipAddress.port))
      act { $0.receive(datagram: Array(buffer[..<count]), over: flow, at: $1) }
    }
    schedule()
  }

  private func accept() {
    for _ in 0..<Self.batch {
      guard let (file, remote) = sockets.listener.accept() else { break }
      guard let stream = try? TCPConnection(loop, file: file, remote: remote) else { continue }
      guard let local = stream.localAddress?.ip, !remote.ip.isLinkLocal else {
        stream.close()
        continue
      }
      open(stream, local: address(facing: remote.ip, over: local))
    }
    log.write(turnedAway: turnedAwayNews.news(turnedAway, at: SystemClock.now), from: "SIP")
    schedule()
  }

  private func open(_ stream: TCPConnection, local: IPAddress) {
    lastConnection &+= 1
    let id = ConnectionID(lastConnection)
    streams[id] = stream
    stream.capacity = Self.streamCapacity
    stream.onBytes = { [unowned self] octets in assumeIsolated { $0.received(octets, on: id) } }
    stream.onClose = { [unowned self] in assumeIsolated { $0.closed(id) } }
    let flow = Flow(remote: stream.remote, local: SocketAddress(local, sipAddress.port), transport: .tcp(id))
    act { $0.connectionOpened(flow, at: $1) }
  }

  private func received(_ octets: [UInt8], on id: ConnectionID) {
    act { $0.receive(octets, on: id, at: $1) }
    schedule()
  }

  private func closed(_ id: ConnectionID) {
    streams[id] = nil
    act { $0.connectionClosed(id, at: $1) }
    schedule()
  }

  private func ring() {
    let now = SystemClock.now
    perform(exchange.wake(at: now), at: now)
    let led = attendant.wake(in: &exchange, at: now, Self.facts(zones))
    perform(led.outputs, at: now)
    run(led.errands)
    schedule()
  }

  /// Our address as that peer should write it: the one facing it, or for peers beyond our network the advertised one.
  private func address(facing peer: IPAddress, over known: IPAddress? = nil) -> IPAddress {
    if let advertised, !peer.isPrivate, advertised.isIPv6 == peer.isIPv6 { return advertised }
    if let known { return known }
    guard host.isUnspecified else { return host }
    return routes.address(facing: peer)
  }

  func schedule() {
    keepVigils()
    if let timer { loop.set(timer, to: earliest(exchange.deadline, attendant.deadline, vigils.map(\.until).min())) }
    guard !awaitingRecords.isEmpty, hasAllRecords else { return }
    for waiter in awaitingRecords { waiter.resume() }
    awaitingRecords = []
  }

  /// Does something with the exchange and carries out what it asks for.
  private func with<Result>(_ action: (inout Exchange, Instant) -> (Result, [Exchange.Output])) -> Result {
    let now = SystemClock.now
    let (result, outputs) = action(&exchange, now)
    perform(outputs, at: now)
    schedule()
    return result
  }

  /// The same of one moment for the exchange and for whoever records it, while more is to be done before time has its turn.
  private func act(_ action: (inout Exchange, Instant) -> [Exchange.Output]) {
    let now = SystemClock.now
    perform(action(&exchange, now), at: now)
  }

  // MARK: What the exchange asks for

  func perform(_ told: [Exchange.Output], at now: Instant) {
    let (outputs, errands) = attendant.lead(told, in: &exchange, at: now, Self.facts(zones))
    flights.take(outputs, at: now)
    keep(flights.harvest())
    var commands: [MediaPlaneID: [MediaCommand]] = [:]
    for output in outputs {
      switch output {
      case .datagram(let octets, let flow): octets.withUnsafeBytes { _ = sockets.datagrams.send($0, to: flow.remote) }
      case .stream(let octets, let connection): streams[connection]?.send(octets)
      case .close(let connection): streams[connection]?.finish()
      case .media(let command): commands[command.plane, default: []].append(command)
      case .visitor(let visitor, let event): sink?(.visitor(visitor, event))
      case .agent(let session, let event): sink?(.agent(session, event))
      case .desks(let sessions, let event): sink?(.desks(sessions, event))
      case .dismissed(let session, let why): sink?(.dismissed(session, why))
      case .record(let record): write(record)
      case .keep(let phones): keep(phones)
      case .keepStatus(let status): keep(status)
      // Who leads the call has been told.
      case .attendant, .flight: break
      case .log(let line): write(line)
      }
    }
    for (plane, wishes) in commands { media[plane.number].post(wishes) }
    run(errands)
  }

  // MARK: What must last

  private func keep(_ phones: KeptPhones) {
    ledger.keep(phones) { [self] failure in
      Task { await kept(phones, failure) }
    }
  }

  private func kept(_ phones: KeptPhones, _ failure: StorageFailure?) {
    guard let ticket = phones.ticket else { return }
    with { ((), failure == nil ? $0.kept(ticket, at: $1) : $0.keepFailed(ticket, at: $1)) }
  }

  private func keep(_ status: KeptStatus) {
    ledger.keep(status) { [self] failure in
      Task { await kept(status, failure) }
    }
  }

  private func kept(_ status: KeptStatus, _ failure: StorageFailure?) {
    if failure == nil { exchange.statusKept(status) } else { exchange.statusNotKept(status, at: SystemClock.now) }
    schedule()
    if let ticket = status.ticket { awaitingStatus.removeValue(forKey: ticket)?.resume(returning: failure == nil) }
  }

  private static let statusNotKept = Refusal(
    .busy, "The server could not save this, so nothing was changed; try again in a moment.")

  private func write(_ record: CallRecord) {
    ledger.write(record) { [log] failure in
      guard let failure else {
        Task { await self.written(record) }
        return
      }
      let call = String(record.call.description.prefix(6))
      log.write(.error, "A line of the call log is lost. \(failure)", [("call", call)])
    }
  }

  /// Traces on their way to the disk at a time; one more is lost, and no call waits for it.
  static let maximumTraces = 256

  private func keep(_ records: [FlightRecord], isLast: Bool = false) {
    for record in records where record.tenant != .doctor {
      guard tracesUnderWay < Self.maximumTraces || isLast else {
        log.write(.warning, "A trace was not written: too many wait for the disk", Self.field(record))
        continue
      }
      tracesUnderWay += 1
      let clock = FlightClock.now
      // Not here, where calls wait, and not on the storage's thread, where phones do.
      Task.detached(priority: .utility) { [ledger] in
        let failure = await ledger.keep(record, clock)
        await self.traceKept(record, failure)
      }
    }
  }

  private func traceKept(_ record: FlightRecord, _ failure: StorageFailure?) {
    if let failure { log.write(.error, "A trace was not written. \(failure)", Self.field(record)) }
    tracesUnderWay -= 1
    guard tracesUnderWay == 0 else { return }
    for waiter in awaitingTraces { waiter.resume() }
    awaitingTraces = []
  }

  private static func field(_ record: FlightRecord) -> [(String, String)] {
    [("call", String(record.call.description.prefix(6)))]
  }

  /// Businesses of which a line in the log says that calls were refused while the server was being stopped.
  private static let maximumLastLines = 50

  /// After the last call: writes down what happened to those that were not written yet, and returns when the disk has it.
  package func tracesAreKept() async {
    // What is known of calls that were refused ends with the server; of these there is nowhere else to read.
    for (tenant, count) in flights.refusals.counts(of: .shuttingDown, atMost: Self.maximumLastLines) {
      let fields = (tenant.map { [("tenant", $0.description)] } ?? []) + [("calls", "\(count)")]
      log.write(.info, "Calls were refused while the server was being stopped", fields)
    }
    keep(flights.finish(), isLast: true)
    guard tracesUnderWay > 0 else { return }
    await withCheckedContinuation { awaitingTraces.append($0) }
  }

  private func written(_ record: CallRecord) {
    exchange.recordWritten(record.call, of: record.tenant, at: SystemClock.now)
    schedule()
  }

  /// Takes everybody and all phones back that were there before a restart; to be done before the sockets are read.
  package func restore(
    _ changes: [DirectoryChange], _ phones: [(address: AddressOfRecord, phones: [PhoneRegistration])]
  ) throws(DirectoryFault) {
    for change in changes { try exchange.apply(change) }
    let clock = WallClock()
    for (owner, registrations) in phones {
      let bindings = registrations.compactMap { phone in
        phone.binding(local: SocketAddress(address(facing: phone.remote.ip), sipAddress.port), clock)
      }
      if !bindings.isEmpty { exchange.restore(bindings, of: owner, at: SystemClock.now) }
    }
  }

  /// After `shutDown`: returns once all is known of the calls that were. A leg that does not report within
  /// `UnfinishedRecords.patience` never will, so this ends.
  package func recordsAreComplete() async {
    guard !hasAllRecords else { return }
    await withCheckedContinuation { awaitingRecords.append($0) }
  }

  private var hasAllRecords: Bool { exchange.census.records == 0 }

  private func write(_ line: LogLine) {
    let level: Log.Level =
      switch line.level {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      }
    // What the doctor tries is nobody's business but its own; what goes wrong with it is told by the doctor.
    guard line.tenant != .doctor || self.log.level <= .debug else { return }
    var fields: [(String, String)] = []
    if let tenant = line.tenant { fields.append(("tenant", tenant.description)) }
    if let call = line.call { fields.append(("call", String(call.description.prefix(6)))) }
    log.write(level, line.event, personal: line.personal, fields)
  }

  // MARK: What others ask for

  package func report(_ events: [MediaEvent]) {
    for event in events where !isDoctors(event) { legs.observe(event) }
    with { exchange, now in ((), events.flatMap { exchange.receive($0, at: now) }) }
  }

  private func isDoctors(_ event: MediaEvent) -> Bool {
    event.measuredLeg.map { Self.isOfNoCall($0) || exchange.isDoctors($0) } ?? false
  }

  package func apply(_ change: DirectoryChange) throws(DirectoryFault) {
    let now = SystemClock.now
    perform(try exchange.apply(change, at: now), at: now)
    // Its calls have ended, and their runs with them.
    if case .tenantRemoved(let tenant) = change { attendant.forget(tenant) }
    schedule()
  }

  package func tenant(_ text: String) -> Tenant? { TenantID(text).flatMap { exchange.tenant($0) } }

  package func agent(_ name: AgentName, of tenant: TenantID) -> Agent? { exchange.tenant(tenant)?.agents[name] }

  /// The tenant's calls whose ids begin so, for whoever asks why.
  ///
  /// What is in memory first, then what only the disk has; a disk that fails has nothing.
  package func flights(of tenant: TenantID, beginning prefix: String) async -> [FlightRecord] {
    let here = flights.records(of: tenant, beginning: prefix, at: SystemClock.now)
    let known = Set(here.map(\.call))
    return here + (await ledger.traces(of: tenant, beginning: prefix)).filter { !known.contains($0.call) }
  }
  package func latestFlights(of tenant: TenantID, atMost count: Int) -> [FlightRecord] {
    flights.latest(of: tenant, atMost: count, at: SystemClock.now)
  }
  /// Calls that were not admitted; with `nil` those for nobody that we know.
  package func refusals(of tenant: TenantID?) -> RefusedCalls.Account { flights.refusals[tenant] }
  /// The same of those that the disk has.
  package func keptFlights(of tenant: TenantID, atMost count: Int) async -> [TraceRow] {
    await ledger.latestTraces(of: tenant, atMost: count)
  }

  package func tenants(after count: Int, atMost limit: Int) -> (tenants: [Tenant], isLast: Bool) {
    exchange.tenants(after: count, atMost: limit)
  }

  package func callRequest(_ visitor: VisitorID, _ request: CallRequest) -> Result<Exchange.Routed, Refusal> {
    let result = with { $0.callRequest(visitor, request, at: $1) }
    if case .failure(let refusal) = result, TenantID(request.tenant) != .doctor { noteRefused(refusal.reason) }
    return result
  }
  private func noteRefused(_ reason: Refusal.Reason) { refused[reason, default: 0] &+= 1 }
  /// Counts a call that did not even reach the exchange, and remembers why.
  func note(_ call: RefusedCall, naming tenant: String?) {
    noteRefused(call.reason)
    with { exchange, _ in ((), exchange.turnedAway(call, naming: tenant)) }
  }
  package func callOffer(_ visitor: VisitorID, _ call: CallID, _ offer: String) -> Result<String, Refusal> {
    with { $0.callOffer(visitor, call, offer, at: $1) }
  }
  package func sendDigits(_ visitor: VisitorID, _ call: CallID, _ digits: String) {
    with { exchange, _ in ((), exchange.sendDigits(visitor, call, digits)) }
  }
  package func hangUp(_ visitor: VisitorID, _ call: CallID) { with { ((), $0.hangUp(visitor, call, at: $1)) } }
  package func visitorGone(_ visitor: VisitorID, isDeliberate: Bool) {
    with { ((), $0.visitorGone(visitor, isDeliberate: isDeliberate, at: $1)) }
  }
  package func resume(
    _ visitor: VisitorID, tenant: String, _ call: CallID, token: String, offer: String?
  ) -> Result<Exchange.Resumed, Refusal> {
    with { $0.resume(visitor, tenant: tenant, call, token: token, offer: offer, at: $1) }
  }
  package func registerAgent(
    _ session: AgentSessionID, tenant: String, agent: String, isAuthorised: Bool, status: AgentStatus?
  ) async -> Result<Exchange.Desk, Refusal> {
    let hadSeat = exchange.hasSeat(session)
    let result = with {
      $0.registerAgent(session, tenant: tenant, agent: agent, isAuthorised: isAuthorised, status: status, at: $1)
    }
    guard case .success(let desk) = result, let ticket = desk.keeping, await !isKept(ticket) else { return result }
    // One that was refused has no seat; one that had it before keeps it, and its call.
    if !hadSeat { with { ((), $0.sessionGone(session, isDeliberate: true, at: $1)) } }
    return .failure(Self.statusNotKept)
  }
  package func setStatus(_ session: AgentSessionID, _ status: AgentStatus) async -> Result<Void, Refusal> {
    switch with({ $0.setStatus(session, status, at: $1) }) {
    case .failure(let refusal): return .failure(refusal)
    case .success(let ticket?) where await !isKept(ticket): return .failure(Self.statusNotKept)
    case .success: return .success(())
    }
  }
  private func isKept(_ ticket: KeepTicket) async -> Bool {
    await withCheckedContinuation { awaitingStatus[ticket] = $0 }
  }
  package func callOffer(_ session: AgentSessionID, _ call: CallID, _ offer: String) -> Result<String, Refusal> {
    with { $0.callOffer(session, call, offer, at: $1) }
  }
  package func resume(
    _ session: AgentSessionID, tenant: String, _ call: CallID, token: String, offer: String?
  ) -> Result<Exchange.DeskResumed, Refusal> {
    with { $0.resume(session, tenant: tenant, call, token: token, offer: offer, at: $1) }
  }
  package func accept(_ session: AgentSessionID, _ call: CallID, _ offer: String) -> Result<Exchange.Accepted, Refusal> {
    with { $0.accept(session, call, offer: offer, at: $1) }
  }
  package func reject(_ session: AgentSessionID, _ call: CallID) { with { ((), $0.reject(session, call, at: $1)) } }
  package func agentHangUp(_ session: AgentSessionID, _ call: CallID) { with { ((), $0.hangUp(session, call, at: $1)) } }
  package func isTalking(_ session: AgentSessionID) -> Bool { exchange.isTalking(session) }
  package func sessionGone(_ session: AgentSessionID, isDeliberate: Bool) {
    with { ((), $0.sessionGone(session, isDeliberate: isDeliberate, at: $1)) }
  }

  // MARK: The end

  /// Somebody who waits for a state of the exchange, and how long at most.
  private struct Vigil {
    let isOver: @Sendable (Exchange) -> Bool
    let until: Instant
    let waiter: CheckedContinuation<Void, Never>
  }

  /// Lets those go whose wait is over.
  private func keepVigils() {
    guard !vigils.isEmpty else { return }
    let now = SystemClock.now
    vigils.removeAll { vigil in
      guard vigil.until <= now || vigil.isOver(exchange) else { return false }
      vigil.waiter.resume()
      return true
    }
  }

  private func wait(atMost limit: Duration, _ isOver: @escaping @Sendable (Exchange) -> Bool) async {
    await withCheckedContinuation { waiter in
      vigils.append(Vigil(isOver: isOver, until: SystemClock.now + limit, waiter: waiter))
      schedule()
    }
  }

  /// Refuses new calls from now on.
  package func beginDraining() { exchange.beginShutDown() }

  /// Refuses new calls from now on, and returns when the last one is over or the time is up.
  package func drain(within limit: Duration) async {
    exchange.beginShutDown()
    await wait(atMost: limit) { $0.callCount == 0 }
  }

  /// Ends every call in words, and waits a moment for what must still be said of them and answered to them.
  package func shutDown(within limit: Duration) async {
    with { ((), $0.shutDown(at: $1)) }
    await wait(atMost: limit) { $0.isQuiet }
  }

  /// Lets everybody who waits for an end go on at once.
  package func hurry() {
    for vigil in vigils { vigil.waiter.resume() }
    vigils = []
  }

  package var callCount: Int { exchange.callCount }

  /// What an operator is shown, all of one moment.
  struct Figures: Sendable {
    var gauges: ExchangeGauges
    var counts: ExchangeCounts
    var edge: EdgeCounts
    var strays: StrayResponses
    var refused: [Refusal.Reason: UInt64]
    var legs: LegHistograms
    var turns: Histogram
  }

  var figures: Figures {
    Figures(
      gauges: exchange.gauges, counts: exchange.counts, edge: exchange.edge, strays: exchange.strays, refused: refused,
      legs: legs, turns: loop.turns)
  }
  nonisolated var mediaPlanes: [MediaPlane] { media }
  nonisolated var turnedAway: UInt64 { sockets.listener.turnedAway }
  nonisolated var disk: (isFailing: Bool, heldCalls: Int) { ledger.diskFigures }
}
