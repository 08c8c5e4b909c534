/// The code and reason of an error response (RFC 8489 §14.8).
package struct STUNErrorCode: Hashable, Sendable {
  package var number: Int
  package var reason: String

  package init(_ number: Int, _ reason: String) {
    precondition((300...699).contains(number), "STUN error codes run from 300 to 699")
    self.number = number
    self.reason = reason
  }

  package static let badRequest = STUNErrorCode(400, "Bad Request")
  package static let unauthenticated = STUNErrorCode(401, "Unauthenticated")
  package static let unknownAttribute = STUNErrorCode(420, "Unknown Attribute")
  package static let roleConflict = STUNErrorCode(487, "Role Conflict")

  init?(parsing value: ArraySlice<UInt8>) {
    guard value.count >= 4, let hundreds = value.dropFirst(2).first, let rest = value.dropFirst(3).first else { return nil }
    guard (3...6).contains(hundreds & 7), rest < 100 else { return nil }
    number = Int(hundreds & 7) * 100 + Int(rest)
    reason = String(decoding: value.dropFirst(4), as: UTF8.self)
  }

  var value: [UInt8] {
    [0, 0, UInt8(number / 100), UInt8(number % 100)] + Array(reason.utf8)
  }
}
