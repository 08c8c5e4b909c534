/// Places boxes in columns so that lines between them go from left to right and cross little (Sugiyama, Tagawa, Toda 1981): columns by the
/// longest way, order by barycentres, heights by least squares.
struct LayeredLayout {
  struct Node {
    var width: Double
    var height: Double
  }

  /// A line from a node's right side to another's left side, at heights below their tops. Lines must not go in circles.
  struct Edge {
    var from: Int
    var port: Double
    var to: Int
    var entry: Double
  }

  struct Point: Hashable {
    var x: Double
    var y: Double
  }

  /// Of each node, its upper left corner.
  private(set) var corners: [Point]
  /// Of each edge, the ends of its straight pieces: between the second and the third, and so on, it bends.
  private(set) var paths: [[Point]] = []
  private(set) var size = Point(x: 0, y: 0)
  /// Of each node, its column's width: all boxes of a column are as wide.
  private(set) var widths: [Double]

  private static let sweeps = 12
  private static let gap = 26.0
  private static let channel = 76.0
  private static let margin = 24.0

  /// The other end of a line, and the heights at which it leaves and comes in.
  private struct End {
    var slot: Int
    var port: Double
    var entry: Double
  }

  /// What has a place in a column: a box, or an edge that passes by.
  private struct Slot {
    var layer: Int
    var height: Double
    var node: Int?
    var top = 0.0
    /// Heights of lines that come in and go out, below the top, and the slots at their other ends.
    var ins: [End] = []
    var outs: [End] = []
  }
  private var slots: [Slot]
  private var layers: [[Int]] = []
  private var routes: [[Int]] = []

  init(_ nodes: [Node], _ edges: [Edge]) {
    corners = Array(repeating: Point(x: 0, y: 0), count: nodes.count)
    widths = nodes.map(\.width)
    slots = nodes.enumerated().map { Slot(layer: 0, height: $1.height, node: $0) }
    layer(edges)
    thread(edges)
    order()
    place()
    finish(nodes, edges)
  }

  // MARK: Columns

  private mutating func layer(_ edges: [Edge]) {
    var outs: [[Int]] = Array(repeating: [], count: slots.count)
    var waiting = Array(repeating: 0, count: slots.count)
    for edge in edges {
      outs[edge.from].append(edge.to)
      waiting[edge.to] += 1
    }
    let isRoot = waiting.map { $0 == 0 }
    var ready = slots.indices.filter { waiting[$0] == 0 }
    var next = 0
    while next < ready.count {
      let node = ready[next]
      next += 1
      for target in outs[node] {
        slots[target].layer = max(slots[target].layer, slots[node].layer + 1)
        waiting[target] -= 1
        if waiting[target] == 0 { ready.append(target) }
      }
    }
    // What nothing leads to stands beside what it leads to.
    for node in slots.indices where isRoot[node] {
      if let nearest = outs[node].map({ slots[$0].layer }).min() { slots[node].layer = max(0, nearest - 1) }
    }
  }

  /// Lines over several columns get a place in each between; those that go to the same box share it.
  private mutating func thread(_ edges: [Edge]) {
    struct Passage: Hashable {
      var target: Int
      var layer: Int
    }
    var passages: [Passage: Int] = [:]
    for edge in edges {
      var route = [edge.from]
      var isJoined = false
      for layer in slots[edge.from].layer + 1..<max(slots[edge.to].layer, slots[edge.from].layer + 1) {
        let passage = Passage(target: edge.to, layer: layer)
        let known = passages[passage]
        let slot = known ?? slots.count
        if known == nil { slots.append(Slot(layer: layer, height: 8, node: nil)) }
        passages[passage] = slot
        link(route, to: slot, edge, entry: 4, unless: isJoined)
        isJoined = known != nil
        route.append(slot)
      }
      link(route, to: edge.to, edge, entry: edge.entry, unless: isJoined)
      routes.append(route + [edge.to])
    }
    layers = Array(repeating: [], count: (slots.map(\.layer).max() ?? -1) + 1)
  }

