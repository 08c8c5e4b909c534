import Foundation

extension Command {
  static let tenantSet = Verb(
    name: "tenant set", words: ["UUID"], summary: "change a business's settings, or show them",
    flags: [
      Flag("name", "NAME", "what people call it"),
      Flag("digest", "CHOICE", "what its phones prove their passwords with: md5, sha-256, or both with md5 first"),
      Flag("allowed-origin", "ORIGIN", "where pages may call from, such as https://shop.example", repeats: true),
      Flag("any-origin", nil, "calls may come from pages everywhere"),
    ] + controlFlags,
    notes: """
      Without a flag the settings are printed as they are. Origins that are given take the place of all that were. Many phones
      know md5 only, and fail where sha-256 alone is asked for.
      """
  ) { options, environment in
    let tenant = try tenantID(options)
    let origins = options.has("any-origin") ? [] : options.has("allowed-origin") ? options.values("allowed-origin") : nil
    guard !options.has("any-origin") || !options.has("allowed-origin") else {
      throw Failure(code: EX_USAGE, sentence: "Give either --allowed-origin or --any-origin, not both.")
    }
    let wish = SettingsWish(name: options["name"], allowedOrigins: origins, digest: options["digest"])
    let isQuestion = wish.name == nil && wish.digest == nil && origins == nil
    let client = try controlClient(options, environment)
    let path = "/tenants/\(tenant)/settings"
    let settings: SettingsShown = try isQuestion ? client.ask("GET", path) : client.ask("PATCH", path, wish)
    try print(options, json: try json(settings)) {
      let shown = settings.allowedOrigins.isEmpty ? "any" : settings.allowedOrigins.joined(separator: ", ")
      return columns([("name", settings.name), ("digest", settings.digest), ("allowed origins", shown)])
    }
  }
}
