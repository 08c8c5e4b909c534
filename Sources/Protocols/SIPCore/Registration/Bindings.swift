import SIPSyntax
import Wire

/// One phone of an address of record, and the way to it.
package struct Binding: Hashable, Sendable {
  package var contact: NameAddress
  /// Where its REGISTER came from: requests go there, since a contact behind a router names a place that is not ours to reach.
  package var flow: Flow
  package var expiresAt: Instant
  var callID: String
  var number: UInt32
}

/// What a registrar answers.
package enum RegistrationAnswer: Hashable, Sendable {
  case accepted
  /// 423: the phone wants to come back more often than we like.
  case tooBrief
  /// 500: an older REGISTER that was overtaken (RFC 3261 §10.3, item 7).
  case outOfOrder
  case malformed
}

/// The phones of one address of record (RFC 3261 §10.3).
package struct Bindings: Hashable, Sendable {
  package static let defaultExpiry: UInt32 = 3600
  package static let minimumExpiry: UInt32 = 60
  package static let maximumExpiry: UInt32 = 3600
  /// Phones of one agent; one more takes the place of the one that was silent longest.
  package static let maximumContacts = 8

  /// In the order in which the phones last registered.
  package private(set) var all: [Binding] = []

  package init() {}

  package var deadline: Instant? { all.map(\.expiresAt).min() }

  /// Forgets the phones that did not come back.
  package mutating func expire(at now: Instant) { all.removeAll { $0.expiresAt <= now } }

  /// Does what an authenticated REGISTER asks, wholly or not at all.
  package mutating func apply(_ request: SIPRequest, over flow: Flow, at now: Instant) -> RegistrationAnswer {
    expire(at: now)
    guard let contacts = try? request.headers.contacts, let callID = try? request.headers.callID,
      let number = try? request.headers.cseq.number
    else { return .malformed }
    switch contacts {
    case .all:
      guard request.headers.expires == 0 else { return .malformed }
      guard all.allSatisfy({ $0.callID != callID || $0.number < number }) else { return .outOfOrder }
      all = []
      return .accepted
    case .addresses(let addresses):
      var changed = self
      for contact in addresses {
        let expires = contact.expires ?? request.headers.expires ?? Self.defaultExpiry
        guard expires == 0 || expires >= Self.minimumExpiry else { return .tooBrief }
        let lifetime = Duration.seconds(Int64(min(expires, Self.maximumExpiry)))
        let binding = Binding(contact: contact, flow: flow, expiresAt: now + lifetime, callID: callID, number: number)
        guard changed.set(binding, removing: expires == 0) else { return .outOfOrder }
      }
      self = changed
      return .accepted
    }
  }

  private mutating func set(_ binding: Binding, removing: Bool) -> Bool {
    if let known = all.firstIndex(where: { $0.isSamePhone(as: binding) }) {
      guard all[known].callID != binding.callID || all[known].number < binding.number else { return false }
      all.remove(at: known)
    }
    guard !removing else { return true }
    if all.count == Self.maximumContacts { all.removeFirst() }
    all.append(binding)
    return true
  }

  /// The Contact values of a 200: every phone and the seconds it has left.
  package func contactValues(at now: Instant) -> [String] {
    all.map { binding in
      var contact = binding.contact
      contact.parameters["expires"] = String(max(0, (binding.expiresAt - now).milliseconds + 999) / 1000)
      return contact.description
    }
  }
}

extension Binding {
  /// The instance tells a phone that moved; without one the address does (RFC 5626 §4.1, RFC 3261 §10.2.4).
  fileprivate func isSamePhone(as other: Binding) -> Bool {
    if let instance = contact.instance, let theirs = other.contact.instance { return instance == theirs }
    return contact.uri.isEquivalent(to: other.contact.uri)
  }
}
