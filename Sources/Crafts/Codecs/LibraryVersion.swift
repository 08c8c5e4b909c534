import COpus

/// The libopus that this program runs with, which may be another one than it was built with.
package enum OpusLibrary {
  package static var version: String {
    let text = opus_get_version_string().map { String(cString: $0) } ?? "unknown"
    return text.split(separator: " ").last.map(String.init) ?? text
  }
}
