import CLinux
import Glibc
import Wire

/// One thread that waits for sockets, time and jobs: the executor of the actors that live on it.
///
/// Descriptors and timers belong to the loop's thread; jobs and `stop` may come from anywhere.
package final class EventLoop: SerialExecutor, @unchecked Sendable {
  // Unchecked: `jobs`, `isStopping` and `life` are locked, everything else is touched on the loop's thread only.

  /// What a descriptor's owner wants to hear.
  package typealias Handler = (_ isReadable: Bool, _ isWritable: Bool) -> Void

  private let epoll: Epoll
  private let bell: WakeDescriptor
  private let jobs = Locked<[UnownedJob]>([])
  private let thread = Locked<Int32>(0)
  private let isStopping = Locked(false)
  private let life = Locked(Life.unborn)

  private enum Life {
    case unborn
    case running(waiting: [CheckedContinuation<Void, Never>])
    case over
  }

  private struct Watch {
    var file: Int32
    var handler: Handler
  }
  private var watches: [UInt64: Watch] = [:]
  private var tokens: [Int32: UInt64] = [:]
  private var nextToken: UInt64 = 1
  private var timers: [UInt64: () -> Void] = [:]
  private var deadlines = DeadlineQueue<UInt64>()
  /// Seconds of work between two waits: what may arrive and wait meanwhile. For those who live on this loop.
  package private(set) var turns = Histogram.turns

  package init() throws(SystemFailure) {
    epoll = try Epoll()
    bell = try WakeDescriptor()
    try epoll.add(bell.file, .readable, token: 0)
  }

  deinit { bell.close() }

  package func start(_ name: String) throws(SystemFailure) {
    try Thread.start(name) { [self] in run() }
    life.with { if case .unborn = $0 { $0 = .running(waiting: []) } }
  }

  package func stop() {
    isStopping.with { $0 = true }
    bell.ring()
  }

  /// Stops, and returns once the thread serves nobody any more: from then on its handlers' owners may go.
  package func end() async {
    stop()
    await withCheckedContinuation { waiter in
      let isOver = life.with { life in
        guard case .running(let waiting) = life else { return true }
        life = .running(waiting: waiting + [waiter])
        return false
      }
      if isOver { waiter.resume() }
    }
  }

  package var isCurrent: Bool { thread.with { $0 } == Thread.id }

  // MARK: Executor

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let wasEmpty = jobs.with { jobs in
      defer { jobs.append(job) }
      return jobs.isEmpty
    }
    if wasEmpty { bell.ring() }
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  package func checkIsolated() { precondition(isCurrent, "this belongs to its event loop's thread") }

  // MARK: Descriptors

  package func watch(_ file: Int32, _ interest: Epoll.Interest, _ handler: @escaping Handler) throws(SystemFailure) {
    nextToken &+= 1
    try epoll.add(file, interest, token: nextToken)
    watches[nextToken] = Watch(file: file, handler: handler)
    tokens[file] = nextToken
  }

  package func change(_ file: Int32, to interest: Epoll.Interest) {
    guard let token = tokens[file] else { return }
    epoll.modify(file, interest, token: token)
  }

  /// Forgets a descriptor; an event that is already on its way finds nobody.
  package func forget(_ file: Int32) {
    guard let token = tokens.removeValue(forKey: file) else { return }
    watches[token] = nil
    epoll.remove(file)
  }

  // MARK: Timers

  /// Names a timer that can be set again and again.
  package struct TimerID: Hashable, Sendable {
    fileprivate let number: UInt64
  }

  package func makeTimer(_ action: @escaping () -> Void) -> TimerID {
    nextToken &+= 1
    timers[nextToken] = action
    return TimerID(number: nextToken)
  }

  /// Sets when the timer rings; `nil` is never.
  package func set(_ timer: TimerID, to deadline: Instant?) { deadlines.set(timer.number, to: deadline) }

  package func remove(_ timer: TimerID) {
    timers[timer.number] = nil
    deadlines.remove(timer.number)
  }

  // MARK: The loop

  private func run() {
    thread.with { $0 = Thread.id }
    while !isStopping.with({ $0 }) {
      let count = epoll.wait(until: deadlines.next, now: SystemClock.now)
      let began = SystemClock.now
      for index in 0..<count { serve(index) }
      runJobs()
      while let due = deadlines.popDue(at: SystemClock.now) { timers[due]?() }
      turns.observe(Double((SystemClock.now - began).nanoseconds) / 1e9)
    }
    let last = life.with { life in
      defer { life = .over }
      return life
    }
    if case .running(let waiting) = last { for waiter in waiting { waiter.resume() } }
  }

  private func serve(_ index: Int) {
    let token = epoll.token(index)
    guard token != 0 else { return bell.silence() }
    let (isReadable, isWritable) = epoll.happened(index)
    watches[token]?.handler(isReadable, isWritable)
  }

  private func runJobs() {
    let due = jobs.with { jobs in
      defer { jobs = [] }
      return jobs
    }
    for job in due { job.runSynchronously(on: asUnownedSerialExecutor()) }
  }
}
