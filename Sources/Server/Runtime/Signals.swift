import CLinux
import Glibc

/// Signals as something to read, so that no code of ours ever runs inside a signal handler.
package enum Signals {
  /// Blocks the signals that ask for an end, in this thread and all that it starts, and gives a descriptor that tells of them.
  package static func openTermination() throws(SystemFailure) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    var mask = sigset_t()
    sigemptyset(&mask)
    sigaddset(&mask, SIGTERM)
    sigaddset(&mask, SIGINT)
    pthread_sigmask(SIG_BLOCK, &mask, nil)
    let file = signalfd(-1, &mask, Int32(SFD_CLOEXEC))
    guard file >= 0 else { throw SystemFailure("waiting for signals") }
    return file
  }

  /// Waits for the first of them.
  package static func waitForTermination(_ file: Int32) {
    var information = signalfd_siginfo()
    _ = read(file, &information, MemoryLayout<signalfd_siginfo>.size)
  }
}
