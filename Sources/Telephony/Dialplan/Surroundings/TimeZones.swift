/// The zones of the world, by the names of the IANA database.
package protocol TimeZones: Sendable {
  /// Seconds that a zone's clocks are ahead of UTC at a moment (seconds since 1970); `nil` for a zone that is not known.
  func offset(ofZone name: String, at epoch: Int64) -> Int64?
}

/// Knows UTC only.
package struct OnlyUTC: TimeZones {
  static let names: Set<String> = ["UTC", "GMT"]

  package init() {}
  package func offset(ofZone name: String, at epoch: Int64) -> Int64? {
    name.isEmpty || Self.names.contains(name) ? 0 : nil
  }
}
