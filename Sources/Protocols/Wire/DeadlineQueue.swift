/// The deadlines of many machines, soonest first: a binary heap that knows where each machine's entry is.
///
/// Setting, moving and removing a deadline cost O(log n); ties are served in the order of setting, so a run never depends on hash order.
package struct DeadlineQueue<ID: Hashable & Sendable>: Sendable {
  private struct Entry {
    var deadline: Instant
    var order: UInt64
    var id: ID

    func isBefore(_ other: Entry) -> Bool {
      deadline == other.deadline ? order < other.order : deadline < other.deadline
    }
  }
  private var heap: [Entry] = []
  private var positions: [ID: Int] = [:]
  private var nextOrder: UInt64 = 0

  package init() {}

  package var count: Int { heap.count }
  package var next: Instant? { heap.first?.deadline }

  /// Sets, moves or (with `nil`) removes the deadline of `id`.
  package mutating func set(_ id: ID, to deadline: Instant?) {
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

  package mutating func remove(_ id: ID) {
    guard let position = positions.removeValue(forKey: id) else { return }
    let last = heap.removeLast()
    guard position < heap.count else { return }
    heap[position] = last
    positions[last.id] = position
    settle(position)
  }

  /// Takes out the soonest machine whose deadline has come.
  package mutating func popDue(at now: Instant) -> ID? {
    guard let first = heap.first, first.deadline <= now else { return nil }
    remove(first.id)
    return first.id
  }

  private mutating func settle(_ start: Int) {
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

  private func soonerChild(of position: Int) -> Int? {
    let left = 2 * position + 1
    guard left < heap.count else { return nil }
    let right = left + 1
    return right < heap.count && heap[right].isBefore(heap[left]) ? right : left
  }

  private mutating func exchange(_ first: Int, _ second: Int) {
    heap.swapAt(first, second)
    positions[heap[first].id] = first
    positions[heap[second].id] = second
  }
}
