import Cryptography
import SDP
import Wire

private let origin = Origin(session: 1, version: 1, address: .loopback)

/// One input is a description: what was read must survive being written, and whatever we answer must be readable, section for section.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  guard let offered = try? SessionDescription(parsing: text) else { return 0 }
  survives(offered, offered.description.utf8.count <= SessionDescription.maximumBytes)
  if let offer = try? BrowserOffer(offered) {
    var answer = BrowserAnswer(
      usernameFragment: "ours", password: "the-password-of-the-server", fingerprint: offer.fingerprints[0],
      candidates: [SocketAddress(.loopback, 7000)], origin: origin, stream: "s")
    answer.ssrc = 1
    let description = answer.description(for: offer)
    precondition(description.media.map { $0.attributes.value("mid") } == offered.media.map { $0.attributes.value("mid") })
    answers(description, offered)
  }
  if let phone = try? PhoneDescription(offered) {
    let session = PhoneSession(origin: origin, local: SocketAddress(.loopback, 7000))
    if let answer = try? session.answer(to: phone) { answers(answer, offered) }
  }
  return 0
}

private func survives(_ description: SessionDescription, _ fits: Bool = true) {
  let again = try? SessionDescription(parsing: description.description)
  // What we add for strictness may carry a description at a limit past it.
  precondition(again == description || again == nil && !fits || hasManyLines(description))
}

private func hasManyLines(_ description: SessionDescription) -> Bool {
  let lines = description.media.reduce(description.attributes.count) { $0 + $1.attributes.count + 2 }
  return lines + 6 > SessionDescription.maximumLines
}

private func answers(_ answer: SessionDescription, _ offered: SessionDescription) {
  precondition(answer.media.map(\.kind) == offered.media.map(\.kind))
  precondition(answer.media.map(\.proto) == offered.media.map(\.proto))
  precondition(answer.media.filter { $0.port != 0 }.count == 1)
  survives(answer, answer.description.utf8.count <= SessionDescription.maximumBytes)
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
