/// A plan's contexts by name, each with its extensions in order and its includes found.
final class PlanIndex: Sendable {
  struct Place: Sendable {
    let name: String
    let extensions: ExtensionIndex
    /// Includes of contexts that exist, in written order.
    let includes: [(place: Int, times: TimeRule?)]
    /// The same for names that differ by case alone: one of them is asked once.
    let family: Int
  }

  let places: [Place]
  private let byName: [String: Int]

  init(_ contexts: [String: Context]) {
    let names = contexts.keys.sorted()
    let byName = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    var families: [String: Int] = [:]
    self.byName = byName
    places = names.compactMap { name in
      guard let context = contexts[name] else { return nil }
      let folded = String(decoding: name.utf8.map { Self.lowered($0) }, as: UTF8.self)
      let family = families[folded] ?? families.count
      families[folded] = family
      return Place(
        name: name, extensions: ExtensionIndex(context.extensions),
        includes: context.includes.compactMap { include in byName[include.context].map { ($0, include.times) } }, family: family
      )
    }
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  func place(of context: String) -> Int? { byName[context] }

  // MARK: Search

  /// Asks a context, then its includes in written order, each with its own before the next, until one answers; a context is asked once.
  func search<Found>(from context: String, _ inquiry: Inquiry, _ ask: (Place) -> Answer<Found>) -> Found? {
    guard let start = byName[context] else { return nil }
    switch ask(places[start]) {
    case .found(let found): return found
    case .stop: return nil
    case .nothing:
      guard !places[start].includes.isEmpty else { return nil }
      var asked = Asked()
      _ = asked.insert(places[start].family)
      return searchIncludes(of: start, depth: 0, &asked, inquiry, ask)
    }
  }

  enum Answer<Found> {
    case found(Found)
    case nothing
    /// Neither here nor in what is included here.
    case stop
  }

  /// Families that were asked: of most plans a word has room for all.
  private struct Asked {
    private var first: UInt64 = 0
    private var others: Set<Int> = []

    /// Whether it was not there yet.
    mutating func insert(_ family: Int) -> Bool {
      guard family < 64 else { return others.insert(family).inserted }
      defer { first |= 1 << UInt64(family) }
      return first & (1 << UInt64(family)) == 0
    }
  }

  private func searchIncludes<Found>(
    of start: Int, depth: Int, _ asked: inout Asked, _ inquiry: Inquiry, _ ask: (Place) -> Answer<Found>
  ) -> Found? {
    guard depth < Dialplan.maximumIncludeDepth else { return nil }
    for include in places[start].includes {
      guard include.times?.holds(at: inquiry.epoch, inquiry.zones) ?? true else { continue }
      let place = places[include.place]
      guard asked.insert(place.family) else { continue }
      switch ask(place) {
      case .found(let found): return found
      case .stop: continue
      case .nothing:
        if let found = searchIncludes(of: include.place, depth: depth + 1, &asked, inquiry, ask) { return found }
      }
    }
    return nil
  }
}

extension PlanIndex {
  /// A context that a lookup asks, and the times of the includes on the way to it.
  struct Stop {
    let place: Place
    let times: [TimeRule]
  }

  /// The contexts that a lookup asks, in order: at a moment, or, if none is given, at any; then one may come twice, at certain times and always.
  func stops(from context: String, _ inquiry: Inquiry?) -> [Stop] {
    guard let start = byName[context] else { return [] }
    var stops = [Stop(place: places[start], times: [])]
    var always = Set([places[start].family])
    var sometimes: Set<Int> = []
    func visit(_ start: Int, _ times: [TimeRule]) {
      guard times.count < Dialplan.maximumIncludeDepth else { return }
      for include in places[start].includes {
        var times = times
        if let rule = include.times, !rule.isAlways {
          if let inquiry {
            guard rule.holds(at: inquiry.epoch, inquiry.zones) else { continue }
          } else {
            times.append(rule)
          }
        }
        let place = places[include.place]
        guard !always.contains(place.family) else { continue }
        guard times.isEmpty ? always.insert(place.family).inserted : sometimes.insert(place.family).inserted else { continue }
        stops.append(Stop(place: place, times: times))
        visit(include.place, times)
      }
    }
    visit(start, [])
    return stops
  }
}
