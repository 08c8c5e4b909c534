import Calls
import HTTP
import Storage

/// The business itself.
extension API {
  static let tenantOperations = [
    Operation(
      method: "GET", path: "/api/tenants/{uuid}", name: "getTenant", summary: "The business", access: .roles(Role.allCases),
      answers: [.init(200, "The business.", tenantSchema)],
      work: .tenant { _, ask in
        json(
          200,
          .object([
            .init("uuid", .string(ask.uuid)), .init("name", .string(ask.tenant.name)), .init("sipDomain", .string(ask.uuid)),
          ]))
      }),
    Operation(
      method: "POST", path: "/api/tenants/{uuid}/token", name: "makeOwnerToken",
      summary: "Another token for the business, for machines; the one before is worth nothing from then on",
      access: .roles([.owner]),
      answers: [
        .init(
          201, "The token.",
          .object(
            "OwnerToken", .always("token", .text(), "Does what a token of the owner's does; shown this once."),
            .always("expiresAt", .text(format: "date-time"))))
      ],
      work: .tenant { api, ask throws(Refused) in
        let made = try await api.receive { reception in try await reception.makeOwnerToken(of: ask.tenant.id) }
        return json(
          201, .object([.init("token", .string(made.token)), .init("expiresAt", .string(made.expiresAt.rfc3339))]))
      }),
    Operation(
      method: "DELETE", path: "/api/tenants/{uuid}/token", name: "revokeOwnerToken",
      summary: "Take the business's token away: owners log in with their passwords", access: .roles([.owner]),
      answers: [.init(204, "There is no such token any more.", nil)],
      work: .tenant { api, ask throws(Refused) in
        try await api.receive { reception in try await reception.revokeOwnerToken(of: ask.tenant.id) }
        return HTTPResponse(204)
      }),
    Operation(
      method: "GET", path: "/api/tenants/{uuid}/audit", name: "listAudit",
      summary: "Who changed what, the newest first", access: .roles([.owner]), query: Page.parameters,
      answers: [.init(200, "A page of changes.", .page("AuditPage", of: auditSchema))],
      work: .tenant { api, ask throws(Refused) in try await api.listAudit(ask) }),
  ]

  private static let auditSchema = Schema.object(
    "AuditEntry", .always("at", .text(format: "date-time")),
    .always("who", .text(), "A user, `console` for who sat at the machine, or `sign-up`."),
    .always("role", .text(), "What it might do."),
    .always("source", .word(Originator.Source.allCases.map(\.rawValue)), "The kind of address that it came from."),
    .always("operation", .text(), "By its name in this description."),
    .always("target", .orNull(.text()), "Whose it was, where it was not the business's own."),
    .always("fields", .list(of: .text()), "What was changed, by name; never from what, nor to what."))

  private func listAudit(_ ask: Ask) async throws(Refused) -> HTTPResponse {
    let page = try Page(ask, of: "d")
    var before: Int64?
    if let text = page.after {
      guard let number = Int64(text) else { throw Page.bad }
      before = number
    }
    let rows: [AuditRow]
    do throws(StorageFailure) {
      rows = try await ledger.audit(of: ask.tenant.id, before: before, atMost: page.limit + 1)
    } catch {
      throw Refused(.notKept(error))
    }
    let shown = rows.prefix(page.limit)
    return Page.answer(
      shown.map(Self.describe), next: rows.count > page.limit ? shown.last.map { "\($0.number)" } : nil, of: "d")
  }

  private static func describe(_ row: AuditRow) -> JSON {
    .object([
      .init("at", .string(row.at.rfc3339)), .init("who", .string(row.who)), .init("role", .string(row.role)),
      .init("source", .string(row.source)), .init("operation", .string(row.what)), .init("target", .of(row.target)),
      .init("fields", .array(row.fields.map(JSON.string))),
    ])
  }

  private static let tenantSchema = Schema.object(
    "Tenant", .always("uuid", .text(format: "uuid")), .always("name", .text()),
    .always("sipDomain", .text(), "The domain and the digest realm of its agents' phones."))
}
