import Storage
import Wire

/// Who makes a change: true of the whole task that a request is answered in, so that no rule on its way need pass it on.
struct Originator: Sendable {
  /// Whence, and no closer: an address is the business of the person.
  enum Source: String, Sendable, CaseIterable {
    /// A command on the machine itself.
    case console
    case loopback
    case `private`
    case `public`

    init(_ address: IPAddress) {
      self = address.isLoopback ? .loopback : address.isPrivate ? .private : .public
    }
  }

  let who: String
  let role: String
  let source: Source

  /// `nil` for what the service does by itself: nobody did it.
  @TaskLocal static var current: Originator?

  static let console = Originator(who: "console", role: "operator", source: .console)
}

/// A change, by the name of its operation (`docs/api.md`), as the audit tells it: never with what was changed from or to.
struct Deed: Sendable {
  let what: String
  var target: String?
  var fields: [String] = []

  init(_ what: String, _ target: String? = nil, fields: [String] = []) {
    (self.what, self.target, self.fields) = (what, target, fields)
  }

  /// `nil` where nobody did it.
  var entry: AuditEntry? {
    Originator.current.map { originator in
      AuditEntry(
        who: originator.who, role: originator.role, source: originator.source.rawValue, what: what, target: target,
        fields: fields)
    }
  }
}
