extension SIPURI {
  /// Whether both name the same resource (RFC 3261 §19.1.4).
  package func isEquivalent(to other: SIPURI) -> Bool {
    scheme == other.scheme && escapedUser == other.escapedUser && escapedPassword == other.escapedPassword
      && host == other.host && port == other.port
      && parameters.areEquivalent(to: other.parameters) && headers.haveSameEntries(as: other.headers)
  }
}

extension URIParameters {
  /// These decide where a request goes or what it is; present in one URI only, they make it another URI.
  private static let decisive = ["user", "ttl", "method", "maddr", "transport"]

  /// A parameter in both must agree; one that only one has is ignored unless it is decisive.
  fileprivate func areEquivalent(to other: URIParameters) -> Bool {
    Self.decisive.allSatisfy { contains($0) == other.contains($0) }
      && entries.allSatisfy { entry in
        // A name that stands twice, as it must not (§19.1.1), counts where it stands first.
        guard let mine = index(of: entry.name), let theirs = other.index(of: entry.name) else { return true }
        return Self.agree(entries[mine].value, other.entries[theirs].value)
      }
  }

  /// Header components are never ignored.
  fileprivate func haveSameEntries(as other: URIParameters) -> Bool {
    guard entries.count == other.entries.count else { return false }
    var unmatched = other.entries
    return entries.allSatisfy { entry in
      guard
        let index = unmatched.firstIndex(where: { $0.name.equalsIgnoringCase(entry.name) && Self.agree($0.value, entry.value) })
      else { return false }
      unmatched.remove(at: index)
      return true
    }
  }

  private static func agree(_ first: String?, _ second: String?) -> Bool {
    (first ?? "").equalsIgnoringCase(second ?? "") && (first == nil) == (second == nil)
  }
}
