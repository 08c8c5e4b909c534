import Calls
import HTTP

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
      })
  ]

  private static let tenantSchema = Schema.object(
    "Tenant", .always("uuid", .text(format: "uuid")), .always("name", .text()),
    .always("sipDomain", .text(), "The domain and the digest realm of its agents' phones."))
}
