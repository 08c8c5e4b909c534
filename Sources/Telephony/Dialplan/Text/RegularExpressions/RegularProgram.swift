/// An expression as states, all of which that a text can be in are followed at once (Thompson 1968, Pike 1987).
struct RegularProgram: Sendable {
  private enum State: Sendable {
    case byte(ByteSet)
    case both(Int, Int)
    case go(Int)
    case assertion(RegularSyntax.Assertion)
    case match
  }

  private var states: [State] = []

  var count: Int { states.count }

  init(_ syntax: RegularSyntax) throws(RegularExpression.Flaw) {
    try append(syntax)
    states.append(.match)
  }

  private mutating func append(_ syntax: RegularSyntax) throws(RegularExpression.Flaw) {
    guard states.count < RegularExpression.maximumStates else {
      throw .init("it needs more than \(RegularExpression.maximumStates) states; its repetitions multiply.")
    }
    switch syntax {
    case .nothing: break
    case .byte(let set): states.append(.byte(set))
    case .assertion(let assertion): states.append(.assertion(assertion))
    case .group(let inside, _): try append(inside)
    case .sequence(let parts): for part in parts { try append(part) }
    case .choice(let parts): try append(choice: parts[...])
    case .repetition(let part, let least, let most): try append(part, least, most)
    }
  }

  private mutating func append(choice parts: ArraySlice<RegularSyntax>) throws(RegularExpression.Flaw) {
    var ends: [Int] = []
    for (number, part) in parts.enumerated() {
      guard number < parts.count - 1 else {
        try append(part)
        break
      }
      let fork = states.count
      states.append(.go(0))
      try append(part)
      ends.append(states.count)
      states.append(.go(0))
      states[fork] = .both(fork + 1, states.count)
    }
    for end in ends { states[end] = .go(states.count) }
  }

  private mutating func append(_ part: RegularSyntax, _ least: Int, _ most: Int?) throws(RegularExpression.Flaw) {
    for _ in 0..<least { try append(part) }
    guard let most else {
      let fork = states.count
      states.append(.go(0))
      try append(part)
      states.append(.go(fork))
      states[fork] = .both(fork + 1, states.count)
      return
    }
    var forks: [Int] = []
    for _ in least..<max(least, most) {
      forks.append(states.count)
      states.append(.go(0))
      try append(part)
    }
    for fork in forks { states[fork] = .both(fork + 1, states.count) }
  }

  // MARK: Following

  /// The states that a text is in, each with where its match began; whoever began first comes first.
  private struct Front {
    var members: [(state: Int, start: Int)] = []
    /// Per state, when it was last entered.
    private var entered: [Int]
    private var waiting: [Int] = []

    init(_ count: Int) { entered = Array(repeating: -1, count: count) }

    mutating func enter(_ state: Int, from start: Int, _ program: RegularProgram, _ octets: [UInt8], at position: Int) {
      waiting.append(state)
      while let state = waiting.popLast() {
        guard entered[state] != position else { continue }
        entered[state] = position
        switch program.states[state] {
        case .go(let next): waiting.append(next)
        case .both(let first, let second):
          waiting.append(second)
          waiting.append(first)
        case .assertion(let assertion): if assertion.holds(octets, at: position) { waiting.append(state + 1) }
        case .byte, .match: members.append((state, start))
        }
      }
    }
  }

  /// The match that begins first, the longest of these.
  func search(_ octets: [UInt8]) -> Range<Int>? {
    var (now, next) = (Front(count), Front(count))
    var best: Range<Int>?
    for position in 0...octets.count {
      if best == nil { now.enter(0, from: position, self, octets, at: position) }
      if best != nil, now.members.isEmpty { break }
      next.members.removeAll(keepingCapacity: true)
      for (state, start) in now.members {
        // What began later than a match cannot win any more.
        if let best, start > best.lowerBound { break }
        switch states[state] {
        case .match: best = start..<position
        case .byte(let set) where position < octets.count && set.contains(octets[position]):
          next.enter(state + 1, from: start, self, octets, at: position + 1)
        default: break
        }
      }
      swap(&now, &next)
    }
    return best
  }

  /// Where matches that begin at one place can end, nearest first, until `isEnough`; a reversed program is followed backwards.
  ///
  /// - Returns: how many states were looked at.
  @discardableResult
  func follow(
    _ octets: [UInt8], from start: Int, to end: Int, isBackwards: Bool = false, _ isEnough: (Int) -> Bool
  ) -> Int {
    var (now, next) = (Front(count), Front(count))
    var (position, work) = (start, 0)
    now.enter(0, from: start, self, octets, at: start)
    while !now.members.isEmpty {
      work += now.members.count
      let isLast = position == end
      let following = isBackwards ? position - 1 : position + 1
      next.members.removeAll(keepingCapacity: true)
      for (state, _) in now.members {
        switch states[state] {
        case .match: if isEnough(position) { return work }
        case .byte(let set) where !isLast && set.contains(octets[isBackwards ? following : position]):
          next.enter(state + 1, from: start, self, octets, at: following)
        default: break
        }
      }
      if isLast { break }
      position = following
      swap(&now, &next)
    }
    return work
  }
}
