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
  /// Includes within includes; deeper ones are not looked into.
  package static var maximumIncludeDepth: Int { 128 }

  /// Puts extensions in the order in which they are tried and makes what lookups need; whoever has built or changed a plan calls it.
  ///
  /// A plan that was not prepared answers the same, slowly.
  package mutating func prepare() {
    for name in contexts.keys { contexts[name]?.prepare() }
    index = PlanIndex(contexts)
  }

  private var prepared: PlanIndex { index ?? PlanIndex(contexts) }

  /// The step at a position: in the context's own extensions in their order, then in its includes, each with its own, depth first.
  ///
  /// Each priority is looked up anew: where the extension that fits best does not have it, another that fits may.
  package func step(at position: Position, _ inquiry: Inquiry) -> Step? {
    first(position.exten, in: position.context, inquiry) { $0.extensions[$1].steps[position.priority] }
  }

  /// The priority of a label as seen from a position's context and extension.
  package func priority(of label: String, context: String, exten: String, _ inquiry: Inquiry) -> Int? {
    first(exten, in: context, inquiry) { $0.extensions[$1].labels[label] }
  }

  /// What digits typed in a context have come to.
  package func match(_ digits: String, in context: String, _ inquiry: Inquiry) -> DigitMatch {
    let grows: Bool? = prepared.search(from: context, inquiry) { place in
      switch place.extensions.growth(of: digits, { place.extensions.extensions[$0].isFor(inquiry.caller) }) {
      case .no: .nothing
      case .yes: .found(true)
      case .never: .stop
      }
    }
    return DigitMatch(exists: has(digits, in: context, inquiry), mayGrow: grows ?? false)
  }

  /// Whether an extension exists at priority 1.
  package func has(_ exten: String, in context: String, _ inquiry: Inquiry) -> Bool {
    first(exten, in: context, inquiry) { $0.extensions[$1].steps[1] == nil ? nil : true } ?? false
  }

  /// What the extensions that match have first; each is told by its context's index and its place there.
  private func first<Found>(
    _ exten: String, in context: String, _ inquiry: Inquiry, _ take: (ExtensionIndex, Int) -> Found?
  ) -> Found? {
    prepared.search(from: context, inquiry) { place in
      let index = place.extensions
      let found = index.firstMatch(exten) { index.extensions[$0].isFor(inquiry.caller) ? take(index, $0) : nil }
      return found.map { .found($0) } ?? .nothing
    }
  }
}

extension Context {
  /// Puts the extensions in the order in which they are tried.
  package mutating func prepare() { extensions = ExtensionIndex.inOrder(extensions) }
}

extension Extension {
  /// Whether a caller's number does not speak against it.
  func isFor(_ caller: String?) -> Bool { self.caller?.matches(caller) ?? true }
}
