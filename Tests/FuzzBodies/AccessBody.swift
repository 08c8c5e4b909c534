import Calldocker
import HTTP
import SIPSyntax
import Wire

extension FuzzTarget {
  /// Three lines, `Authorization`, `Origin` and `X-Forwarded-For`, and a body behind them: what a stranger writes proves nothing, names
  /// no page and no address that it is not, and is read as it is written.
  static let access: Body = { octets throws(BrokenPromise) in
    let parts = octets.split(separator: 0x0A, maxSplits: 3, omittingEmptySubsequences: false)
    let lines = parts.map { String(decoding: $0, as: UTF8.self) } + Array(repeating: "", count: 4)
    try token(lines[0])
    try origin(lines[1])
    try source(lines[2])
    try body(parts.count > 3 ? Array(parts[3]) : [])
  }

  private static func token(_ field: String) throws(BrokenPromise) {
    let request = HTTPRequest(method: "GET", path: "/", headers: [("Authorization", field)])
    let shown = request.headers["Authorization"] ?? ""
    let token: String
    do throws(Denial) {
      token = try Reception.token(of: request)
    } catch {
      try promise(error.problem.status == 401, "who shows nothing hears 401")
      return
    }
    try promise(token.utf8.count <= TokenSeal.maximumBytes && shown.contains(token), "a token is what was shown")
    let seal = TokenSeal(key: Array(repeating: 7, count: 32))
    guard let claims = try? seal.read(token, now: 1_000_000) else { return }
    // Only what this seal signed is read: the seeds have one such token.
    try promise((try? seal.read(seal.sign(claims), now: 1_000_000)) == claims, "what is read can be signed again")
    try promise(claims.user == "alice" && claims.expiresAt > 1_000_000, "nobody forges a token: \(claims)")
  }

  private static func origin(_ field: String) throws(BrokenPromise) {
    guard let origin = HTTPOrigin(field) else { return }
    let text = origin.description
    try promise(HTTPOrigin(text) == origin, "an origin is read as it is written: \(text)")
    try promise(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }, "an origin is one word: \(text)")
    try promise(origin.isAt(origin.authority), "a page is at home where it is")
    let settings = TenantSettings.text("{}", changedBy: TenantSettings.Change(allowedOrigins: [origin]))
    try promise(TenantSettings(kept: settings).allowedOrigins == [origin], "an origin is kept as it is: \(settings)")
  }

  private static func source(_ field: String) throws(BrokenPromise) {
    guard let stranger = IPAddress("192.0.2.99") else { return }
    let proxies = TrustedProxies(addresses: [.loopback])
    let plain = HTTPRequest(method: "GET", path: "/", headers: [("X-Forwarded-For", field)])
    try promise(proxies.source(of: plain, from: stranger) == stranger, "who is not trusted speaks for itself")
    for suffix in ["192.0.2.99", "192.0.2.99,127.0.0.1", "192.0.2.99:1 , 127.0.0.1"] {
      let request = HTTPRequest(method: "GET", path: "/", headers: [("X-Forwarded-For", "\(field),\(suffix)")])
      let source = proxies.source(of: request, from: .loopback)
      try promise(source == stranger, "what stands before a proxy's word is nobody's: \(source)")
    }
  }

  private static func body(_ octets: [UInt8]) throws(BrokenPromise) {
    let text = String(decoding: octets, as: UTF8.self)
    let changed = TenantSettings.text(text, changedBy: TenantSettings.Change(digest: .sha256))
    try promise(TenantSettings(kept: changed).digest == .sha256, "settings take a change, whatever they were: \(changed)")
    try promise(
      TenantSettings(kept: changed).allowedOrigins == TenantSettings(kept: text).allowedOrigins,
      "and leave what it does not name")
    guard let json = JSON(parsing: octets) else { return }
    try promise(JSON(parsing: Array(json.text.utf8)) == json, "a body is read as it is written")
  }
}
