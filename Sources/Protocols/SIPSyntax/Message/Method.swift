/// What a request asks for: a case-sensitive token (RFC 3261 §7.1).
package struct Method: Hashable, Sendable, CustomStringConvertible {
  package let token: String

  /// `nil` unless `token` is one by the grammar of §25.1.
  package init?(_ token: String) {
    guard ByteSet.token.containsAll(token.utf8), !token.isEmpty else { return nil }
    self.token = token
  }

  init?(_ bytes: Bytes) {
    if let known = Self.known.first(where: { $0.token.utf8.elementsEqual(bytes) }) {
      self = known
    } else {
      self.init(String(decoding: bytes, as: UTF8.self))
    }
  }

  private init(known token: String) { self.token = token }

  package var description: String { token }

  package static let invite = Method(known: "INVITE")
  package static let ack = Method(known: "ACK")
  package static let bye = Method(known: "BYE")
  package static let cancel = Method(known: "CANCEL")
  package static let register = Method(known: "REGISTER")
  package static let options = Method(known: "OPTIONS")
  /// RFC 6086.
  package static let info = Method(known: "INFO")
  /// RFC 3262.
  package static let prack = Method(known: "PRACK")
  /// RFC 3311.
  package static let update = Method(known: "UPDATE")
  /// RFC 3515.
  package static let refer = Method(known: "REFER")
  /// RFC 6665.
  package static let subscribe = Method(known: "SUBSCRIBE")
  /// RFC 6665.
  package static let notify = Method(known: "NOTIFY")
  /// RFC 3428.
  package static let message = Method(known: "MESSAGE")
  /// RFC 3903.
  package static let publish = Method(known: "PUBLISH")

  private static let known: [Method] = [
    .register, .invite, .ack, .bye, .options, .cancel, .info, .prack, .update, .refer, .subscribe, .notify, .message, .publish,
  ]
}
