import HTTP
import ICE
import Runtime
import SIPSyntax
import Wire

/// Knocks at the ports of a running service, or tries whether a start could have them.
struct SocketProbes {
  private static let patience = Duration.seconds(3)

  private let service: Service

  init(_ service: Service) { self.service = service }

  // MARK: A running service

  func answers(_ legs: [Examination.CheckLeg]) -> [PortsCheck.Probe] {
    let media = legs.isEmpty ? [] : legs.map { probe(.media, SocketAddress(service.reach, $0.port), check($0)) }
    return [
      probe(.http, service.http, http()), probe(.sipDatagrams, service.sip, sipDatagram()),
      probe(.sipStreams, service.sip, sipStream()),
    ] + media
  }

  private func probe(
    _ door: PortsCheck.Door, _ address: SocketAddress, _ outcome: PortsCheck.Outcome
  ) -> PortsCheck.Probe { PortsCheck.Probe(door: door, address: address, outcome: outcome) }

  private func http() -> PortsCheck.Outcome {
    let began = SystemClock.now
    do {
      let reply = try WebLine(connect: service.http, speaksTLS: service.speaksTLS, within: Self.patience).get("/healthz")
      switch reply.status {
      case 200: return .answered(milliseconds: milliseconds(since: began))
      case 503: return .wrong("the service is ending and takes no new calls (503 from /healthz)")
      case let status: return .wrong("/healthz answered \(status), which is not this service's answer")
      }
    } catch let failure as SystemFailure {
      return failure.isTimeout ? .silent : .wrong("\(failure)")
    } catch {
      return .wrong("what came back is no HTTP of ours")
    }
  }

  private func milliseconds(since began: Instant) -> Double { Double((SystemClock.now - began).nanoseconds) / 1e6 }

  /// RFC 3261 §11: what anybody may ask.
  private func options(_ transport: String) -> [UInt8] {
    var random = Randomness.system
    let lines = [
      "OPTIONS sip:\(service.sip) SIP/2.0",
      "Via: SIP/2.0/\(transport) \(service.reach.isIPv6 ? "[\(service.reach)]" : "\(service.reach)");rport"
        + ";branch=z9hG4bK\(random.token(16))",
      "Max-Forwards: 70", "From: <sip:doctor@calldocker.invalid>;tag=\(random.token(8))", "To: <sip:\(service.sip)>",
      "Call-ID: \(random.token(20))", "CSeq: 1 OPTIONS", "Content-Length: 0", "", "",
    ]
    return Array(lines.joined(separator: "\r\n").utf8)
  }

  private func sipDatagram() -> PortsCheck.Outcome {
    do throws(SystemFailure) {
      let reply = try DatagramQuestion.ask(options("UDP"), service.sip, from: service.reach) {
        $0.starts(with: Array("SIP/2.0 ".utf8))
      }
      return reply.map { judge($0.answer, $0.milliseconds) } ?? .silent
    } catch {
      return .wrong("\(error)")
    }
  }

  private func sipStream() -> PortsCheck.Outcome {
    let began = SystemClock.now
    do throws(SystemFailure) {
      let line = try Conversation(connect: service.sip, within: Self.patience)
      try line.send(options("TCP"))
      return judge(try line.receive(), milliseconds(since: began))
    } catch {
      return error.isTimeout ? .silent : .wrong("\(error)")
    }
  }

  private func judge(_ answer: [UInt8], _ milliseconds: Double) -> PortsCheck.Outcome {
    guard case .response(let response)? = try? SIPMessage(parsing: answer) else { return .wrong("what came back is no SIP") }
    if response.status == .serviceUnavailable { return .wrong("the service is ending and takes no new calls (503)") }
    return response.status == .ok
      ? .answered(milliseconds: milliseconds) : .wrong("OPTIONS was answered with \(response.status.value)")
  }

  /// A connectivity check as a browser sends it (RFC 8445 §7.2.2): without credentials the port answers nobody.
  private func check(_ leg: Examination.CheckLeg) -> PortsCheck.Outcome {
    let address = SocketAddress(service.reach, leg.port)
    let agent = ControllingAgent(
      local: ICECredentials(usernameFragment: leg.remoteFragment, password: leg.remotePassword),
      remote: ICECredentials(usernameFragment: leg.localFragment, password: leg.localPassword), randomness: .system)
    var asking = agent
    guard case .send(let question, _)? = asking.start(candidates: [address], at: SystemClock.now).first else { return .silent }
    do throws(SystemFailure) {
      let reply = try DatagramQuestion.ask(question, address, from: service.reach) { answer in
        var waiting = asking
        return waiting.receive(answer, from: address, at: SystemClock.now).contains(.selected(address))
      }
      return reply.map { .answered(milliseconds: $0.milliseconds) } ?? .silent
    } catch {
      return .wrong("\(error)")
    }
  }

  // MARK: No service

  /// Whether a start could have its ports, and who has them instead.
  func bindings() -> [PortsCheck.Probe] {
    let host = service.hostAddress == .anyOfBoth && !Interfaces.speakIPv6 ? IPAddress.any : service.hostAddress
    let owners = SocketOwners.read()
    let streams: [(PortsCheck.Door, UInt16)] = [(.http, service.httpPort), (.sipStreams, service.sipPort)]
    let datagrams: [(PortsCheck.Door, UInt16)] = [(.sipDatagrams, service.sipPort)] + service.mediaPorts.map { (.media, $0) }
    // Port 0 is whichever is free.
    return streams.filter { $0.1 != 0 }.map { door, port in
      let address = SocketAddress(host, port)
      return probe(
        door, address,
        outcome(owners.owner(of: port, .tcp)) { () throws(SystemFailure) in
          try TCPListener(bind: address).close()
        })
    }
      + datagrams.filter { $0.1 != 0 }.map { door, port in
        let address = SocketAddress(host, port)
        return probe(
          door, address,
          outcome(owners.owner(of: port, .udp)) { () throws(SystemFailure) in
            try UDPSocket(bind: address).close()
          })
      }
  }

  private func outcome(_ owner: String?, _ bind: () throws(SystemFailure) -> Void) -> PortsCheck.Outcome {
    do throws(SystemFailure) {
      try bind()
      return .free
    } catch {
      if error.isAddressInUse { return .taken(by: owner) }
      return .wrong(error.isForbidden ? "\(error); ports below 1024 need a privilege" : "\(error)")
    }
  }
}
