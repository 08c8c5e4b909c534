/// A context's extensions in the order in which they are tried, found without trying each: plain ones by their text, patterns by a tree
/// of their elements.
final class ExtensionIndex: Sendable {
  let extensions: [Extension]
  /// Without dashes, by position; patterns have none.
  private let plain: [String]
  /// Where extensions of the same plain text stand.
  private let byText: [ByteText: Range<Int>]
  private let nodes: [Node]
  private let children: [Child]

  /// One place of the patterns that are alike up to here. What follows a place is tried in the order of the patterns, which is that of
  /// the children; the pattern that ends here comes last.
  private struct Node: Sendable {
    /// Of the tree's children.
    var children: Range<Int>
    var endings: Range<Int> = 0..<0
  }

  private struct Child: Sendable {
    var element: ExtensionPattern.Element
    var node: Int
    /// All that begin like this, in order.
    var extensions: Range<Int>
  }

  /// Texts are compared by their bytes.
  private struct ByteText: Hashable, Sendable {
    let text: String
    static func == (left: ByteText, right: ByteText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
    func hash(into hasher: inout Hasher) {
      let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
      if isHashed == nil { for byte in text.utf8 { hasher.combine(byte) } }
    }
  }

  init(_ written: [Extension]) {
    extensions = Self.inOrder(written)
    var plain: [String] = []
    var byText: [ByteText: Range<Int>] = [:]
    for (index, known) in extensions.enumerated() {
      guard case .plain(let text) = known.pattern.kind else { break }
      plain.append(text)
      byText[ByteText(text: text)] = (byText[ByteText(text: text)]?.lowerBound ?? index)..<index + 1
    }
    self.plain = plain
    self.byText = byText
    (nodes, children) = Self.tree(extensions, from: plain.count).flat
  }

  /// Sorted as they are tried; of those that are the same, the first written stays first.
  static func inOrder(_ written: [Extension]) -> [Extension] {
    let isInOrder = zip(written, written.dropFirst()).allSatisfy { !$1.isTried(before: $0) }
    if isInOrder { return written }
    let order = written.indices.sorted { left, right in
      if written[left].isTried(before: written[right]) { return true }
      return left < right && !written[right].isTried(before: written[left])
    }
    return order.map { written[$0] }
  }

  /// The tree while it grows: each node with its own children.
  private struct Tree {
    var nodes: [(children: [Child], endings: Range<Int>)] = [([], 0..<0)]

    /// All children in one array, which is read without counting references.
    var flat: ([Node], [Child]) {
      var children: [Child] = []
      let nodes = nodes.map { node in
        defer { children += node.children }
        return Node(children: children.count..<children.count + node.children.count, endings: node.endings)
      }
      return (nodes, children)
    }
  }

  private static func tree(_ extensions: [Extension], from start: Int) -> Tree {
    var tree = Tree()
    for index in start..<extensions.count {
      guard case .pattern(let elements) = extensions[index].pattern.kind, elements.last != .broken else { continue }
      var node = 0
      for element in elements {
        if let last = tree.nodes[node].children.indices.last, tree.nodes[node].children[last].element == element {
          tree.nodes[node].children[last].extensions = tree.nodes[node].children[last].extensions.lowerBound..<index + 1
          node = tree.nodes[node].children[last].node
        } else {
          tree.nodes[node].children.append(Child(element: element, node: tree.nodes.count, extensions: index..<index + 1))
          node = tree.nodes.count
          tree.nodes.append(([], 0..<0))
        }
      }
      tree.nodes[node].endings = (tree.nodes[node].endings.isEmpty ? index : tree.nodes[node].endings.lowerBound)..<index + 1
    }
    return tree
  }

  // MARK: What matches

  /// Visits, in order, each extension that matches what was dialled, by its place, until one is taken.
  ///
  /// Places are passed, not extensions: a copy of one costs more than what is looked for.
  func firstMatch<Found>(_ dialled: String, _ take: (Int) -> Found?) -> Found? {
    let text = ExtensionPattern.undashed(dialled)
    if let range = byText[ByteText(text: text)] {
      for index in range {
        if let found = take(index) { return found }
      }
    }
    guard nodes.count > 1 || !nodes[0].endings.isEmpty else { return nil }
    if text.utf8.first == UInt8(ascii: "_") { return firstMatchByName(dialled, take) }
    return firstMatch(text.utf8.span, 0, in: 0, take)
  }

  private func firstMatch<Found>(
    _ text: Span<UInt8>, _ position: Int, in node: Int, _ take: (Int) -> Found?
  ) -> Found? {
    for child in nodes[node].children {
      let child = children[child]
      var found: Found?
      switch child.element {
      case .one(let set):
        guard position < text.count, set.contains(text[position]) else { continue }
        found = firstMatch(text, position + 1, in: child.node, take)
      case .some:
        guard position < text.count else { continue }
        found = first(of: child.extensions, take)
      case .any: found = first(of: child.extensions, take)
      case .broken: continue
      }
      if let found { return found }
    }
    return position == text.count ? first(of: nodes[node].endings, take) : nil
  }

  private func first<Found>(of range: Range<Int>, _ take: (Int) -> Found?) -> Found? {
    for index in range {
      if let found = take(index) { return found }
    }
    return nil
  }

  /// A pattern's own text was dialled: rare, and each is asked.
  private func firstMatchByName<Found>(_ dialled: String, _ take: (Int) -> Found?) -> Found? {
    for index in plain.count..<extensions.count where extensions[index].pattern.matches(dialled) {
      if let found = take(index) { return found }
    }
    return nil
  }

  // MARK: What could still match

  /// Whether more digits may follow those that were typed.
  enum Growth: Hashable, Sendable {
    case no
    case yes
    /// `!` matches already: no more is waited for, whatever is included.
    case never
  }

  /// What may follow, going by the first extension that says something; only what has a priority 1 is waited for.
  func growth(of typed: String, _ isFor: (Int) -> Bool) -> Growth {
    let text = ExtensionPattern.undashed(typed)
    if hasLonger(than: text, isFor) { return .yes }
    return growth(text.utf8.span, 0, in: 0, isFor)
  }

  /// Whether a plain extension begins with the text and goes on.
  private func hasLonger(than text: String, _ isFor: (Int) -> Bool) -> Bool {
    var (low, high) = (0, plain.count)
    while low < high {
      let middle = low + (high - low) / 2
      if plain[middle].utf8.lexicographicallyPrecedes(text.utf8) { low = middle + 1 } else { high = middle }
    }
    while low < plain.count, plain[low].utf8.starts(with: text.utf8) {
      if plain[low].utf8.count > text.utf8.count, canBegin(low, isFor) { return true }
      low += 1
    }
    return false
  }

  private func growth(_ text: Span<UInt8>, _ position: Int, in node: Int, _ isFor: (Int) -> Bool) -> Growth {
    for child in nodes[node].children {
      let child = children[child]
      switch child.element {
      case .one(let set) where position < text.count:
        guard set.contains(text[position]) else { continue }
        let deeper = growth(text, position + 1, in: child.node, isFor)
        if deeper != .no { return deeper }
      case .one, .some:
        if child.extensions.contains(where: { canBegin($0, isFor) }) { return .yes }
      case .any:
        if child.extensions.contains(where: isFor) { return .never }
      case .broken: continue
      }
    }
    return .no
  }

  private func canBegin(_ index: Int, _ isFor: (Int) -> Bool) -> Bool { extensions[index].steps[1] != nil && isFor(index) }
}
