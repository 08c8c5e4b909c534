import Foundation
import HTTP
import SIPSyntax

/// What a tenant may choose, as the `settings` of its row keep it: a JSON object in the words of the API.
package struct TenantSettings: Hashable, Sendable {
  /// Pages from which calls may come and agents may work; none stands for all.
  package var allowedOrigins: [HTTPOrigin] = []
  package var digest = DigestPolicy.md5

  /// Some of them anew; `nil` leaves what is.
  package struct Change: Hashable, Sendable {
    var allowedOrigins: [HTTPOrigin]?
    var digest: DigestPolicy?

    /// What is another, by its name.
    var names: [String] {
      [allowedOrigins.map { _ in "allowedOrigins" }, digest.map { _ in "digest" }].compactMap(\.self)
    }

    package init(allowedOrigins: [HTTPOrigin]? = nil, digest: DigestPolicy? = nil) {
      self.allowedOrigins = allowedOrigins
      self.digest = digest
    }
  }

  static let digestNames = DigestPolicy.allCases.map(\.settingsName)

  init() {}

  /// What was kept; whatever of it is not understood is as if it had never been set.
  package init(kept text: String) {
    let fields = Self.fields(text)
    allowedOrigins = (fields["allowedOrigins"] as? [String])?.compactMap { HTTPOrigin($0) } ?? []
    digest = (fields["digest"] as? String).flatMap { DigestPolicy(settingsName: $0) } ?? .md5
  }

  /// The text of a row with the change in it. Fields that this version does not know stay.
  package static func text(_ kept: String, changedBy change: Change) -> String {
    var fields = fields(kept)
    if let origins = change.allowedOrigins { fields["allowedOrigins"] = origins.map(\.description) }
    if let digest = change.digest { fields["digest"] = digest.settingsName }
    let json = try? JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys, .withoutEscapingSlashes])
    return json.map { String(decoding: $0, as: UTF8.self) } ?? kept
  }

  private static func fields(_ text: String) -> [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
  }
}

extension DigestPolicy {
  var settingsName: String {
    switch self {
    case .md5: "md5"
    case .sha256: "sha-256"
    case .md5ThenSHA256: "both"
    }
  }

  init?(settingsName: String) {
    guard let policy = Self.allCases.first(where: { $0.settingsName == settingsName }) else { return nil }
    self = policy
  }
}
