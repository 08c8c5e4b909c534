/// What somebody may have meant.
enum Suggestion {
  /// Names longer than this are compared by their beginnings.
  private static var length: Int { 40 }
  /// Among more, the rest is not looked at.
  private static var candidates: Int { 500 }

  /// A sentence that names the nearest known name; `nil` if none is near.
  static func sentence(for name: String, among known: some Sequence<String>, prefix: String = "") -> String? {
    nearest(to: name, among: known).map { "Did you mean \(prefix)\($0)?" }
  }

  /// The known name with the fewest differences, if there are few: at most `limit`, and a third of its letters.
  static func nearest(to name: String, among known: some Sequence<String>, within limit: Int = 3) -> String? {
    let written = Array(name.lowercased().utf8.prefix(length))
    let allowed = min(limit, (written.count + 2) / 3, written.count - 1)
    var best: (distance: Int, name: String)?
    for candidate in known.prefix(candidates) where abs(candidate.utf8.count - name.utf8.count) <= allowed {
      let distance = distance(Array(candidate.lowercased().utf8.prefix(length)), written)
      guard distance <= allowed, best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true else { continue }
      best = (distance, candidate)
    }
    return best?.name
  }

  /// Letters to change, add, leave out or exchange with their neighbour (optimal string alignment).
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var rows = [Array(0...right.count)]
    for (index, letter) in left.enumerated() {
      var row = [index + 1]
      for other in right.indices {
        var cost = min(rows[index][other] + (right[other] == letter ? 0 : 1), rows[index][other + 1] + 1, row[other] + 1)
        if index > 0, other > 0, left[index - 1] == right[other], right[other - 1] == letter {
          cost = min(cost, rows[index - 1][other - 1] + 1)
        }
        row.append(cost)
      }
      rows.append(row)
    }
    return rows[left.count][right.count]
  }
}
