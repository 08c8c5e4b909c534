import Calls
import Foundation
import Runtime
import Storage

extension Command {
  private static let privateFlag = Flag("private", nil, "show names, addresses and pages; else three dots stand for them")

  static let why = Verb(
    name: "why", words: nil, summary: "tell what happened to a call, and why",
    flags: [
      Flag("ladder", nil, "draw its SIP messages instead, as wide as COLUMNS says"), privateFlag,
      Flag("refused", nil, "tell instead which calls were not admitted since the server started; CALLID is left out"),
      Flag("export", "FILE", "write it for `calldocker replay FILE` on any machine; without --private nobody is named"),
    ] + controlFlags,
    notes: """
      Say `calldocker why CALLID`, or `calldocker why UUID CALLID` with more than one business. The first characters of the
      id, as the log shows them, are enough. With --json: {"call":…,"entries":[…]} on one line, times in UTC, `ms` since the
      call began. Of calls that were refused before they began `calldocker why --refused [UUID]` tells, with --json as
      {"business":{"counts":…,"refusals":[…]},"strangers":…} on one line.
      `calldocker calls UUID` lists the calls that the server knows, for \(TraceLimits().days) days.
      """
  ) { options, environment in
    if options.faults.isEmpty, options.has("refused") { return try tellRefused(options, environment) }
    guard options.faults.isEmpty, (1...2).contains(options.words.count) else {
      let surplus = options.words.dropFirst(2).first.map { "\($0): this is one word too many" }
      let fault = options.faults.first ?? surplus ?? "CALLID is missing"
      throw Failure(code: EX_USAGE, sentence: "\(fault)\n\nUsage: calldocker why [UUID] CALLID\nMore: calldocker why --help")
    }
    if let file = options.values("export").last {
      let recording = try askRecording(options, environment)
      try export(recording, to: file, isPrivate: options.has("private"))
      return try print(options, json: "{\"call\":\"\(recording.record.call)\"}") {
        "Call \(recording.record.call) was written to \(file); `calldocker replay \(file)` runs it again."
      }
    }
    let client = try controlClient(options, environment)
    let (tenant, call) = try callMeant(options, client)
    let form = options.has("json") ? "entries" : options.has("ladder") ? "ladder" : "story"
    var path = "/tenants/\(tenant)/calls/\(call)/trace?form=\(form)&private=\(options.has("private") ? "yes" : "no")"
    if let width = environment["COLUMNS"].flatMap({ Int($0) }) { path += "&width=\(width)" }
    let trace: Trace = try client.ask("GET", path)
    try print(options, json: try json(trace)) { trace.text ?? "" }
  }

  /// Of the business that is named, or the only one; and where none is named, what came for no business that there is.
  private static func tellRefused(_ options: Options, _ environment: [String: String]) throws {
    guard options.words.count <= 1 else {
      let fault = "\(options.words[1]): this is one word too many"
      throw Failure(code: EX_USAGE, sentence: "\(fault)\n\nUsage: calldocker why --refused [UUID]")
    }
    let client = try controlClient(options, environment)
    var query = "refusals?private=\(options.has("private") ? "yes" : "no")"
    if !options.has("json") { query += "&form=story" }
    let isNamed = !options.words.isEmpty
    let tenant = isNamed ? try tenantID(options).description : try? onlyTenant(client)
    let told = RefusedShown(
      business: try tenant.map { try client.ask("GET", "/tenants/\($0)/\(query)") },
      strangers: isNamed ? nil : try client.ask("GET", "/\(query)"))
    try print(options, json: try json(told)) {
      let business = told.business?.text ?? (isNamed ? nil : "`calldocker why --refused UUID` tells those of one business.")
      let strangers = told.strangers.flatMap { $0.counts.isEmpty ? nil : "For no business that there is:\n\($0.text ?? "")" }
      return [business, strangers].compactMap(\.self).joined(separator: "\n\n")
    }
  }

  /// Whose call is meant, and which.
  static func callMeant(_ options: Options, _ client: ControlClient) throws -> (tenant: String, call: String) {
    let tenant = options.words.count == 2 ? try tenantID(options).description : try onlyTenant(client)
    let call = options.words.last ?? ""
    // A call's id has letters and digits; what has others is none, and would be another address.
    guard !call.isEmpty, call.utf8.allSatisfy({ isLetterOrDigit($0) }) else {
      throw Failure(code: EX_DATAERR, sentence: "\(call) is no call's id; `calldocker calls UUID` lists those that there are.")
    }
    return (tenant, call)
  }

  static let calls = Verb(
    name: "calls", words: ["UUID"], summary: "list a business's latest calls and how they ended",
    flags: [privateFlag] + controlFlags,
    notes:
      "AGENT is who answered or rang last. `calldocker why UUID CALL` tells more. With --json: {\"calls\":[…]} on one line."
  ) { options, environment in
    let tenant = try tenantID(options)
    let shown = options.has("private") ? "yes" : "no"
    let page: CallPage = try controlClient(options, environment).ask("GET", "/tenants/\(tenant)/calls?private=\(shown)")
    try print(options, json: try json(page)) {
      table(["CALL", "BEGAN", "AGENT", "END"], page.calls.map { [$0.call, $0.at, $0.agent ?? "-", $0.end ?? "(going on)"] })
    }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func onlyTenant(_ client: ControlClient) throws -> String {
    let page: TenantPage = try client.ask("GET", "/tenants?after=0")
    guard page.tenants.count == 1, page.next == nil else {
      let sentence = "Say whose call it is, `calldocker why UUID CALLID`: `calldocker tenant list` shows the businesses."
      throw Failure(code: EX_USAGE, sentence: sentence)
    }
    return page.tenants[0].uuid
  }
}
