import Calls
import HTTP

/// Which dialplan a business's calls run, and going back to an earlier one.
extension API {
  static let dialplanOperations = [
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/dialplan", name: "getDialplan",
      summary: "The dialplan in force, its versions, and what was said of its files", access: .roles([.owner]),
      answers: [.init(200, "The dialplan.", dialplanSchema)],
      work: .tenant { api, ask in json(200, describe(await api.dialplan(ask))) }),
    Operation(
      method: "POST", path: "/api/tenants/{uuid}/dialplan/back", name: "restoreDialplan",
      summary: "Put an earlier version in force, until a file is changed", access: .roles([.owner]),
      body: .object("DialplanReturn", .always("version", .integer(1...Int(Int32.max)), "One of `versions`.")),
      answers: [.init(200, "The dialplan as it is now.", dialplanSchema)], errors: [409],
      work: .tenant { api, ask throws(Refused) in try await api.restoreDialplan(ask) }),
  ]

  private static let dialplanSchema = Schema.object(
    "Dialplan",
    .always("source", .word(["own", "default", "none"]), "Whose is in force: the business's own, or everybody's."),
    .always("version", .orNull(.integer()), "Of its own; null while another's is in force."),
    .always("since", .orNull(.text(format: "date-time")), "Since when this version is in force."),
    .always(
      "wentBack",
      .orNull(
        .object(
          "DialplanWentBack", .always("from", .orNull(.integer())), .always("at", .text(format: "date-time")))),
      "Set while an earlier version is in force because somebody went back to it."),
    .always(
      "versions",
      .list(of: .object("DialplanVersion", .always("version", .integer()), .always("at", .text(format: "date-time")))),
      "Its own that are kept, the newest last."),
    .always("isRefused", .flag, "Whether its files as they are were refused: what is in force stays so."),
    .always("loadedAt", .orNull(.text(format: "date-time")), "When its files were read last."),
    .always(
      "findings",
      .list(
        of: .object(
          "DialplanFinding", .always("severity", .word(["error", "warning"])),
          .always("file", .text(), "From the business's folder."), .always("line", .integer()), .always("column", .integer()),
          .always("sentence", .text()), .always("advice", .orNull(.text())))),
      "What was said of its own files at the last reading."))

  private func dialplan(_ ask: Ask) async -> PlanShown {
    await dialplans.shownWithoutPaths(.tenant(ask.tenant.id))
  }

  private func restoreDialplan(_ ask: Ask) async throws(Refused) -> HTTPResponse {
    guard case .integer(let version)? = ask.body["version"] else {
      throw Refused(422, "The body cannot be used", "version is missing.")
    }
    do throws(DialplanShelf.GoingBack) {
      _ = try await dialplans.goBack(.tenant(ask.tenant.id), to: Int(version))
    } catch {
      throw Refused(error.status, "It stays as it is", error.sentence)
    }
    try await enrol { enrolment throws(EnrolmentFault) in try await enrolment.noteDialplanReturn(of: ask.tenant.id) }
    return Self.json(200, Self.describe(await dialplan(ask)))
  }

  /// Of the default's plan only that it is in force: the rest is the operator's.
  private static func describe(_ plan: PlanShown) -> JSON {
    let isOwn = plan.source == "own"
    return .object([
      .init("source", .string(plan.source)),
      .init("version", isOwn ? plan.version.map { .integer(Int64($0)) } ?? .null : .null),
      .init("since", isOwn ? .of(plan.since) : .null),
      .init(
        "wentBack",
        plan.wentBack.map { back in
          .object([.init("from", back.from.map { .integer(Int64($0)) } ?? .null), .init("at", .string(back.at))])
        } ?? .null),
      .init(
        "versions",
        .array(
          plan.versions.map { .object([.init("version", .integer(Int64($0.version))), .init("at", .string($0.at))]) })),
      .init("isRefused", .bool(plan.isRefused)), .init("loadedAt", .of(plan.loadedAt)),
      .init("findings", .array(plan.findings.map(describe))),
    ])
  }

  private static func describe(_ finding: Command.FindingShown) -> JSON {
    .object([
      .init("severity", .string(finding.severity)), .init("file", .string(finding.file)),
      .init("line", .integer(Int64(finding.line))), .init("column", .integer(Int64(finding.column))),
      .init("sentence", .string(finding.what)), .init("advice", .of(finding.advice)),
    ])
  }
}

extension DialplanShelf {
  /// For the business, which knows no paths of this machine.
  fileprivate func shownWithoutPaths(_ owner: PlanOwner) -> PlanShown { shelf.shown(owner, below: "") }
}
