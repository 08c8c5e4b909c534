import CLinux
import Glibc

/// What a signal asks for.
package enum SignalRequest: Hashable, Sendable {
  case end
  /// SIGHUP: by habit, "read your files again"; from a terminal that closes, "end".
  case hangUp
}

/// Signals as something to read, so that no code of ours ever runs inside a signal handler.
package enum Signals {
  /// Blocks the signals that ask for something, in this thread and all that it starts, and gives a descriptor that tells of them.
  package static func open() throws(SystemFailure) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow (`ulimit -f`) is a write that fails, and no end of all calls.
    signal(SIGXFSZ, SIG_IGN)
    var mask = sigset_t()
    sigemptyset(&mask)
    sigaddset(&mask, SIGTERM)
    sigaddset(&mask, SIGINT)
    // Who starts us with nohup does not want to hear of hangups.
    if !isIgnored(SIGHUP) { sigaddset(&mask, SIGHUP) }
    pthread_sigmask(SIG_BLOCK, &mask, nil)
    let file = signalfd(-1, &mask, Int32(SFD_CLOEXEC))
    guard file >= 0 else { throw SystemFailure("waiting for signals") }
    return file
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var disposition = sigaction()
    guard sigaction(number, nil, &disposition) == 0 else { return false }
    return unsafeBitCast(disposition.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// Waits for the next of them.
  package static func wait(_ file: Int32) -> SignalRequest {
    var information = signalfd_siginfo()
    var count = 0
    repeat { count = read(file, &information, MemoryLayout<signalfd_siginfo>.size) } while count < 0 && errno == EINTR
    return count > 0 && information.ssi_signo == UInt32(SIGHUP) ? .hangUp : .end
  }
}
