import Calls
import Codecs
import Cryptography
import Doctor
import Foundation
import Media
import Runtime
import SIPSyntax
import Storage
import Wire

/// The whole service: its planes, bound and wired.
package struct Server: Sendable {
  private let media: [MediaPlane]
  private let relay: Relay
  let signalling: SignallingPlane
  private let web: WebPlane
  private let folder: DataFolder
  private let reception: Reception
  let enrolment: Enrolment
  let ledger: Ledger
  private let dialplans: DialplanShelf
  private let control: ControlPlane
  /// The loop of enrolment and control.
  private let office: EventLoop
  private let log: Log
  private let configuration: Configuration
  private let demo: DemoBusiness?
  /// Events on their way to browsers, and the task that carries them: it ends when the last one is delivered.
  private let deliveries = Locked<(sink: AsyncStream<SignallingPlane.ClientEvent>.Continuation, task: Task<Void, Never>)?>(nil)
  private let isHurried = Locked(false)

  /// How long phones have to acknowledge that we hang up.
  private static let farewellTime = Duration.seconds(2)

  /// The demo's tenant, the same on every machine so that documents can name it.
  package static let demoTenant = TenantID("00000000-0000-4000-8000-00000000ca11")

  package init(_ configuration: Configuration) throws {
    var configuration = configuration
    if configuration.host == .anyOfBoth, !Interfaces.speakIPv6 { configuration.host = .any }
    self.configuration = configuration
    folder = try DataFolder(taking: configuration.data)
    log = Log(level: configuration.logLevel, showsPersonal: configuration.showsPersonal)
    ledger = try Ledger(in: folder.path, log: log)
    let identity = Identity.selfSigned(names: ["calldocker"], now: SystemClock.wallNanoseconds / 1_000_000_000, days: 365)
    let relay = Relay()
    self.relay = relay
    let sounds = try Self.sounds(configuration.dialplans)
    media = try Self.shares(of: configuration).enumerated().map { number, share in
      try MediaPlane(
        MediaPlane.Settings(
          plane: MediaPlaneID(number), host: configuration.host, browserPort: share.browserPort,
          phonePorts: share.phonePorts, identity: identity, sounds: sounds),
        report: { relay.report($0) })
    }
    let site = Exchange.Site(
      planes: media.map { Self.candidates(configuration, port: $0.browserPort) }, fingerprint: identity.fingerprint,
      baseDomain: configuration.baseDomain, callsPerMinute: configuration.callsPerMinute)
    signalling = SignallingPlane(
      loop: try EventLoop(), sockets: try SIPSockets(bind: SocketAddress(configuration.host, configuration.sipPort)),
      exchange: Exchange(site: site, randomness: .system), media: media, ledger: ledger, log: log,
      host: configuration.host, advertised: configuration.advertised,
      zones: ZoneFolder.read(here: ZoneFolder.ofMachine()), pages: PageFetcher(configuration.dialplanHosts ?? [], log: log))
    relay.set(signalling)
    office = try EventLoop()
    let hashing = PasswordHashing()
    reception = try Reception(loop: office, signalling: signalling, ledger: ledger, hashing: hashing, log: log)
    enrolment = Enrolment(
      loop: office, signalling: signalling, ledger: ledger, reception: reception, hashing: hashing, log: log,
      isOpen: configuration.isDemo)
    dialplans = DialplanShelf(loop: office, folder: configuration.dialplans, data: folder.path, log: log) {
      [signalling, log] tenant, owner, plan, version in
      await signalling.lead(tenant, by: plan, as: owner == .standard ? .lent : .own)
      log.write(.debug, "A business has another dialplan", [("tenant", tenant.description), ("version", "\(version)")])
    }
    demo = configuration.isDemo ? try Self.demo(configuration, ledger, port: signalling.sipAddress.port) : nil
    web = WebPlane(
      loop: try EventLoop(), listener: try TCPListener(bind: SocketAddress(configuration.host, configuration.httpPort)),
      identity: try configuration.effectiveTLS.identity(advertised: configuration.advertised, log: log),
      signalling: signalling, enrolment: enrolment, reception: reception, dialplans: dialplans, log: log,
      files: try WebFiles(reading: configuration.web, isDemo: configuration.isDemo), demo: demo,
      publicHost: configuration.advertised, trustedProxies: configuration.trustedProxies ?? [])
    control = ControlPlane(
      loop: office, listener: try folder.listen(), signalling: signalling, enrolment: enrolment, reception: reception,
      dialplans: dialplans,
      service: Self.service(
        configuration, httpPort: web.address.port, sipPort: signalling.sipAddress.port, mediaPorts: media.map(\.browserPort)))
  }

  private static func service(
    _ configuration: Configuration, httpPort: UInt16, sipPort: UInt16, mediaPorts: [UInt16]
  ) -> Service {
    var service = Service(configuration, version: Command.version)
    (service.httpPort, service.sipPort, service.mediaPorts) = (httpPort, sipPort, mediaPorts)
    service.candidates = candidates(configuration, port: mediaPorts.first ?? 0).map(\.ip.description)
    service.process = getpid()
    return service
  }

  /// Carries media events to signalling, in their order.
  private final class Relay: Sendable {
    private let stream: AsyncStream<[MediaEvent]>
    private let continuation: AsyncStream<[MediaEvent]>.Continuation

    init() {
      (stream, continuation) = AsyncStream.makeStream(of: [MediaEvent].self)
    }
    func report(_ events: [MediaEvent]) { continuation.yield(events) }
    /// Lets go of signalling once the last event is carried.
    func end() { continuation.finish() }
    func set(_ signalling: SignallingPlane) {
      Task { [stream] in for await events in stream { await signalling.report(events) } }
    }
  }

  private static func sounds(_ dialplans: String) throws -> SoundLibrary {
    let path = dialplans + "/prompts/en/echo-greeting.wav"
    guard let file = FileManager.default.contents(atPath: path) else {
      throw Unready("The prompt \(path) cannot be read; start in the project's folder, or name the folder with --dialplans.")
    }
    return SoundLibrary(prompts: ["echo-greeting": try WAVFile(parsing: Array(file))])
  }

  /// Why the service cannot start, in words for the person who started it.
  package struct Unready: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
  }

  /// What each media plane gets of the ports: consecutive ones for browsers, equal parts of the range for phones.
  private static func shares(
    of configuration: Configuration
  ) throws -> [(browserPort: UInt16, phonePorts: ClosedRange<UInt16>)] {
    let count = configuration.mediaPlaneCount
    let pairs = configuration.rtpPorts.count / 2 / count
    guard pairs > 0 else {
      let (first, last) = (configuration.rtpPorts.lowerBound, configuration.rtpPorts.upperBound)
      throw Unready("--rtp-ports \(first)-\(last) has no pair of ports for each of \(count) media threads.")
    }
    guard Int(configuration.webRTCPort) + count - 1 <= UInt16.max else {
      throw Unready("--webrtc-port \(configuration.webRTCPort) leaves no room above it for \(count) media threads' ports.")
    }
    return (0..<count).map { index in
      let first = configuration.rtpPorts.lowerBound + UInt16(index * pairs * 2)
      let browserPort = configuration.webRTCPort == 0 ? 0 : configuration.webRTCPort + UInt16(index)
      return (browserPort, first...(first + UInt16(pairs * 2 - 1)))
    }
  }

  private static func candidates(_ configuration: Configuration, port: UInt16) -> [SocketAddress] {
    let local = configuration.host.isUnspecified ? Interfaces.addresses() : [configuration.host]
    let all = (configuration.advertised.map { [$0] } ?? []) + local
    let usable = all.filter { !$0.isIPv6 || configuration.host.isIPv6 }
    return usable.map { SocketAddress($0, port) }
  }

  /// Takes everybody back who was here before, and starts every plane; once it returns, every socket listens.
  package func start() async throws {
    try signalling.loop.start("signalling")
    try web.loop.start("web")
    try office.start("office")
    try await restore()
    let (events, sink) = AsyncStream.makeStream(of: SignallingPlane.ClientEvent.self)
    let task = Task { [web] in for await event in events { await web.deliver(event) } }
    deliveries.with { $0 = (sink, task) }
    try await signalling.start { sink.yield($0) }
    await reception.watchRights { [web] tenant, agent in Task { await web.judgeDesks(of: tenant, agent) } }
    try await web.start()
    if let demo { announce(demo) }
    try await control.start()
  }

  /// Everything that was acknowledged before is true again, before anybody can ask.
  private func restore() async throws {
    let state = try await ledger.open()
    // Without --demo nobody is to come in who needs no password.
    let excluded = demo == nil ? Self.demoTenant : nil
    try await enrolment.restore(state, except: excluded)
    let known = state.tenants.compactMap { TenantID($0.key.description) }
    await dialplans.start(known.filter { $0 != excluded }, known: Set(known))
    await enrolment.tell(dialplans)
    if let demo { try await add(demo, known: state) }
  }

  /// The one line on standard output that tells other programs where to go.
  package var readyLine: String {
    let host = configuration.host.isUnspecified ? IPAddress.loopback : configuration.host
    let sip = SocketAddress(host, signalling.sipAddress.port)
    let webRTC = SocketAddress(host, media[0].browserPort)
    return "{\"ready\":true,\"http\":\"\(web.origin(host))\",\"sip\":\"\(sip)\",\"webrtc\":\"\(webRTC)\"}"
  }

  private static func demo(
    _ configuration: Configuration, _ ledger: Ledger, port: UInt16
  ) throws(StorageFailure) -> DemoBusiness? {
    var random = Randomness.system
    let addresses = configuration.host.isUnspecified ? Interfaces.addresses() : [configuration.host]
    let passwords = try DemoBusiness.passwords(in: ledger, using: &random)
    return demoTenant.map {
      DemoBusiness($0, outboundProxies: addresses.map { SocketAddress($0, port) }, passwords: passwords, using: &random)
    }
  }

  /// Adds what of the demo is not there from a run before this one.
  private func add(_ demo: DemoBusiness, known state: StartingState) async throws {
    let key = TenantKey(demo.tenant)
    if !state.tenants.contains(where: { $0.key == key }) { try await enrolment.addDemo(demo.tenant) }
    let known = state.agents.filter { $0.tenant == key }.map(\.name)
    for member in demo.members where !known.contains(member.name.description) {
      _ = try await enrolment.addAgent(member.name.description, to: demo.tenant, password: member.password)
    }
  }

  private func announce(_ demo: DemoBusiness) {
    let lines = demo.announcement(at: web.publicAddress) + webLines()
    FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
  }

  /// Where browsers of other machines go: only https, because no browser gives a microphone to a page without it.
  private func webLines() -> [String] {
    let addresses = configuration.host.isUnspecified ? Interfaces.addresses() : [configuration.host]
    let others = addresses.filter { !$0.isLoopback }
    guard configuration.effectiveTLS != .off, !others.isEmpty else { return [] }
    let lines = ["Browsers on other machines of the network reach it at:"] + others.map { "  \(web.origin($0))" }
    let warning = "They will warn of its certificate, which this server made for itself (--tls self): that is expected here."
    return configuration.effectiveTLS == .selfSigned ? lines + [warning] : lines
  }

  // MARK: Certificates

  /// Whether a hangup means "read your files again"; without files it is a terminal that closes.
  package var hasFilesToRead: Bool { if case .files = configuration.effectiveTLS { true } else { false } }

  /// Takes the certificate's files anew; those who are connected keep the old one. With files that cannot be used, all keep it.
  package func readFilesAgain() async {
    do {
      await web.show(try configuration.effectiveTLS.identity(advertised: configuration.advertised, log: log))
      log.write(.info, "The certificate's files were read again")
    } catch {
      log.write(.error, "The certificate's files were read again, and the old certificate stays. \(error)")
    }
  }

  /// Takes no new calls, lets those that are come to their end for a while, ends the rest in words, and then the planes.
  package func stop() async {
    // Whoever reads that we end is refused a call from then on.
    await signalling.beginDraining()
    await web.beginDraining()
    await control.stop()
    let count = await signalling.callCount
    if count > 0 { log.write(.info, "Ending, once the calls have, or in \(configuration.drain) s", [("calls", "\(count)")]) }
    if !isHurried.with({ $0 }) { await signalling.drain(within: .seconds(configuration.drain)) }
    await signalling.shutDown(within: isHurried.with { $0 } ? .zero : Self.farewellTime)
    if !isHurried.with({ $0 }) { await signalling.recordsAreComplete() }
    await signalling.tracesAreKept()
    // What the exchange said last is with the web before the web says goodbye.
    let last = deliveries.with { $0 }
    last?.sink.finish()
    await last?.task.value
    await web.sayGoodbye()
    await reception.stop()
    await dialplans.stop()
    for plane in media { await plane.end() }
    relay.end()
    for loop in [web.loop, office, signalling.loop] { await loop.end() }
    do {
      try await ledger.close()
    } catch {
      log.write(.error, "Not everything that waited could be written to the disk. \(error)")
    }
    folder.release()
  }

  /// Asked a second time: nobody is waited for any more, but every call is still ended in words.
  package func hurry() async {
    isHurried.with { $0 = true }
    await signalling.hurry()
  }

  /// Leaves nothing behind of a start that failed; the process ends next.
  package func abandon() { folder.release() }
}