  private mutating func link(_ route: [Int], to slot: Int, _ edge: Edge, entry: Double, unless isJoined: Bool) {
    guard !isJoined, let from = route.last else { return }
    let port = route.count == 1 ? edge.port : 4
    slots[from].outs.append(End(slot: slot, port: port, entry: entry))
    slots[slot].ins.append(End(slot: from, port: port, entry: entry))
  }

  // MARK: Order

  private mutating func order() {
    var best: (layers: [[Int]], crossings: Int)?
    for isReversed in [false, true] where best?.crossings != 0 {
      comeUpon(isReversed)
      uncross(&best)
    }
    layers = best?.layers ?? layers
  }

  /// To begin with, as they are come upon, from the top or from the bottom.
  private mutating func comeUpon(_ isReversed: Bool) {
    layers = layers.map { _ in [] }
    var isSeen = Array(repeating: false, count: slots.count)
    let roots = slots.indices.filter { slots[$0].ins.isEmpty }
    for root in (isReversed ? roots.reversed() : roots) + slots.indices where !isSeen[root] {
      var path = [root]
      while let slot = path.popLast() {
        guard !isSeen[slot] else { continue }
        isSeen[slot] = true
        layers[slots[slot].layer].append(slot)
        let next = slots[slot].outs.map(\.slot)
        path += isReversed ? next : next.reversed()
      }
    }
  }

  private mutating func uncross(_ best: inout (layers: [[Int]], crossings: Int)?) {
    func keep() {
      let count = crossings()
      if best.map({ count < $0.crossings }) ?? true { best = (layers, count) }
    }
    keep()
    var heights = heights()
    for sweep in 0..<Self.sweeps where best?.crossings != 0 {
      if sweep.isMultiple(of: 2) {
        for layer in layers.indices.dropFirst() { sort(layer, by: \.ins, isFrom: true, &heights) }
      } else {
        for layer in layers.indices.dropLast().reversed() { sort(layer, by: \.outs, isFrom: false, &heights) }
      }
      keep()
    }
  }

  /// Heights as if all stood one below the other.
  private func heights() -> [Double] {
    var heights = Array(repeating: 0.0, count: slots.count)
    for layer in layers {
      for (index, slot) in layer.enumerated() { heights[slot] = Double(index) }
    }
    return heights
  }

  private mutating func sort(
    _ layer: Int, by side: KeyPath<Slot, [End]>, isFrom: Bool, _ heights: inout [Double]
  ) {
    let wished = layers[layer].enumerated().map { index, slot -> (slot: Int, height: Double) in
      let ends = slots[slot][keyPath: side]
      guard !ends.isEmpty else { return (slot, Double(index)) }
      let sum = ends.reduce(0.0) { sum, end in
        let other = slots[end.slot]
        return sum + heights[end.slot] + (isFrom ? end.port : end.entry) / max(other.height, 1)
      }
      return (slot, sum / Double(ends.count))
    }
    layers[layer] = wished.enumerated().sorted { ($0.element.height, $0.offset) < ($1.element.height, $1.offset) }.map(
      \.element.slot)
  }

  private func crossings() -> Int {
    let heights = heights()
    var count = 0
    for layer in layers {
      // Lines to the next column by where they begin; those that end in another order cross.
      let ends = layer.flatMap { slot in
        slots[slot].outs.sorted { $0.port < $1.port }.map { heights[$0.slot] * 4096 + $0.entry }
      }
      count += Self.inversions(ends)
    }
    return count
  }

  private static func inversions(_ values: [Double]) -> Int {
    guard values.count > 1 else { return 0 }
    let middle = values.count / 2
    let (left, right) = (Array(values[..<middle]), Array(values[middle...]))
    var count = inversions(left) + inversions(right)
    let (first, second) = (left.sorted(), right.sorted())
    var index = 0
    for value in first {
      while index < second.count, second[index] < value { index += 1 }
      count += index
    }
    return count
  }

