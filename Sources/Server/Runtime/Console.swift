import Glibc

/// What a command says to whoever started it, written at once.
package enum Console {
  /// To standard output: results, and nothing else.
  package static func write(_ text: String) throws(SystemFailure) { try write(text, to: STDOUT_FILENO) }

  /// To standard error; that it cannot be written is nothing that could be said anywhere.
  package static func complain(_ text: String) { try? write(text + "\n", to: STDERR_FILENO) }

  private static func write(_ text: String, to file: Int32) throws(SystemFailure) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw SystemFailure("writing the result") }
      rest = rest.dropFirst(count)
    }
  }
}
