import Calls
import Foundation
import HTTP
import Storage
import Wire

/// The history of calls, and why each went as it did.
extension API {
  static let callOperations = [
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/calls", name: "listCalls",
      summary: "Calls, the newest first",
      access: .roles(Role.allCases),
      query: [
        .init(name: "agent", schema: .text(1...AgentName.maximumLength), note: "Who answered, or rang last."),
        .init(name: "team", schema: .text(1...Enrolment.maximumTeamBytes), note: "The team that the call was for."),
        .init(name: "reason", schema: reasons, note: "How it ended."),
        .init(
          name: "answered", schema: .word(["true", "false"]),
          note: "Whether somebody answered: true also finds calls that last, false only such as are over."),
        .init(name: "from", schema: .text(format: "date-time"), note: "Calls that began then or later."),
        .init(name: "to", schema: .text(format: "date-time"), note: "Calls that began before."),
      ] + Page.parameters, answers: [.init(200, "A page of calls.", .page("CallPage", of: callSchema))],
      errors: [500, 503], work: .tenant { api, ask throws(Refused) in try await api.listCalls(ask) }),
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/calls/{id}", name: "getCall", summary: "One call",
      access: .roles(Role.allCases), answers: [.init(200, "The call.", callSchema)], errors: [500, 503],
      work: .tenant { api, ask throws(Refused) in json(200, describe(try await api.call(ask))) }),
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/calls/{id}/trace", name: "getTrace",
      summary: "What happened to a call and why, as `calldocker why CALL --json` tells it",
      access: .roles([.owner, .supervisor]),
      query: [
        .init(
          name: "private", schema: .word(["yes", "no"]),
          note: "Whether names, addresses and SIP messages are shown; else three dots stand for them.")
      ], answers: [.init(200, "The call's trace.", traceSchema)],
      work: .tenant { api, ask throws(Refused) in try await api.trace(ask) }),
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/refusals", name: "listRefusals",
      summary: "Calls that were not admitted since the server started, as `calldocker why --refused` tells them",
      access: .roles([.owner, .supervisor]),
      query: [
        .init(
          name: "private", schema: .word(["yes", "no"]),
          note: "Whether pages and networks are shown; else three dots stand for them.")
      ], answers: [.init(200, "How many for which reason, and the latest of each.", refusalsSchema)],
      work: .tenant { api, ask throws(Refused) in try await api.refusals(ask) }),
  ]

  // MARK: Schemas

  private static let reasons = Schema.word(EndReason.allCases.map(\.rawValue))
  private static let moment = Schema.text(format: "date-time")

  private static let legSchema = Schema.object(
    "Leg", .always("codec", .orNull(.text())), .always("sent", .orNull(.integer()), "Packets."),
    .always("received", .orNull(.integer()), "Packets."),
    .always("lost", .orNull(.integer()), "Packets; less than none where some came twice (RFC 3550 §6.4.1)."),
    .always("jitter", .orNull(.number), "Milliseconds."), .always("roundTrip", .orNull(.number), "Milliseconds."),
    .always("mos", .orNull(.number), "A mean opinion score, from 1 to 4.5 (ITU-T G.107)."))

  private static let callSchema = Schema.object(
    "Call", .always("id", .text()), .always("visitor", .orNull(.text()), "What the visitor is called."),
    .always("page", .orNull(.text()), "Where the visitor called from."),
    .always("extension", .orNull(.text())), .always("team", .orNull(.text())),
    .always("agent", .orNull(.text()), "Who answered, or rang last."), .always("startedAt", moment),
    .always("answeredAt", .orNull(moment)), .always("endedAt", .orNull(moment), "Null while it lasts."),
    .always("ringing", .orNull(.integer()), "Seconds; null while it lasts."),
    .always("talking", .orNull(.integer()), "Seconds; null while it lasts."), .always("reason", .orNull(reasons)),
    .always("note", .orNull(.text()), "A sentence about it for people."),
    .always(
      "legs",
      .object("Legs", .always("visitor", .orNull(legSchema)), .always("agent", .orNull(legSchema))),
      "What was measured on the way to each side."))

  private static let traceSchema = Schema.object(
    "Trace", .always("call", .text()), .maybe("end", .text(), "How it ended; absent while it lasts."),
    .always("dropped", .integer(), "Entries that a full record let go."),
    .always(
      "entries",
      .list(
        of: .object(
          "TraceEntry", .always("at", moment), .always("ms", .integer(), "Since the call began."), .always("event", .text()),
          .always("fields", .texts), .maybe("message", .list(of: .text()), "Lines of a SIP message."),
          .maybe("repeats", .integer(), "How often the same came again.")))))

  private static let refusalsSchema = Schema.object(
    "Refusals",
    .always(
      "counts",
      .list(of: .object("RefusalCount", .always("reason", .text()), .always("count", .integer(), "Since the server started.")))),
    .always(
      "refusals",
      .list(
        of: .object(
          "Refusal", .always("first", moment), .always("last", moment),
          .always("count", .integer(), "How often the same came."),
          .always("reason", .text()), .always("sentence", .text(), "The same for people."),
          .maybe("limit", .word(["network", "business"]), "Whose calls in a minute were too many."),
          .maybe("page", .text(), "Where the visitor was; the origin, if that was what was refused."),
          .maybe("network", .text(), "Where the request came from."),
          .maybe("named", .text(), "What stood where the UUID of a business should."),
          .maybe("call", .text(), "The latest of them, for its trace.")))))

  // MARK: Reading

  private func listCalls(_ ask: Ask) async throws(Refused) -> HTTPResponse {
    let page = try Page(ask, of: "c")
    var query = CallQuery(
      agent: ask.query["agent"].map { $0.lowercased() }, team: ask.query["team"].map(ask.tenant.spelling),
      reason: ask.query["reason"], isAnswered: ask.query["answered"].map { $0 == "true" },
      from: ask.query["from"].flatMap { WallTime(rfc3339: $0) }, to: ask.query["to"].flatMap { WallTime(rfc3339: $0) },
      limit: page.limit)
    if let text = page.after {
      guard let cursor = CallCursor(text) else { throw Page.bad }
      query.after = cursor
    }
    let (key, wish) = (TenantKey(ask.tenant.id), query)
    let answer = try await read { try $0.calls(of: key, wish) }
    return Page.answer(answer.calls.map(Self.describe), next: answer.next?.description, of: "c")
  }

  private func call(_ ask: Ask) async throws(Refused) -> CallRow {
    let (key, id) = (TenantKey(ask.tenant.id), ask.captures["id"] ?? "")
    guard let row = try await read({ try $0.call(id, of: key) }) else {
      throw Refused(404, "Unknown", "This business has no such call.")
    }
    return row
  }

  private func read<Answer: Sendable>(
    _ question: @escaping @Sendable (StorageReader) throws -> Answer
  ) async throws(Refused) -> Answer {
    do throws(StorageFailure) {
      return try await ledger.storage.read(question)
    } catch {
      throw Refused(error.problemOfReading)
    }
  }

  private func trace(_ ask: Ask) async throws(Refused) -> HTTPResponse {
    let id = ask.captures["id"] ?? ""
    let records = await signalling.flights(of: ask.tenant.id, beginning: id)
    guard let record = records.first(where: { $0.call.description == id }) else {
      throw Refused(404, "Unknown", "This business has no such call, or what happened to it is forgotten.")
    }
    return try Self.told(Trace(record, showsPersonal: ask.query["private"] == "yes"))
  }

  private func refusals(_ ask: Ask) async throws(Refused) -> HTTPResponse {
    let account = await signalling.refusals(of: ask.tenant.id)
    return try Self.told(RefusalPage(RefusalStory(account, clock: .now, showsPersonal: ask.query["private"] == "yes")))
  }

  private static func told(_ answer: some Encodable) throws(Refused) -> HTTPResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let octets = try? encoder.encode(answer) else { throw Refused(.problem(500, "The answer could not be written")) }
    return HTTPResponse(
      200, headers: [("Content-Type", "application/json"), ("Cache-Control", "no-store")], body: Array(octets))
  }

  // MARK: Describing

  private static func describe(_ call: CallRow) -> JSON {
    .object([
      .init("id", .string(call.id)), .init("visitor", .of(call.visitor)), .init("page", .of(call.page)),
      .init("extension", .of(call.extension)), .init("team", .of(call.team)), .init("agent", .of(call.agent)),
      .init("startedAt", .string(call.startedAt.rfc3339)), .init("answeredAt", .of(call.answeredAt?.rfc3339)),
      .init("endedAt", .of(call.end?.at.rfc3339)), .init("ringing", .of(call.ringing?.components.seconds)),
      .init("talking", .of(call.talking?.components.seconds)), .init("reason", .of(call.end?.reason)),
      .init("note", .of(call.end?.note)),
      .init("legs", .object([.init("visitor", describe(call.visitorLeg)), .init("agent", describe(call.agentLeg))])),
    ])
  }

  private static func describe(_ leg: LegRow) -> JSON {
    guard leg != LegRow() else { return .null }
    return .object([
      .init("codec", .of(leg.codec)), .init("sent", .of(leg.packetsSent)), .init("received", .of(leg.packetsReceived)),
      .init("lost", .of(leg.packetsLost)), .init("jitter", .of(leg.jitter)), .init("roundTrip", .of(leg.roundTrip)),
      .init("mos", .of(leg.meanOpinionScore)),
    ])
  }
}

extension StorageFailure {
  /// What somebody hears whose question the database did not answer.
  fileprivate var problemOfReading: HTTPResponse {
    switch self {
    case .overloaded, .closed:
      .problem(
        503, "The database is busy", detail: "The server's database has more to do than it can; try again in a moment.",
        [("Retry-After", "5")])
    default:
      .problem(
        500, "The database cannot be read", detail: "The server could not read its database; its log says more.")
    }
  }
}