  // MARK: Heights

  private mutating func place() {
    for layer in layers.indices { settle(layer, wished: layers[layer].map { _ in 0 }) }
    for round in 0..<Self.sweeps {
      let isForward = round.isMultiple(of: 2)
      let order = isForward ? Array(layers.indices) : layers.indices.reversed()
      for layer in order {
        let wished = layers[layer].map { slot in
          let own = slots[slot]
          let near = Self.nearest(own.ins, slots).map { slots[$0.slot].top + $0.port - $0.entry }
          let far = Self.nearest(own.outs, slots).map { slots[$0.slot].top + $0.entry - $0.port }
          let sides = isForward ? (near.isEmpty ? far : near) : (far.isEmpty ? near : far)
          return sides.isEmpty ? own.top : Self.median(sides)
        }
        settle(layer, wished: wished)
      }
    }
  }

  /// Boxes in the next column, before lines that pass there.
  private static func nearest(_ ends: [End], _ slots: [Slot]) -> [End] {
    let boxes = ends.filter { slots[$0.slot].node != nil }
    return boxes.isEmpty ? ends : boxes
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// Puts a column's slots as near as can be to where they wish to be, in their order and apart (the pool of adjacent violators).
  private mutating func settle(_ layer: Int, wished: [Double]) {
    var offsets: [Double] = []
    var offset = 0.0
    var previous: Int?
    for slot in layers[layer] {
      if let previous {
        let isPassing = slots[previous].node == nil || slots[slot].node == nil
        offset += slots[previous].height + (isPassing ? Self.gap * 0.7 : Self.gap)
      }
      offsets.append(offset)
      previous = slot
    }
    var pools: [(sum: Double, count: Int)] = []
    for (wish, offset) in zip(wished, offsets) {
      pools.append((wish - offset, 1))
      while pools.count > 1, let last = pools.last {
        let before = pools[pools.count - 2]
        guard before.sum / Double(before.count) > last.sum / Double(last.count) else { break }
        pools.removeLast(2)
        pools.append((before.sum + last.sum, before.count + last.count))
      }
    }
    let tops = pools.flatMap { Array(repeating: $0.sum / Double($0.count), count: $0.count) }
    for (index, slot) in layers[layer].enumerated() { slots[slot].top = tops[index] + offsets[index] }
  }

  private mutating func finish(_ nodes: [Node], _ edges: [Edge]) {
    let highest = slots.map(\.top).min() ?? 0
    var left = Self.margin
    var lefts: [Double] = []
    var columns: [Double] = []
    for layer in layers {
      let width = layer.compactMap { slots[$0].node }.map { nodes[$0].width }.max() ?? 0
      lefts.append(left)
      columns.append(width)
      left += width + Self.channel
    }
    for (index, slot) in slots.enumerated() {
      slots[index].top = Self.rounded(slot.top - highest + Self.margin)
      guard let node = slot.node else { continue }
      corners[node] = Point(x: lefts[slot.layer], y: slots[index].top)
      widths[node] = columns[slot.layer]
    }
    size = Point(
      x: max(left - Self.channel, 0) + Self.margin, y: (slots.map { $0.top + $0.height }.max() ?? 0) + Self.margin)
    for (edge, route) in zip(edges, routes) {
      var path: [Point] = []
      for (index, slot) in route.enumerated() {
        let isFirst = index == 0
        let isLast = index == route.count - 1
        let y = slots[slot].top + (isFirst ? edge.port : isLast ? edge.entry : 4)
        let left = lefts[slots[slot].layer]
        if !isFirst { path.append(Point(x: left, y: y)) }
        if !isLast { path.append(Point(x: left + columns[slots[slot].layer], y: y)) }
      }
      paths.append(path)
    }
  }

  /// Halves of a pixel: what is drawn is the same everywhere.
  private static func rounded(_ value: Double) -> Double { (value * 2).rounded() / 2 }
}
