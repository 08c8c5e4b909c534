/// The deadlines of many machines, soonest first: a binary heap that knows where each machine's entry is.
///
/// Setting, moving and removing a deadline cost O(log n); ties are served in the order of setting, so a run never depends on hash order.
/// Public and inlinable, so that other modules get code for their own kind of ID (`package` is not enough for that): the general code asks
/// for memory each time somebody looks at `next`.
public struct DeadlineQueue<ID: Hashable & Sendable>: Sendable {
  @usableFromInline struct Entry: Sendable {
    @usableFromInline var deadline: Instant
    @usableFromInline var order: UInt64
    @usableFromInline var id: ID

    @inlinable init(deadline: Instant, order: UInt64, id: ID) {
      self.deadline = deadline
      self.order = order
      self.id = id
    }

    @inlinable func isBefore(_ other: Entry) -> Bool {
      deadline == other.deadline ? order < other.order : deadline < other.deadline
    }
  }
  @usableFromInline var heap: [Entry] = []
  @usableFromInline var positions: [ID: Int] = [:]
  @usableFromInline var nextOrder: UInt64 = 0

  @inlinable public init() {}

  @inlinable public var count: Int { heap.count }
  @inlinable public var next: Instant? { heap.first?.deadline }
  @inlinable public subscript(id: ID) -> Instant? { positions[id].map { heap[$0].deadline } }

  /// Sets, moves or (with `nil`) removes the deadline of `id`.
  @inlinable public mutating func set(_ id: ID, to deadline: Instant?) {
    guard let deadline else { return remove(id) }
    nextOrder &+= 1
    let entry = Entry(deadline: deadline, order: nextOrder, id: id)
    if let position = positions[id] {
      guard heap[position].deadline != deadline else { return }
      heap[position] = entry
      settle(position)
    } else {
      heap.append(entry)
      positions[id] = heap.count - 1
      settle(heap.count - 1)
    }
  }

  @inlinable public mutating func remove(_ id: ID) {
    guard let position = positions.removeValue(forKey: id) else { return }
    let last = heap.removeLast()
    guard position < heap.count else { return }
    heap[position] = last
    positions[last.id] = position
    settle(position)
  }

  /// Takes out the soonest machine whose deadline has come.
  @inlinable public mutating func popDue(at now: Instant) -> ID? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    remove(first.id)
    return first.id
  }

  @inlinable mutating func settle(_ start: Int) {
    var position = start
    while position > 0, heap[position].isBefore(heap[(position - 1) / 2]) {
      exchange(position, (position - 1) / 2)
      position = (position - 1) / 2
    }
    while let child = soonerChild(of: position), heap[child].isBefore(heap[position]) {
      exchange(position, child)
      position = child
    }
  }

  @inlinable func soonerChild(of position: Int) -> Int? {
    let left = 2 * position + 1
    guard left < heap.count else { return nil }
    let right = left + 1
    return right < heap.count && heap[right].isBefore(heap[left]) ? right : left
  }

  @inlinable mutating func exchange(_ first: Int, _ second: Int) {
    heap.swapAt(first, second)
    positions[heap[first].id] = first
    positions[heap[second].id] = second
  }
}
