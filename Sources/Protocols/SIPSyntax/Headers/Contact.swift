/// Where to be reached (RFC 3261 §20.10): a list of addresses, or `*` for all of them in a REGISTER.
package enum Contacts: Hashable, Sendable {
  case addresses([NameAddress])
  case all
}

extension NameAddress {
  /// Seconds that a binding asks for or has left; an unreadable number asks for the default (§10.2.1.1).
  package var expires: UInt32? { parameters["expires"].flatMap { UInt32($0) } }
  /// The same phone under whatever address (RFC 5626 §4.1).
  package var instance: String? { parameters["+sip.instance"] }
  /// Which of the phone's flows (RFC 5626 §4.2).
  package var flowNumber: UInt32? { parameters["reg-id"].flatMap { UInt32($0) } }
}

extension Headers {
  package var contacts: Contacts {
    get throws(SIPSyntaxError) {
      let values = fields.filter { $0.name == .contact }
      if let only = values.first, only.value == [UInt8(ascii: "*")] {
        guard values.count == 1 else { throw SIPSyntaxError(.repeatedHeader, in: .contact, at: only.offset) }
        return .all
      }
      return .addresses(try list(.contact, NameAddress.read))
    }
  }
}
