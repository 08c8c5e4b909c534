import Storage

extension FuzzTarget {
  /// A text from a URL: whatever is a cursor or a tenant is so in one spelling, up to the case of a UUID.
  static let storage: Body = { octets throws(BrokenPromise) in
    let text = String(decoding: octets, as: UTF8.self)
    if let cursor = CallCursor(text) {
      try promise(Array(cursor.description.utf8) == Array(text.utf8), "a cursor has one spelling: \(cursor)")
      try promise(CallCursor(cursor.description) == cursor, "a cursor survives: \(cursor)")
    }
    if let tenant = TenantKey(text) {
      try promise(tenant.octets.count == 16 && tenant.description == text.lowercased(), "a tenant is its UUID: \(tenant)")
      try promise(TenantKey(tenant.description) == tenant, "a tenant survives: \(tenant)")
    }
  }
}
