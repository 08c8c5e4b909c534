/// Who asks: what may decide between extensions besides what was dialled.
package struct Inquiry: Sendable {
  /// The caller's number, `nil` where none was told.
  package var caller: String?
  /// For includes that hold at certain times: seconds since 1970, and the zones of the world.
  package var epoch: Int64
  package var zones: any TimeZones

  package init(caller: String?, epoch: Int64, zones: any TimeZones) {
    self.caller = caller
    self.epoch = epoch
    self.zones = zones
  }
}

/// How far a string of digits is from being an extension.
package struct DigitMatch: Hashable, Sendable {
  /// It is one, at priority 1.
  package var exists = false
  /// More digits could make another one.
  package var mayGrow = false
  package init(exists: Bool = false, mayGrow: Bool = false) {
    self.exists = exists
    self.mayGrow = mayGrow
  }
}

extension Dialplan {
  /// The step at a position: in the context's own extensions in their order, then in its includes, each with its own, depth first.
  package func step(at position: Position, _ inquiry: Inquiry) -> Step? { nil }

  /// The priority of a label as seen from a position's context and extension.
  package func priority(of label: String, context: String, exten: String, _ inquiry: Inquiry) -> Int? { nil }

  /// What digits typed in a context have come to.
  package func match(_ digits: String, in context: String, _ inquiry: Inquiry) -> DigitMatch { DigitMatch() }

  /// Whether an extension exists at priority 1.
  package func has(_ exten: String, in context: String, _ inquiry: Inquiry) -> Bool {
    step(at: Position(context, exten, 1), inquiry) != nil
  }
}
