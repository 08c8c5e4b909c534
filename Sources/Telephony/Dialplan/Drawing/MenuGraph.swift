/// The menus of a plan as boxes that lead to each other: what a handbook shows of it.
struct MenuGraph: Hashable, Sendable {
  /// Boxes of one picture; what would need more is named and not drawn.
  static var maximumBoxes: Int { 400 }
  /// Choices that one box lists, and all together; the rest is counted.
  static var maximumRows: Int { 80 }
  static var maximumChoices: Int { 4000 }

  struct Box: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
      /// A context: what may be dialled or pressed there.
      case menu
      /// A condition, and where it leads.
      case question
      /// What is done: ring, queue, take a message.
      case action
    }
    var kind: Kind
    /// A small line above: where this belongs.
    var belonging = ""
    var heading: String
    var lines: [String] = []
    var rows: [Row] = []
  }

  /// One choice of a box.
  struct Row: Hashable, Sendable {
    /// What is pressed or dialled, or how a question is answered.
    var key: String
    var text = ""
    /// What happens then, where no box shows it.
    var detail = ""
    /// Where it leads.
    var target: Int?
    /// It leads back, to a box that led here: named, and not drawn as a line.
    var isBack = false
  }

  var boxes: [Box] = []
}

extension MenuGraph {
  /// Edges that lead back to where one came from are marked, so that what is left goes one way.
  mutating func markWaysBack() {
    enum Visit { case none, open, done }
    var visits = [Visit](repeating: .none, count: boxes.count)
    let led = Set(boxes.flatMap { $0.rows.compactMap(\.target) })
    let roots = boxes.indices.filter { !led.contains($0) } + boxes.indices
    for root in roots where visits[root] == .none {
      var path: [(box: Int, row: Int)] = [(root, 0)]
      visits[root] = .open
      while let (box, row) = path.last {
        guard row < boxes[box].rows.count else {
          visits[box] = .done
          path.removeLast()
          continue
        }
        path[path.count - 1].row += 1
        guard let target = boxes[box].rows[row].target else { continue }
        switch visits[target] {
        case .none:
          visits[target] = .open
          path.append((target, 0))
        case .open: boxes[box].rows[row].isBack = true
        case .done: break
        }
      }
    }
  }
}
