import SIPSyntax
import Wire

/// One phone of an address of record, and the way to it.
package struct Binding: Hashable, Sendable {
  package var contact: NameAddress
  /// Where its REGISTER came from: requests go there, since a contact behind a router names a place that is not ours to reach.
  package var flow: Flow
  package var registeredAt: Instant
  package var expiresAt: Instant
  /// What requests must pass on their way, as `Route` values (RFC 3327).
  package var path: [String] = []
  /// What the phone says that it is (RFC 3261 §20.41), cut to `maximumUserAgent` bytes.
  package var userAgent: String?
  /// The REGISTER that made it (RFC 3261 §10.3, item 7).
  package var callID: String
  package var number: UInt32

  package init(
    contact: NameAddress, flow: Flow, registeredAt: Instant, expiresAt: Instant, path: [String] = [], callID: String,
    number: UInt32, userAgent: String? = nil
  ) {
    self.contact = contact
    self.flow = flow
    self.registeredAt = registeredAt
    self.expiresAt = expiresAt
    self.path = path
    self.callID = callID
    self.number = number
    self.userAgent = userAgent
  }
}

/// What a registrar answers.
package enum RegistrationAnswer: Hashable, Sendable {
  case accepted
  /// 423: the phone wants to come back more often than we like.
  case tooBrief
  /// 500: an older REGISTER that was overtaken (RFC 3261 §10.3, item 7).
  case outOfOrder
  /// 403: more contacts at once, or a longer path, than anybody has.
  case tooMany
  case malformed
}

/// The phones of one address of record (RFC 3261 §10.3).
package struct Bindings: Hashable, Sendable {
  package static let defaultExpiry: UInt32 = 3600
  package static let minimumExpiry: UInt32 = 60
  package static let maximumExpiry: UInt32 = 3600
  /// Phones of one agent; one more takes the place of the one that was silent longest.
  package static let maximumContacts = 8
  package static let maximumPath = 8
  package static let maximumUserAgent = 128
  /// What a phone behind a router gets at most over UDP: the router forgets one that stays silent longer.
  package static let maximumExpiryBehindRouter: UInt32 = 120

  /// In the order in which the phones last registered.
  package private(set) var all: [Binding] = []

  package init() {}

  /// Phones that were bound before a restart, in their order. None stays longer than one that registers now.
  package init(restoring phones: [Binding], at now: Instant) {
    let latest = now + .seconds(Int64(Self.maximumExpiry))
    all = phones.suffix(Self.maximumContacts).map { phone in
      var phone = phone
      phone.expiresAt = min(phone.expiresAt, latest)
      return phone
    }
    expire(at: now)
  }

  package var deadline: Instant? { all.map(\.expiresAt).min() }

  /// One way to each phone: of several flows of one instance, the one that registered last (RFC 5626 §5.3).
  package var phones: [Binding] {
    all.indices.filter { index in
      guard let instance = all[index].contact.instance else { return true }
      return !all[(index + 1)...].contains { $0.contact.instance == instance }
    }.map { all[$0] }
  }

  /// Forgets the phones that were reached over a connection that is gone.
  package mutating func remove(over connection: ConnectionID) { all.removeAll { $0.flow.connection == connection } }

  /// Forgets the phones that did not come back.
  package mutating func expire(at now: Instant) { all.removeAll { $0.expiresAt <= now } }

  /// Does what an authenticated REGISTER asks, wholly or not at all.
  package mutating func apply(_ request: SIPRequest, over flow: Flow, at now: Instant) -> RegistrationAnswer {
    expire(at: now)
    guard let contacts = try? request.headers.contacts, let callID = try? request.headers.callID,
      let number = try? request.headers.cseq.number, let path = try? request.headers.path
    else { return .malformed }
    switch contacts {
    case .all:
      guard request.headers.expires == 0 else { return .malformed }
      guard all.allSatisfy({ $0.callID != callID || $0.number < number }) else { return .outOfOrder }
      all = []
      return .accepted
    case .addresses(let addresses):
      guard addresses.count <= Self.maximumContacts, path.count <= Self.maximumPath else { return .tooMany }
      var changed = self
      for contact in addresses {
        let expires = contact.expires ?? request.headers.expires ?? Self.defaultExpiry
        guard expires == 0 || expires >= Self.minimumExpiry else { return .tooBrief }
        let lifetime = Duration.seconds(Int64(min(expires, Self.longest(contact, flow))))
        let binding = Binding(
          contact: contact, flow: flow, registeredAt: now, expiresAt: now + lifetime,
          path: path.map(\.description), callID: callID, number: number, userAgent: request.headers.shortUserAgent)
        guard changed.set(binding, removing: expires == 0) else { return .outOfOrder }
      }
      self = changed
      return .accepted
    }
  }

  private static func longest(_ contact: NameAddress, _ flow: Flow) -> UInt32 {
    guard !flow.isReliable, case .address(let written)? = contact.uri.sip?.host, written != flow.remote.ip else {
      return maximumExpiry
    }
    return maximumExpiryBehindRouter
  }

  private mutating func set(_ binding: Binding, removing: Bool) -> Bool {
    for known in all where known.isSamePhone(as: binding) {
      guard known.callID != binding.callID || known.number < binding.number else { return false }
    }
    all.removeAll { $0.isSamePhone(as: binding) }
    guard !removing else { return true }
    all.removeAll { $0.isFormerPlace(of: binding) }
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

extension Headers {
  /// `User-Agent` without control characters, cut where it is longer than is kept of it; `nil` for none and for an empty one.
  fileprivate var shortUserAgent: String? {
    var kept = String.UnicodeScalarView()
    var left = Bindings.maximumUserAgent
    for scalar in (self[.userAgent] ?? "").unicodeScalars where scalar.properties.generalCategory != .control {
      left -= UTF8.width(scalar)
      guard left >= 0 else { break }
      kept.append(scalar)
    }
    return kept.isEmpty ? nil : String(kept)
  }
}

extension Binding {
  /// The instance tells a phone that moved, and each of its flows apart; without one the address does (RFC 5626 §6, RFC 3261 §10.2.4).
  package func isSamePhone(as other: Binding) -> Bool {
    if let instance = contact.instance, let theirs = other.contact.instance {
      return instance == theirs && contact.flowNumber == other.contact.flowNumber
    }
    return contact.uri.isEquivalent(to: other.contact.uri)
  }

  /// Whether a phone without an instance has left here for `other`: it goes on with its Call-ID and its user at another place, in a
  /// later REGISTER (docs/departures.md). What one REGISTER lists has one number, and stays.
  fileprivate func isFormerPlace(of other: Binding) -> Bool {
    // Two programs cannot answer at one place: this one was there before.
    if flow == other.flow, callID != other.callID, contact.uri.isEquivalent(to: other.contact.uri) { return true }
    guard contact.instance == nil, other.contact.instance == nil, let mine = contact.uri.sip,
      let theirs = other.contact.uri.sip,
      mine.user != nil
    else { return false }
    return callID == other.callID && number < other.number && mine.escapedUser == theirs.escapedUser
  }
}
