/// Places boxes in columns so that lines between them go from left to right and cross little (Sugiyama, Tagawa, Toda 1981): columns by the
/// longest way, order by barycentres, medians and exchanges of neighbours (Gansner and others 1993), heights by least squares.
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
  /// How often lines cross on their way from column to column.
  private(set) var crossings = 0
  /// Of each node, its column's width: all boxes of a column are as wide.
  private(set) var widths: [Double]

  private static let sweeps = 24
  /// Rounds in which boxes are pulled together.
  private static let pulls = 300
  /// Rounds in which neighbours are exchanged, after each sweep.
  private static let exchanges = 8
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

  /// Where a slot wishes to be among its neighbours: both find orders that the other does not.
  private enum Wish { case mean, median }

  /// What an order is looked for from.
  private enum Start: CaseIterable { case top, bottom, pulled }

  private mutating func order() {
    var best: (layers: [[Int]], crossings: Int)?
    for start in Start.allCases {
      for wish in [Wish.mean, .median] where best?.crossings != 0 {
        comeUpon(start == .bottom)
        if start == .pulled { pull() }
        uncross(wish, &best)
      }
    }
    layers = best?.layers ?? layers
    crossings = best?.crossings ?? 0
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

  /// Moves each to the middle of those that it is linked with, again and again: what belongs together comes together, wherever it began.
  private mutating func pull() {
    var heights = heights()
    for _ in 0..<Self.pulls {
      let middle = heights.reduce(0, +) / Double(max(heights.count, 1))
      let widest = heights.reduce(0) { max($0, abs($1 - middle)) }
      heights = heights.map { ($0 - middle) / max(widest, 1e-9) }
      heights = slots.indices.map { slot in
        let ends = slots[slot].ins + slots[slot].outs
        guard !ends.isEmpty else { return heights[slot] }
        return (heights[slot] + ends.reduce(0) { $0 + heights[$1.slot] } / Double(ends.count)) / 2
      }
    }
    layers = layers.map { layer in
      layer.enumerated().sorted { (heights[$0.element], $0.offset) < (heights[$1.element], $1.offset) }.map(\.element)
    }
  }

  private mutating func uncross(_ wish: Wish, _ best: inout (layers: [[Int]], crossings: Int)?) {
    func keep() {
      let count = counted()
      if best.map({ count < $0.crossings }) ?? true { best = (layers, count) }
    }
    keep()
    var heights = heights()
    for sweep in 0..<Self.sweeps where best?.crossings != 0 {
      if sweep.isMultiple(of: 2) {
        for layer in layers.indices.dropFirst() { sort(layer, by: \.ins, wish, &heights) }
      } else {
        for layer in layers.indices.dropLast().reversed() { sort(layer, by: \.outs, wish, &heights) }
      }
      keep()
      exchange()
      keep()
      heights = self.heights()
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

  private mutating func sort(_ layer: Int, by side: KeyPath<Slot, [End]>, _ wish: Wish, _ heights: inout [Double]) {
    let wished = layers[layer].enumerated().map { index, slot -> (slot: Int, height: Double) in
      let ends = slots[slot][keyPath: side]
      guard !ends.isEmpty else { return (slot, Double(index)) }
      let at = ends.map { end in
        heights[end.slot] + (side == \.ins ? end.port : end.entry) / max(slots[end.slot].height, 1)
      }
      return (slot, wish == .median ? Self.median(at) : at.reduce(0, +) / Double(at.count))
    }
    layers[layer] = wished.enumerated().sorted { ($0.element.height, $0.offset) < ($1.element.height, $1.offset) }.map(
      \.element.slot)
    for (index, slot) in layers[layer].enumerated() { heights[slot] = Double(index) }
  }

  /// Exchanges neighbours whose lines cross less then, until none are left or it took long enough.
  private mutating func exchange() {
    var heights = heights()
    for _ in 0..<Self.exchanges {
      var isBetter = false
      for layer in layers.indices {
        // What stands in the other columns does not move meanwhile.
        let ends = layers[layer].map { lines(of: $0, heights) }
        var order = Array(ends.indices)
        for index in order.indices.dropLast() {
          let (upper, lower) = (ends[order[index]], ends[order[index + 1]])
          let now = Self.crossings(upper.ins, lower.ins) + Self.crossings(upper.outs, lower.outs)
          let then = Self.crossings(lower.ins, upper.ins) + Self.crossings(lower.outs, upper.outs)
          guard then < now else { continue }
          order.swapAt(index, index + 1)
          isBetter = true
        }
        layers[layer] = order.map { layers[layer][$0] }
        for (index, slot) in layers[layer].enumerated() { heights[slot] = Double(index) }
      }
      guard isBetter else { return }
    }
  }

  /// Where a slot's lines come from and go to, from the top.
  private func lines(of slot: Int, _ heights: [Double]) -> (ins: [Double], outs: [Double]) {
    (
      slots[slot].ins.map { Self.place($0.port, of: $0, heights) }.sorted(),
      slots[slot].outs.map { Self.place($0.entry, of: $0, heights) }.sorted()
    )
  }

  /// A place in a column: boxes are taken for lower than this.
  private static func place(_ height: Double, of end: End, _ heights: [Double]) -> Double {
    heights[end.slot] * 65_536 + height
  }

  /// How often lines of the upper box cross lines of the lower, both sorted.
  private static func crossings(_ upper: [Double], _ lower: [Double]) -> Int {
    var (count, below) = (0, 0)
    for height in upper {
      while below < lower.count, lower[below] < height { below += 1 }
      count += below
    }
    return count
  }

  private func counted() -> Int {
    let heights = heights()
    return layers.reduce(0) { count, layer in
      // Lines to the next column by where they begin; those that end in another order cross.
      let ends = layer.flatMap { slot in
        slots[slot].outs.map { (port: $0.port, end: Self.place($0.entry, of: $0, heights)) }.sorted { $0 < $1 }.map(\.end)
      }
      return count + Self.inversions(ends)
    }
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
