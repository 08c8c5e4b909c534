import Calls
import HTTP
import Runtime
import Wire

/// What `calldocker calls` and `calldocker why` ask for. A call is looked for among its tenant's calls and nowhere else.
extension ControlPlane {
  /// Calls that one answer lists, the latest first.
  private static let latest = 100
  private static let defaultWidth = 100

  func listCalls(of tenant: TenantID, showsPersonal: Bool) async -> HTTPResponse {
    let records = await signalling.latestFlights(of: tenant, atMost: Self.latest)
    let known = Set(records.map(\.call.description))
    let kept = await signalling.keptFlights(of: tenant, atMost: Self.latest).filter { !known.contains($0.id) }
    let clock = FlightClock.now
    func shown(_ call: String, _ moment: Instant, _ clock: FlightClock, _ agent: String?, _ end: String?) -> CallShown {
      CallShown(
        call: call, at: "\(clock.day(moment))T\(clock.time(moment))Z", agent: agent.map { showsPersonal ? $0 : "…" }, end: end)
    }
    let calls =
      records.map { shown($0.call.description, $0.startedAt, clock, $0.agent?.description, $0.end) }
      + kept.map {
        let (moment, overflow) = $0.startedAt.milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return shown($0.id, Instant(nanoseconds: overflow ? 0 : moment), FlightClock(offset: 0), $0.agent, $0.ending)
      }
    return Self.json(200, CallPage(calls: Array(calls.sorted { $0.at > $1.at }.prefix(Self.latest))))
  }

  /// Calls that were not admitted; with `nil` those for nobody that we know.
  func listRefusals(of tenant: TenantID?, _ request: HTTPRequest) async -> HTTPResponse {
    let story = RefusalStory(
      await signalling.refusals(of: tenant), clock: .now, showsPersonal: request.parameter("private") == "yes")
    var page = RefusalPage(story)
    if request.parameter("form") == "story" { page.text = story.text }
    return Self.json(200, page)
  }

  /// - Parameter prefix: the beginning of a call's id, as long as needed to tell it from the tenant's other calls.
  func trace(of tenant: TenantID, beginning prefix: String, _ request: HTTPRequest) async -> HTTPResponse {
    let records = await signalling.flights(of: tenant, beginning: prefix)
    guard let record = records.first, !prefix.isEmpty else {
      let sentence =
        "This business has no call that begins with \(prefix), or it was too long ago. `calldocker calls` lists them."
      return .problem(404, "Unknown call", detail: sentence)
    }
    guard records.count == 1 else {
      let sentence = "\(records.count) calls begin with \(prefix): give more of the id. `calldocker calls` lists them."
      return .problem(409, "Not one call", detail: sentence)
    }
    let (clock, showsPersonal) = (record.clock ?? .now, request.parameter("private") == "yes")
    var trace = Trace(call: record.call.description, end: record.end, dropped: record.dropped)
    switch request.parameter("form") {
    case "recording":
      return Self.json(
        200, FlightRecording(program: Command.version, clock: clock, isPrivate: true, record: record))
    case "entries":
      trace = Trace(record, showsPersonal: showsPersonal)
    case "ladder":
      let width = request.parameter("width").flatMap { Int($0) } ?? Self.defaultWidth
      trace.text = FlightLadder(record, clock: clock, showsPersonal: showsPersonal, width: width).text
    default: trace.text = FlightStory(record, clock: clock, showsPersonal: showsPersonal).text
    }
    return Self.json(200, trace)
  }
}

extension FlightClock {
  /// By the wall's clock as it goes now.
  static var now: FlightClock { FlightClock(offset: SystemClock.wallNanoseconds &- SystemClock.now.nanoseconds) }
}

struct CallShown: Codable, Sendable {
  var call: String
  var at: String
  /// Who answered or rang last; three dots unless names were asked for.
  var agent: String?
  /// Absent while the call lasts.
  var end: String?
}

struct CallPage: Codable, Sendable {
  var calls: [CallShown]
}

struct TraceEntry: Codable, Sendable {
  var at: String
  /// Since the call began.
  var ms: Int64
  var event: String
  var fields: [String: String]
  var message: [String]?
  var repeats: Int?

  init(_ entry: FlightFields.Entry) {
    (at, ms, event, fields, message) = (entry.at, entry.milliseconds, entry.event, entry.fields, entry.message)
    repeats = entry.repeats > 0 ? entry.repeats : nil
  }
}

struct Trace: Codable, Sendable {
  var call: String
  var end: String?
  /// Entries that a full record let go.
  var dropped: Int
  var text: String?
  var entries: [TraceEntry]?
}

extension Trace {
  /// A record for programs.
  init(_ record: FlightRecord, showsPersonal: Bool) {
    let fields = FlightFields(record, clock: record.clock ?? .now, showsPersonal: showsPersonal)
    self.init(
      call: record.call.description, end: record.end, dropped: record.dropped, entries: fields.entries.map(TraceEntry.init))
  }
}

struct RefusalShown: Codable, Sendable {
  /// When the first of them and the last came.
  var first: String
  var last: String
  var count: Int
  var reason: String
  var limit: String?
  var page: String?
  var network: String?
  /// What stood where the UUID of a business should.
  var named: String?
  var call: String?
  var sentence: String

  init(_ entry: RefusalStory.Entry) {
    (first, last, count, reason) = (entry.first, entry.last, entry.count, entry.reason)
    (limit, page, network, named) = (entry.limit, entry.page, entry.network, entry.named)
    (call, sentence) = (entry.call, entry.sentence)
  }
}

struct RefusalPage: Codable, Sendable {
  struct Count: Codable, Sendable {
    var reason: String
    var count: Int
  }
  /// Since the server started.
  var counts: [Count]
  /// The latest of each reason.
  var refusals: [RefusalShown]
  var text: String?

  init(_ story: RefusalStory) {
    counts = story.counts.map { Count(reason: $0.reason, count: $0.count) }
    refusals = story.entries.map(RefusalShown.init)
  }
}

/// What `calldocker why --refused` tells.
struct RefusedShown: Codable, Sendable {
  var business: RefusalPage?
  /// For no business that there is.
  var strangers: RefusalPage?
}
