import Foundation
import Runtime

/// Makes passwords' slow digests on threads of its own: neither an event loop nor the pool of Swift's tasks may be kept so long.
final class PasswordHashing: Sendable {
  /// Passwords that are hashed or wait for it; whoever comes then is told to come again.
  static let maximumUnderWay = 16
  /// When whoever was sent away may come again, in seconds: a few digests later.
  static let retryAfter = 3

  private struct State {
    var waiting: [@Sendable () -> Void] = []
    var threads = 0
    var underWay = 0
  }
  private let state = Locked(State())
  private let make: @Sendable (_ password: String, _ salt: [UInt8]) -> Accounts.Secret
  /// Half of the cores: media has the others, even while somebody tries passwords.
  private let maximumThreads = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)

  init(_ make: @escaping @Sendable (String, [UInt8]) -> Accounts.Secret = { Accounts.Secret(password: $0, salt: $1) }) {
    self.make = make
  }

  /// Whether one more would be taken now.
  var hasRoom: Bool { state.with { $0.underWay < Self.maximumUnderWay } }

  /// `nil` when too many are under way already.
  func secret(_ password: String, salt: [UInt8]) async -> Accounts.Secret? {
    await withCheckedContinuation { continuation in
      let needsThread: Bool? = state.with { state in
        guard state.underWay < Self.maximumUnderWay else { return nil }
        state.underWay += 1
        state.waiting.append { [make] in continuation.resume(returning: make(password, salt)) }
        guard state.threads < maximumThreads else { return false }
        state.threads += 1
        return true
      }
      switch needsThread {
      case nil: continuation.resume(returning: nil)
      case true?: startThread()
      case false?: break
      }
    }
  }

  private func startThread() {
    do throws(SystemFailure) {
      try Thread.start("passwords") { [self] in work() }
    } catch {
      // The machine has no thread to spare; this one is, if nobody else is at work.
      work()
    }
  }

  private func work() {
    while let job = next() {
      job()
      state.with { $0.underWay -= 1 }
    }
  }

  private func next() -> (@Sendable () -> Void)? {
    state.with { state in
      guard !state.waiting.isEmpty else {
        state.threads -= 1
        return nil
      }
      return state.waiting.removeFirst()
    }
  }
}
