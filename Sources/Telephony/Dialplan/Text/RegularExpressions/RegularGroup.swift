/// Finds what the first parentheses took of a match that is known.
///
/// As no parentheses stand around the first ones, a match is what comes before them, they themselves, perhaps repeated, and what comes
/// behind. Each takes as much as the rest leaves it, the earlier before the later (IEEE 1003.1 §9.1); of repetitions the last is told.
struct RegularGroup {
  private let octets: [UInt8]

  init(_ octets: [UInt8]) { self.octets = octets }

  func find(in syntax: RegularSyntax, _ range: Range<Int>) -> Range<Int>? {
    guard syntax.hasFirstGroup else { return nil }
    switch syntax {
    case .choice(let parts):
      guard let taken = parts.first(where: { matches($0, range) }) else { return nil }
      return find(in: taken, range)
    case .sequence(let parts):
      guard let number = parts.firstIndex(where: \.hasFirstGroup) else { return nil }
      let (own, rest) = (parts[number], Array(parts[(number + 1)...]))
      let before = RegularSyntax.sequence(Array(parts[..<number]))
      guard let start = longest(before, range, before: .sequence([own] + rest)),
        let end = longest(own, start..<range.upperBound, before: .sequence(rest))
      else { return nil }
      return find(in: own, start..<end)
    case .repetition(let part, let least, let most): return last(part, least, most, range)
    case .group(_, let number): return number == 1 ? range : nil
    case .nothing, .byte, .assertion: return nil
    }
  }

  private func program(_ syntax: RegularSyntax) -> RegularProgram? { try? RegularProgram(syntax) }

  private func matches(_ syntax: RegularSyntax, _ range: Range<Int>) -> Bool {
    var isFound = false
    program(syntax)?.follow(octets, from: range.lowerBound, to: range.upperBound) { end in
      isFound = end == range.upperBound
      return isFound
    }
    return isFound
  }

  /// Where an expression can begin that is to end where a range does.
  private func beginnings(_ syntax: RegularSyntax, _ range: Range<Int>) -> [Bool] {
    var places = Array(repeating: false, count: range.count + 1)
    program(syntax.reversed)?.follow(octets, from: range.upperBound, to: range.lowerBound, isBackwards: true) { place in
      places[place - range.lowerBound] = true
      return false
    }
    return places
  }

  /// How far the first part of a range goes at most, if a second one takes the rest.
  private func longest(_ syntax: RegularSyntax, _ range: Range<Int>, before rest: RegularSyntax) -> Int? {
    var farthest: Int?
    let places = beginnings(rest, range)
    program(syntax)?.follow(octets, from: range.lowerBound, to: range.upperBound) { end in
      if places[end - range.lowerBound] { farthest = end }
      return false
    }
    return farthest
  }

  /// The last of the repetitions that a range is made of, each as long as it can be.
  private func last(_ part: RegularSyntax, _ least: Int, _ most: Int?, _ range: Range<Int>) -> Range<Int>? {
    guard let program = program(part) else { return nil }
    guard !range.isEmpty else { return least > 0 || matches(part, range) ? find(in: part, range) : nil }
    // Looking ahead for the longest again and again could take the square of the length: past this the last is taken as it comes.
    var budget = (range.count + 1) * program.count * 8
    var (start, number) = (range.lowerBound, 0)
    var places: [Bool] = []
    while true {
      // Behind the last that has to be there, without an end, nothing changes any more.
      let isSettled = number > least && most == nil
      if !isSettled || number == least + 1 || places.isEmpty {
        let rest = RegularSyntax.repetition(part, least: max(0, least - number - 1), most: most.map { max(0, $0 - number - 1) })
        places = beginnings(rest, range)
        budget -= most == nil && number > least ? 0 : (range.count + 1) * program.count
      }
      var end: Int?
      budget -= program.follow(octets, from: start, to: range.upperBound) {
        if places[$0 - range.lowerBound] { end = $0 }
        return false
      }
      guard let end, end > start, budget > 0 else { return find(in: part, shortest(part, start..<range.upperBound)) }
      if end == range.upperBound { return find(in: part, start..<end) }
      (start, number) = (end, number + 1)
    }
  }

  /// The shortest end of a range that an expression matches.
  private func shortest(_ part: RegularSyntax, _ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    program(part.reversed)?.follow(octets, from: range.upperBound, to: range.lowerBound, isBackwards: true) { place in
      start = place
      return place < range.upperBound
    }
    return start..<range.upperBound
  }
}
