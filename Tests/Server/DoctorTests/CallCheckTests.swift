import Foundation
import Peers
import Testing
import Wire

@testable import Doctor

@Suite("The doctor judges its call, and tells what it found")
struct CallCheckTests {
  private static let ear = CallCheck.Ear(share: 0.99, level: -13, received: 120, lost: 0)

  private func call(_ change: (inout CallCheck) -> Void = { _ in }) -> CallCheck {
    var check = CallCheck(step: .done, answeredAfter: 0.31, roundTrip: 0.42, visitor: Self.ear, phone: Self.ear)
    change(&check)
    return check
  }

  @Test("A call that both ends heard and the log has is well")
  func well() {
    #expect(call().findings.isEmpty)
    #expect(
      call().summary == "registered, answered after 0.3 s, the visitor heard the other at -13 dB, the agent heard the other at "
        + "-13 dB, 0.4 ms to the media port and back, in the call log")
  }

  @Test(
    "Wherever it stops, one sentence says where, and why",
    arguments: [
      (CallCheck.Step.registering, "could not register"), (.connecting, "Socket.IO"), (.routing, "not admitted"),
      (.ringing, "did not ring"), (.answering, "did not begin"), (.media, "ICE or DTLS"),
    ])
  func stuck(step: CallCheck.Step, words: String) {
    let check = CallCheck(step: step, obstacle: "nobody said anything")
    #expect(check.verdict == .failed && check.findings.count == 1 && check.says(words) && check.says(": nobody said anything."))
  }

  @Test("A phone that is told another address than the one it is to use: which, where, and what to do")
  func misdirected() throws {
    func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
    let (right, wrong) = (try address("192.0.2.1"), try address("10.0.0.5"))
    func told(_ via: IPAddress?, _ contact: IPAddress?, _ sound: IPAddress?) throws -> CallCheck {
      let directions = Directions(via: via, contact: contact, sound: sound)
      return call { $0.told = .init(directions: directions, expected: right, phone: .v4(7)) }
    }
    #expect(try told(right, right, right).findings.isEmpty)
    let sound = try told(right, right, wrong)
    #expect(sound.verdict == .failed && sound.says("was told 10.0.0.5 in the SDP's c= where 192.0.2.1 was to be told"))
    #expect(sound.says("--advertise") && sound.says("SIP ALG"))
    #expect(try told(wrong, nil, right).says("10.0.0.5 in Via, no address in Contact where"))
    // Where the call came to nothing for that, both stand there.
    var lost = try told(right, wrong, right)
    (lost.step, lost.obstacle) = (.answering, "nobody acknowledged")
    #expect(lost.findings.count == 2 && lost.says("10.0.0.5 in Contact") && lost.says("did not begin"))
  }

  @Test("To a phone of this network SIP says the address facing it, to one outside the advertised one")
  func directions() throws {
    func service(host: String, advertised: String?) -> Service {
      Service(
        version: "0", data: "/d", host: host, httpPort: 1, sipPort: 2, mediaPorts: [], firstPhonePort: 3, lastPhonePort: 4,
        dialplans: "/p", web: "/w", advertised: advertised, tls: "off", receiveBuffer: 0)
    }
    for (host, advertised, expected) in [
      ("0.0.0.0", "93.184.216.34", "127.0.0.1"), ("10.0.0.5", "93.184.216.34", "10.0.0.5"),
      ("93.184.216.35", "93.184.216.34", "93.184.216.34"), ("93.184.216.35", nil, "93.184.216.35"),
      ("2606:2800::5", "93.184.216.34", "2606:2800::5"),
    ] {
      let service = service(host: host, advertised: advertised)
      #expect(service.told(to: service.reach).description == expected, "\(host)")
    }
  }

  @Test("One-way audio is named by the end that hears nothing")
  func oneWay() {
    #expect(call { $0.visitor.set(\.received, 0) }.says("phone's sound came to the browser: one-way audio"))
    #expect(call { $0.phone = nil }.says("browser's sound came to the phone"))
  }

  @Test("Noise instead of the tone, or hardly any tone, does not come through")
  func tones() {
    #expect(
      call { $0.visitor.set(\.share, 0.49) }.says("49 % of what came to the browser")
        && call { $0.visitor.set(\.share, 0.5) }.verdict == .ok)
    #expect(call { $0.phone.set(\.level, -31) }.verdict == .failed)
  }

  @Test("More than one packet in fifty lost inside a machine is a warning; duplicates are none")
  func loss() {
    #expect(call { $0.phone.set(\.lost, 2) }.verdict == .ok && call { $0.phone.set(\.lost, 3) }.verdict == .warning)
    #expect(call { $0.phone.set(\.lost, -1) }.verdict == .ok)
  }

  @Test("A call that talked and did not end, or is not in the log, failed; the service's own story is shown")
  func end() {
    let check = call { ($0.step, $0.obstacle, $0.story) = (.recording, "no line was written within 5 s", "12:00:01 It rang.") }
    #expect(check.verdict == .failed && check.says("not in the call log: no line") && check.says("12:00:01 It rang."))
    #expect(call { $0.step = .hangingUp }.says("did not end when the visitor hung up"))
  }

  // MARK: What is printed

  @Test("One line a check, each finding with what to do, the worst verdict for the whole")
  func text() throws {
    let diagnosis = Diagnosis([
      CheckReport(ClockCheck(kernel: .synchronised(error: 2), now: 0, lastWrite: nil)),
      CheckReport(FilesCheck(dialplans: "/d", missingPrompts: [], web: "/w", missingPages: ["/w/widget.js"])),
    ])
    #expect(diagnosis.verdict == .failed)
    #expect(
      diagnosis.text == """
        ok       clock  kept right, to within 2.0 ms
        failed   files  dialplans and prompts in /d, pages in /w
                        /w/widget.js cannot be read.
                      → Name the folder of pages with --web, or install the package again.

        1 failure.
        """)
    let again = try JSONDecoder().decode(Diagnosis.self, from: JSONEncoder().encode(diagnosis))
    #expect(again == diagnosis)
    #expect(Diagnosis([]).text.hasSuffix("All is well."))
  }
}

