/// A door that opens once; whoever waits at it goes through then, and everybody after.
package final class Latch: Sendable {
  private enum State {
    case closed(waiting: [CheckedContinuation<Void, Never>])
    case open
  }
  private let state = Locked(State.closed(waiting: []))

  package init() {}

  package func open() {
    let last = state.with { state in
      defer { state = .open }
      return state
    }
    if case .closed(let waiting) = last { for waiter in waiting { waiter.resume() } }
  }

  package func wait() async {
    await withCheckedContinuation { waiter in
      let isOpen = state.with { state in
        guard case .closed(let waiting) = state else { return true }
        state = .closed(waiting: waiting + [waiter])
        return false
      }
      if isOpen { waiter.resume() }
    }
  }
}
