/// One parser or machine that bytes from outside reach, and what must hold whatever they are.
///
/// A body is called by libFuzzer (`./dev fuzz NAME SECONDS`) and, with every file below `Fuzz/NAME`, by the ordinary tests.
package struct FuzzTarget: Sendable, CustomStringConvertible {
  package typealias Body = @Sendable ([UInt8]) throws(BrokenPromise) -> Void

  /// Also the name of its folder in `Fuzz/`.
  package let name: String
  /// Mutations of the seeds that the ordinary tests try: fewer where one costs more.
  package let mutations: Int
  package let run: Body

  init(_ name: String, mutations: Int = 400, _ run: @escaping Body) {
    self.name = name
    self.mutations = mutations
    self.run = run
  }

  package var description: String { name }

  package static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

  package static let all = [
    FuzzTarget("sip", sip), FuzzTarget("sip-uri", sipURI), FuzzTarget("digest", digest), FuzzTarget("sdp", sdp),
    FuzzTarget("stun", stun), FuzzTarget("rtp", rtp), FuzzTarget("http", http), FuzzTarget("page", page),
    FuzzTarget("websocket", webSocket),
    FuzzTarget("socketio", socketIO), FuzzTarget("events", events), FuzzTarget("dtls", mutations: 60, dtls),
    FuzzTarget("srtp", srtp), FuzzTarget("wav", mutations: 100, wav), FuzzTarget("exchange", mutations: 150, exchange),
    FuzzTarget("media", mutations: 80, media), FuzzTarget("config", config), FuzzTarget("tls", mutations: 60, tls),
    FuzzTarget("storage", storage), FuzzTarget("sip-stream", sipStream), FuzzTarget("access", access), FuzzTarget("api", api),
    FuzzTarget("dialplan", mutations: 200, dialplan),
    FuzzTarget("zone", zone), FuzzTarget("extension", `extension`), FuzzTarget("times", times),
    FuzzTarget("menus", mutations: 60, menus),
    FuzzTarget("dialplan-text", dialplanText), FuzzTarget("dialplan-expression", dialplanExpression),
    FuzzTarget("regular-expression", regularExpression),
  ]
}

/// A promise that some input broke.
package struct BrokenPromise: Error, CustomStringConvertible {
  package let description: String
}

/// Throws where something that must always hold does not.
func promise(
  _ holds: Bool, _ text: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) throws(BrokenPromise) {
  guard !holds else { return }
  throw BrokenPromise(description: "\(file):\(line): broken promise: \(text())")
}

/// An input read as a list of decisions; past its end every decision is zero.
struct Decisions {
  private let octets: [UInt8]
  private var position = 0

  init(_ octets: [UInt8]) { self.octets = octets }

  var isAtEnd: Bool { position >= octets.count }

  mutating func octet() -> UInt8 {
    guard position < octets.count else { return 0 }
    defer { position += 1 }
    return octets[position]
  }

  /// One of `0..<limit`.
  mutating func below(_ limit: Int) -> Int { Int(octet()) % limit }

  mutating func uint16() -> UInt16 { UInt16(octet()) << 8 | UInt16(octet()) }

  mutating func flag() -> Bool { octet() & 1 == 1 }

  /// Bytes behind a length of two bytes, cut where the input ends.
  mutating func block() -> [UInt8] {
    let count = Int(uint16())
    defer { position = min(position + count, octets.count) }
    return Array(octets[position..<min(position + count, octets.count)])
  }

  mutating func rest() -> [UInt8] {
    defer { position = octets.count }
    return Array(octets[min(position, octets.count)...])
  }
}
