import Wire

/// What an agent makes of a connectivity check that reached it (RFC 8445 §7.3, RFC 8489 §9.1.3).
enum CheckVerdict: Hashable {
  /// Authenticated with our credentials at `session`; the answer still depends on roles.
  case authentic(session: Int)
  case refused(STUNErrorCode, session: Int?)
}

extension STUNDatagram {
  /// Judges a binding request against the credentials that are in force, in the order in which RFC 8489 §9.1.3 and §6.3.1 ask.
  ///
  /// Only our own half of the USERNAME is compared (RFC 8445 §7.3): the peer's half may be newer than what signalling brought us.
  func judged(by sessions: [ICECredentials]) -> CheckVerdict {
    guard claimsIntegrity, let username = message.username else { return .refused(.badRequest, session: nil) }
    let session = sessions.firstIndex { username.starts(with: Array("\($0.usernameFragment):".utf8)) }
    guard let session, isAuthentic(password: sessions[session].password) else {
      return .refused(.unauthenticated, session: nil)
    }
    guard message.unknownAttributes.isEmpty else { return .refused(.unknownAttribute, session: session) }
    return .authentic(session: session)
  }
}

extension STUNMessage {
  func success(reflecting source: SocketAddress) -> STUNMessage {
    STUNMessage(.success, method: method, transaction: transaction, attributes: [.xorMappedAddress(source)])
  }

  func failure(_ code: STUNErrorCode) -> STUNMessage {
    var attributes: [STUNAttribute] = [.errorCode(code)]
    if code == .unknownAttribute { attributes.append(.unknownAttributes(unknownAttributes)) }
    return STUNMessage(.failure, method: method, transaction: transaction, attributes: attributes)
  }
}
