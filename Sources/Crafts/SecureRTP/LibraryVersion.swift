import CSRTP

/// The libsrtp2 that this program runs with, which may be another one than it was built with.
package enum SRTPLibrary {
  package static var version: String {
    let text = srtp_get_version_string().map { String(cString: $0) } ?? "unknown"
    return text.split(separator: " ").last.map(String.init) ?? text
  }
}