@Suite("The doctor's WebSocket (RFC 6455)")
struct WebSocketFramesTests {
  @Test(
    "Texts of every length come whole, in whatever pieces; a client masks (§5.3)", arguments: [0, 1, 125, 126, 65_535, 65_536])
  func texts(count: Int) throws {
    let text = String(repeating: "x", count: count)
    let length: [UInt8] =
      count < 126
      ? [UInt8(count)] : count < 65_536 ? [126, UInt8(count >> 8), UInt8(count & 255)] : [127, 0, 0, 0, 0, 0, 1, 0, 0]
    let frame = [0x81] + length + Array(text.utf8)
    var frames = WebSocketFrames()
    frames.feed(Array(frame.prefix(3)))
    #expect(try frames.texts() == (frame.count <= 3 ? [text] : []))
    frames.feed(Array(frame.dropFirst(3)) + frame)
    #expect(try frames.texts() == (frame.count <= 3 ? [text] : [text, text]))
    let sent = WebSocketFrames.text(text)
    #expect(sent[0] == 0x81 && sent[1] & 0x80 != 0 && sent.count == frame.count + 4)
  }

  @Test("What is too long, and a goodbye, end it")
  func ends() {
    var long = WebSocketFrames()
    long.feed([0x81, 127, 0, 0, 0, 0, 0x7F, 0, 0, 0])
    #expect(throws: WebLine.Ended.self) { try long.texts() }
    var limit = WebSocketFrames()
    limit.feed([0x81, 127] + UInt64(WebSocketFrames.maximumMessage).octets)
    #expect(throws: Never.self) { try limit.texts() }
    var onePast = WebSocketFrames()
    onePast.feed([0x81, 127] + UInt64(WebSocketFrames.maximumMessage + 1).octets)
    #expect(throws: WebLine.Ended.self) { try onePast.texts() }
    var over = WebSocketFrames()
    over.feed([0x88, 0])
    #expect(throws: WebLine.Ended.self) { try over.texts() }
  }
}
