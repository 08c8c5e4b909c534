import CLinux
import Glibc
import Wire

/// Waits for descriptors, each known by a token.
package struct Epoll: ~Copyable {
  package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let readable = Interest(rawValue: EPOLLIN.rawValue)
    package static let writable = Interest(rawValue: EPOLLOUT.rawValue)
  }

  /// Events that one wait can bring.
  package static let batch = 256

  private let descriptor: Int32
  private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: batch)

  package init() throws(SystemFailure) {
    descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw SystemFailure("making an epoll descriptor") }
  }

  deinit {
    close(descriptor)
    events.deallocate()
  }

  package func add(_ file: Int32, _ interest: Interest, token: UInt64) throws(SystemFailure) {
    guard control(EPOLL_CTL_ADD, file, interest, token) == 0 else { throw SystemFailure("waiting for a descriptor") }
  }

  package func modify(_ file: Int32, _ interest: Interest, token: UInt64) { _ = control(EPOLL_CTL_MOD, file, interest, token) }

  package func remove(_ file: Int32) { _ = control(EPOLL_CTL_DEL, file, [], 0) }

  private func control(_ operation: Int32, _ file: Int32, _ interest: Interest, _ token: UInt64) -> Int32 {
    var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: token))
    return epoll_ctl(descriptor, operation, file, &event)
  }

  /// Waits until something happens or `deadline` comes; says how many tokens `token(_:)` now knows.
  package func wait(until deadline: Instant?, now: Instant) -> Int {
    let timeout = deadline.map { Self.milliseconds($0 - now) } ?? -1
    return Int(max(0, epoll_wait(descriptor, events, Int32(Self.batch), timeout)))
  }

  /// Rounded up, so that a deadline has come when the wait ends.
  private static func milliseconds(_ duration: Duration) -> Int32 {
    Int32(clamping: max(0, (duration.nanoseconds + 999_999) / 1_000_000))
  }

  package func token(_ index: Int) -> UInt64 { events[index].data.u64 }
  package func happened(_ index: Int) -> (isReadable: Bool, isWritable: Bool) {
    let bits = events[index].events
    let isBroken = bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
    return (isBroken || bits & EPOLLIN.rawValue != 0, isBroken || bits & EPOLLOUT.rawValue != 0)
  }
}

/// Wakes a thread that waits in an `Epoll`, from any other.
package struct WakeDescriptor: Sendable {
  package let file: Int32

  package init() throws(SystemFailure) {
    file = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard file >= 0 else { throw SystemFailure("making an eventfd") }
  }

  package func close() { Glibc.close(file) }

  package func ring() { eventfd_write(file, 1) }

  package func silence() {
    var count: eventfd_t = 0
    eventfd_read(file, &count)
  }
}
