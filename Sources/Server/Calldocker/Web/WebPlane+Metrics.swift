import Calls
import HTTP
import Media
import Runtime
import SIPCore

/// What an operator's collector reads. Nothing here tells one business from another.
extension WebPlane {
  /// Only for this machine and its private networks, and for nobody who came through a proxy: its address would stand for the world.
  func metrics(_ request: HTTPRequest, from client: WebClient?) async -> HTTPResponse {
    let isForwarded = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto"].contains { request.headers[$0] != nil }
    guard let client, client.stream.remote.ip.isPrivate, !isForwarded else {
      return .problem(403, "Metrics are for this machine and its private networks, without a proxy between")
    }
    var text = PrometheusText()
    Self.write(await signalling.figures, to: &text)
    Self.write(signalling.mediaPlanes.map { ($0.figures, $0.waiting) }, to: &text)
    writeOwn(to: &text)
    let loads = await dialplans.counts
    text.add(
      "calldocker_dialplan_loads_total", .counter, "Readings of dialplans, by what they came to.",
      PlanShelf.Result.allCases.map { ("result=\"\($0.rawValue)\"", Double(loads[$0] ?? 0)) })
    return HTTPResponse(200, type: PrometheusText.mediaType, text.text)
  }

  private static func write(_ figures: SignallingPlane.Figures, to text: inout PrometheusText) {
    let (gauges, counts, edge) = (figures.gauges, figures.counts, figures.edge)
    text.add(
      "calldocker_calls", .gauge, "Calls that are, by what they do.",
      [("ringing", gauges.ringing), ("talking", gauges.talking), ("echo", gauges.echo)].map {
        ("state=\"\($0)\"", Double($1))
      })
    text.add("calldocker_calls_absent", .gauge, "Calls, of those, that wait for a browser's connection.", gauges.absent)
    text.add("calldocker_calls_begun_total", .counter, "Calls that were admitted.", counts.begun)
    text.add(
      "calldocker_calls_ended_total", .counter, "Calls that ended, by reason.",
      EndReason.allCases.map { ("reason=\"\($0.rawValue)\"", Double(counts.ended[$0] ?? 0)) })
    text.add(
      "calldocker_calls_refused_total", .counter, "Calls that were not admitted, by reason.",
      Refusal.Reason.allCases.map { ("reason=\"\($0.rawValue)\"", Double(figures.refused[$0] ?? 0)) })
    text.add("calldocker_tenants", .gauge, "Businesses.", gauges.tenants)
    text.add("calldocker_registered_phones", .gauge, "Phones that are registered.", gauges.phones)
    text.add("calldocker_agent_sessions", .gauge, "Browsers in which agents work.", gauges.agentSessions)
    writeSIP(gauges, counts, edge, figures.strays, to: &text)
    let legs = figures.legs
    text.add("calldocker_leg_loss_ratio", "Packets lost on the way to us, of each leg at its end.", [("", legs.loss)])
    text.add("calldocker_leg_jitter_seconds", "Interarrival jitter of each leg at its end.", [("", legs.jitter)])
    text.add("calldocker_leg_round_trip_seconds", "Last round trip of each leg at its end.", [("", legs.roundTrip)])
    text.add("calldocker_leg_mos", "Mean opinion score of each leg at its end (E-model).", [("", legs.meanOpinion)])
    text.add(
      "calldocker_leg_failures_total", .counter, "Legs whose media failed, by reason; two of them are of DTLS.",
      MediaFailure.allCases.map { ("reason=\"\($0.name)\"", Double(legs.failures[$0] ?? 0)) })
    text.add(
      "calldocker_signalling_turn_seconds", "Work of the signalling loop between two waits.", [("", figures.turns)])
  }

  private static func writeSIP(
    _ gauges: ExchangeGauges, _ counts: ExchangeCounts, _ edge: EdgeCounts, _ strays: StrayResponses,
    to text: inout PrometheusText
  ) {
    let ways = [("in", counts.received), ("out", counts.sent)]
    text.add(
      "calldocker_sip_requests_total", .counter, "SIP requests, by direction and method.",
      ways.flatMap { way, counts in
        zip(SIPCounts.methods, counts.requests).map { ("direction=\"\(way)\",method=\"\($0)\"", Double($1)) }
      })
    text.add(
      "calldocker_sip_responses_total", .counter, "SIP responses, by direction and class.",
      ways.flatMap { way, counts in
        counts.responses.enumerated().map { ("direction=\"\(way)\",class=\"\($0 + 1)xx\"", Double($1)) }
      })
    text.add("calldocker_sip_transactions", .gauge, "SIP transactions that live.", gauges.transactions)
    text.add("calldocker_sip_connections", .gauge, "SIP connections over TCP.", gauges.connections)
    text.add(
      "calldocker_sip_responses_dropped_total", .counter, "SIP responses that answered no request of ours, by why.",
      StrayResponse.allCases.map { ("reason=\"\($0.rawValue)\"", Double(strays[$0])) })
    text.add(
      "calldocker_sip_connections_refused_total", .counter, "SIP connections past a limit.", edge.connectionsRefused)
    text.add(
      "calldocker_sip_connections_ended_total", .counter, "SIP connections that we ended as idle or unintelligible.",
      edge.connectionsEnded)
    text.add(
      "calldocker_sip_lost_with_connection_total", .counter, "SIP messages whose connection was gone.",
      edge.lostWithConnection)
    text.add(
      "calldocker_sip_guesses_refused_total", .counter, "Passwords not looked at after too many wrong ones.",
      edge.guessesRefused)
  }

