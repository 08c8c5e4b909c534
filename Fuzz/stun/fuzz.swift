import ICE
import Wire

private let ours = ICECredentials(usernameFragment: "ours", password: "the-password-of-the-server")
private let theirs = ICECredentials(usernameFragment: "theirs", password: "the-password-of-the-browser")

/// One input is a datagram: no byte may trap the reader or an agent, and what was understood must survive being written again.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = Array(UnsafeBufferPointer(start: start, count: count))
  let source = SocketAddress(.loopback, 9)
  let fragments = STUNMessage.usernameFragments(inRequest: octets)
  precondition((fragments?.local.utf8.count ?? 0) + (fragments?.remote.utf8.count ?? 0) < max(octets.count, 1))
  if let datagram = try? STUNDatagram(parsing: octets) { writeAgain(datagram.message) }
  // A random FINGERPRINT is never right, so the same bytes are tried as the attributes of a sealed message, too.
  if let sealed = try? STUNDatagram(parsing: seal(octets)) {
    precondition(sealed.isAuthentic(password: ours.password))
    writeAgain(sealed.message)
  }

  var agent = LiteAgent(local: ours, remote: theirs, at: Instant())
  for datagram in [octets, seal(octets)] {
    let outputs = agent.receive(datagram, from: source, at: Instant(nanoseconds: 1))
    precondition(outputs.count <= 3)
    for case .send(let answer, to: source) in outputs {
      precondition((try? STUNDatagram(parsing: answer))?.isFingerprinted == true)
    }
  }
  precondition(agent.counters.accepted + agent.counters.refused + agent.counters.ignored == 2)

  var browser = ControllingAgent(local: theirs, remote: ours, randomness: .seeded(1))
  _ = browser.start(candidates: [source], at: Instant())
  precondition(browser.receive(octets, from: source, at: Instant(nanoseconds: 1)).count <= 1)
  return 0
}

private func writeAgain(_ message: STUNMessage) {
  let written = message.encoded(password: ours.password)
  // Both seals and canonical padding may carry a message past a limit; then it is refused, never misread.
  guard let again = try? STUNDatagram(parsing: written) else {
    precondition(written.count > STUNMessage.maximumOctets || message.attributes.count + 2 > STUNMessage.maximumAttributes)
    return
  }
  precondition(again.isAuthentic(password: ours.password) && !again.isAuthentic(password: theirs.password))
  precondition(again.message.kind == message.kind && again.message.transaction == message.transaction)
  precondition(again.message.encoded(password: ours.password) == written)
}

/// The input cut into attributes of a request that bears our seals: type, length and value by the first bytes of each piece.
private func seal(_ octets: [UInt8]) -> [UInt8] {
  var attributes: [STUNAttribute] = [.username(Array("ours:theirs".utf8))]
  var reader = OctetReader(octets)
  while attributes.count < 8, let type = reader.uint16(), let length = reader.uint8() {
    let value = Array(reader.take(min(Int(length), reader.remaining)) ?? [])
    // A second MESSAGE-INTEGRITY before ours would rightly be the one that counts.
    if type != 0x0008 { attributes.append(.other(type: type, value)) }
  }
  return STUNMessage(.request, transaction: STUNTransactionID(high: 1, low: 2), attributes: attributes)
    .encoded(password: ours.password)
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer,
  _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
struct Fuzz {
  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    _ = runDriver(&count, &arguments, fuzzOneInput)
  }
}
