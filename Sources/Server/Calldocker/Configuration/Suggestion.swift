/// What somebody may have meant.
enum Suggestion {
  /// Names longer than this are compared by their beginnings.
  private static let maximumBytes = 40

  /// The end of a sentence that names the nearest known name; empty if none is near.
  static func sentence(for name: String, among known: [String], prefix: String = "") -> String {
    nearest(to: name, among: known).map { "; did you mean \(prefix)\($0)?" } ?? ""
  }

  /// The known name with the fewest differences, if there are few: at most `limit`, and fewer than the name has letters.
  static func nearest(to name: String, among known: [String], within limit: Int = 3) -> String? {
    let ranked = known.map { (name: $0, distance: distance($0, name)) }
    guard let nearest = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return nearest.distance <= min(limit, name.utf8.count - 1) ? nearest.name : nil
  }

  /// Letters to change, add or leave out (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8.prefix(maximumBytes)), Array(right.utf8.prefix(maximumBytes)))
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for other in right.indices {
        let changed = diagonal + (right[other] == letter ? 0 : 1)
        diagonal = row[other + 1]
        row[other + 1] = min(changed, row[other] + 1, row[other + 1] + 1)
      }
    }
    return row[right.count]
  }
}
