import Calldocker
import HTTP
import Wire

extension FuzzTarget {
  /// A URL on the first line, and what its server answers: nothing of the URL leaves its place in the request, and an answer is the same
  /// however it is cut.
  static let page: Body = { octets throws(BrokenPromise) in
    let line = octets.prefix { $0 != 0x0A }
    if let address = try? PageAddress(String(decoding: line, as: UTF8.self)) { try check(address) }
    let answer = Array(octets.dropFirst(line.count + 1))
    let whole = try read(answer, piece: max(answer.count, 1))
    for piece in [1, 3, 64] {
      let cut = try read(answer, piece: piece)
      try promise(cut == whole, "an answer does not depend on how it is cut: \(whole) and \(cut)")
    }
  }

  private static func check(_ address: PageAddress) throws(BrokenPromise) {
    try promise(address.target.utf8.first == UInt8(ascii: "/"), "a target is a path: \(address.target)")
    try promise(address.target.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "a target is one word: \(address.target)")
    try promise(HTTPAuthority(address.authority.description) == address.authority, "a host is one: \(address.authority)")
    let again = try? PageAddress("\(address.scheme.rawValue)://\(address.authority)\(address.target)")
    try promise(again == address, "what was read is read again: \(address)")
  }

  /// What an answer comes to, and what its end comes to.
  private static func read(_ octets: [UInt8], piece: Int) throws(BrokenPromise) -> HTTPAnswer.Progress {
    let most = 200
    var answer = HTTPAnswer(maximumBody: most)
    for start in stride(from: 0, to: octets.count, by: piece) {
      switch answer.receive(Array(octets[start..<min(start + piece, octets.count)])) {
      case .wantsMore: continue
      case .whole(let status, let body):
        try promise(body.count <= most && (200...599).contains(status), "a page keeps to its limit")
        return .whole(status: status, body: body)
      // Which of two faults is seen first may depend on what has come.
      case .broken: return .broken("")
      }
    }
    if case .whole(let status, let body) = answer.end() { return .whole(status: status, body: body) }
    return .broken("")
  }
}
