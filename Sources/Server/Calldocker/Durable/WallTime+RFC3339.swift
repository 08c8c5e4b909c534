import Foundation
import Storage

extension WallTime {
  /// RFC 3339 in UTC with milliseconds: `2026-11-24T13:47:52.123Z`.
  var rfc3339: String {
    let thousandths = String(1000 + ((milliseconds % 1000) + 1000) % 1000).dropFirst()
    let seconds = Double(milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000)
    let text = Date(timeIntervalSince1970: seconds).formatted(.iso8601)
    return "\(text.dropLast()).\(thousandths)Z"
  }
}
