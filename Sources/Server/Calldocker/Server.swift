import Calls
import Codecs
import Cryptography
import Foundation
import Media
import Runtime
import SIPSyntax
import Wire

/// The whole service: its planes, bound and wired.
package struct Server: Sendable {
  private let media: MediaPlane
  private let signalling: SignallingPlane
  private let web: WebPlane
  private let log: Log
  private let configuration: Configuration

  /// The demo's tenant, the same on every machine so that documents can name it.
  package static let demoTenant = TenantID("00000000-0000-4000-8000-00000000ca11")

  package init(_ configuration: Configuration) throws {
    self.configuration = configuration
    log = Log(level: configuration.logLevel, showsPersonal: configuration.showsPersonal)
    let identity = Identity.selfSigned(names: ["calldocker"], now: SystemClock.wallNanoseconds / 1_000_000_000, days: 365)
    let relay = Relay()
    media = try MediaPlane(
      MediaPlane.Settings(
        host: configuration.host, browserPort: configuration.webRTCPort, phonePorts: configuration.rtpPorts, identity: identity,
        sounds: try Self.sounds(configuration.dialplans)),
      report: { relay.report($0) })
    let site = Exchange.Site(
      candidates: Self.candidates(configuration, port: media.browserPort), fingerprint: identity.fingerprint,
      baseDomain: configuration.baseDomain)
    signalling = SignallingPlane(
      loop: try EventLoop(), socket: try UDPSocket(bind: SocketAddress(configuration.host, configuration.sipPort)),
      exchange: Exchange(site: site, randomness: .system), media: media, log: log, host: configuration.host,
      advertised: configuration.advertised)
    relay.set(signalling)
    web = WebPlane(
      loop: try EventLoop(), listener: try TCPListener(bind: SocketAddress(configuration.host, configuration.httpPort)),
      identity: try configuration.effectiveTLS.identity(advertised: configuration.advertised, log: log),
      signalling: signalling, log: log, isDemo: configuration.isDemo, publicHost: configuration.advertised)
  }

  /// Carries media events to signalling, in their order.
  private final class Relay: Sendable {
    private let stream: AsyncStream<[MediaEvent]>
    private let continuation: AsyncStream<[MediaEvent]>.Continuation

    init() {
      (stream, continuation) = AsyncStream.makeStream(of: [MediaEvent].self)
    }
    func report(_ events: [MediaEvent]) { continuation.yield(events) }
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

  private static func candidates(_ configuration: Configuration, port: UInt16) -> [SocketAddress] {
    let local = configuration.host.isUnspecified ? Interfaces.addresses() : [configuration.host]
    let all = (configuration.advertised.map { [$0] } ?? []) + local
    let usable = all.filter { if case .v4 = $0 { true } else { !configuration.host.isIPv4 } }
    return usable.map { SocketAddress($0, port) }
  }

  /// Starts every plane; once it returns, every socket listens.
  package func start() async throws {
    try signalling.loop.start("signalling")
    try web.loop.start("web")
    let (events, sink) = AsyncStream.makeStream(of: SignallingPlane.ClientEvent.self)
    Task { [web] in for await event in events { await web.deliver(event) } }
    try await signalling.start { sink.yield($0) }
    try await web.start()
    if configuration.isDemo { try await addDemo() }
  }

  /// The one line on standard output that tells other programs where to go.
  package var readyLine: String {
    let host = configuration.host.isUnspecified ? IPAddress.loopback : configuration.host
    let sip = SocketAddress(host, signalling.sipAddress.port)
    let webRTC = SocketAddress(host, media.browserPort)
    return "{\"ready\":true,\"http\":\"\(web.origin(host))\",\"sip\":\"\(sip)\",\"webrtc\":\"\(webRTC)\"}"
  }

  private func addDemo() async throws {
    guard let tenant = Self.demoTenant else { return }
    try await signalling.apply(.tenantAdded(tenant, name: "Demo", isOpen: true, fallback: .echo))
    var random = Randomness.system
    var lines = ["The demo business is \(tenant). Register a softphone as one of its agents:"]
    for user in ["alice", "bob"] {
      guard let name = AgentName(user) else { continue }
      let password = random.token(12)
      let digest = DigestAlgorithm.md5.secret(user: user, realm: tenant.description, password: password)
      try await signalling.apply(.agentAdded(tenant, name, digest: digest, teams: []))
      lines.append("  user \(user)   password \(password)   domain \(tenant)")
    }
    let addresses = configuration.host.isUnspecified ? Interfaces.addresses() : [configuration.host]
    for address in addresses { lines.append("  outbound proxy \(SocketAddress(address, signalling.sipAddress.port)) (UDP)") }
    lines += webLines(addresses)
    lines.append("While no softphone is registered, a call to the demo business reaches an echo with a greeting.")
    FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
  }

  /// Where browsers of other machines go: only https, because no browser gives a microphone to a page without it.
  private func webLines(_ addresses: [IPAddress]) -> [String] {
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

  /// Ends every call in words, and then the planes.
  package func stop() async {
    await signalling.shutDown()
    media.stop()
    web.loop.stop()
    signalling.loop.stop()
  }
}

extension IPAddress {
  fileprivate var isIPv4: Bool { if case .v4 = self { true } else { false } }
}