  private static func write(_ planes: [(figures: MediaFigures, waiting: Int)], to text: inout PrometheusText) {
    func each(_ value: (MediaFigures, Int) -> Double) -> [(labels: String, value: Double)] {
      planes.enumerated().map { ("plane=\"\($0)\"", value($1.figures, $1.waiting)) }
    }
    text.add("calldocker_media_legs", .gauge, "Legs, by media plane.", each { figures, _ in Double(figures.legs) })
    text.add(
      "calldocker_media_datagrams_received_total", .counter, "Datagrams read by a media plane.",
      each { figures, _ in Double(figures.received) })
    text.add(
      "calldocker_media_datagrams_sent_total", .counter, "Datagrams sent by a media plane.",
      each { figures, _ in Double(figures.sent) })
    text.add(
      "calldocker_media_drops_total", .counter, "Datagrams that a media plane could not use, by reason.",
      planes.enumerated().flatMap { number, plane in
        plane.figures.drops.byReason.map { ("plane=\"\(number)\",reason=\"\($0)\"", Double($1)) }
      })
    text.add(
      "calldocker_media_queue_bytes", .gauge, "What waited in the kernel on a media plane's port for browsers.",
      each { figures, _ in Double(figures.queue.octets) })
    text.add(
      "calldocker_media_queue_lost_total", .counter, "Datagrams from browsers that found no room in the kernel.",
      each { figures, _ in Double(figures.queue.lost) })
    text.add(
      "calldocker_media_mailbox_letters", .gauge, "Letters that wait for a media plane.",
      each { _, waiting in Double(waiting) })
    text.add(
      "calldocker_media_busy_ratio", .gauge, "Share of its last second that a media plane was at work.",
      each { figures, _ in figures.load.work })
    text.add(
      "calldocker_media_lateness_seconds", .gauge, "The longest that anything waited for a media plane in its last second.",
      each { figures, _ in Double(figures.load.worstLateness.nanoseconds) / 1e9 })
    text.add(
      "calldocker_media_strained", .gauge, "1 for a media plane that does not keep up and gets no new calls.",
      each { figures, _ in figures.isStrained ? 1 : 0 })
    text.add(
      "calldocker_media_turn_seconds", "Work of a media plane's loop between two waits.",
      planes.enumerated().map { ("plane=\"\($0)\"", $1.figures.turns) })
  }

  private func writeOwn(to text: inout PrometheusText) {
    text.add("calldocker_web_connections", .gauge, "Connections to the HTTP port.", clients.count)
    text.add(
      "calldocker_web_connections_refused_total", .counter, "Connections to the HTTP port past a limit.", clientsRefused)
    text.add(
      "calldocker_turned_away_total", .counter, "Clients turned away for want of a descriptor.",
      [("port=\"http\"", Double(turnedAwayCount)), ("port=\"sip\"", Double(signalling.turnedAway))])
    text.add("calldocker_web_sessions_refused_total", .counter, "Socket.IO sessions past a limit.", sessionsRefused)
    text.add("calldocker_web_sessions", .gauge, "Socket.IO sessions.", sessions.count)
    text.add(
      "calldocker_web_unanswered_events", .gauge, "Events of clients that wait for the exchange.",
      sessions.values.reduce(0) { $0 + $1.unanswered })
    text.add("calldocker_web_turn_seconds", "Work of the web loop between two waits.", [("", loop.turns)])
    let disk = signalling.disk
    text.add("calldocker_disk_failing", .gauge, "1 while the disk does not take what is to be kept.", disk.isFailing ? 1 : 0)
    text.add("calldocker_disk_held_calls", .gauge, "Lines of the call log that wait for the disk.", disk.heldCalls)
    let process = ProcessFigures.read()
    text.add("process_cpu_seconds_total", .counter, "CPU time of the process.", [("", process.cpuSeconds)])
    text.add("process_resident_memory_bytes", .gauge, "Memory of the process.", process.residentBytes)
    text.add("process_open_fds", .gauge, "Files and sockets that are open.", process.openDescriptors)
    text.add("process_max_fds", .gauge, "Files and sockets that may be open.", process.maximumDescriptors)
    text.add("calldocker_build_info", .gauge, "The version that runs.", [("version=\"\(Command.version)\"", 1)])
    text.add("calldocker_draining", .gauge, "1 once the service was asked to end.", isDraining ? 1 : 0)
  }
}

extension MediaFailure {
  fileprivate var name: String {
    switch self {
    case .noFreePort: "no-free-port"
    case .fingerprintMismatch: "dtls-fingerprint-mismatch"
    case .handshakeFailed: "dtls-handshake-failed"
    case .tooManyLegs: "too-many-legs"
    }
  }
}
