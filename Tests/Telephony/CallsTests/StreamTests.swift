import ICE
import SIPCore
import SIPSyntax
import Testing
import Wire

@testable import Calls

@Suite("Phones over TCP (RFC 3261 §18, RFC 5626)")
struct StreamTests {
  private let flow = SignallingLine.tcp(1)
  private let one = ConnectionID(1)

  /// A line on which alice's phone talks over TCP.
  private func talking() throws -> (line: SignallingLine, call: CallID, dialog: Dialog) {
    var line = try SignallingLine()
    _ = line.connect(flow)
    #expect(line.register("alice", over: flow).answer?.status == .ok)
    let (call, outputs) = line.call()
    let invite = try #require(requests(line.openLegs(outputs)).first)
    let answered = line.send(SignallingLine.accepting(invite, over: flow).serialized(), over: flow)
    #expect(requests(answered).map(\.method) == [.ack])
    return (line, try #require(call), try #require(Dialog(callee: invite, tag: "phone")))
  }
  private func bye(_ dialog: Dialog, over flow: Flow) -> [UInt8] {
    var dialog = dialog
    return dialog.request(.bye, via: flow.reversed.via(branch: "z9hG4bKbye")).serialized()
  }

  @Test("What comes by a connection is answered over it; our Via and Contact say TCP there")
  func addresses() throws {
    var line = try SignallingLine()
    _ = line.connect(flow)
    let (answer, _, registered) = line.register("alice", over: flow)
    #expect(answer?.status == .ok)
    #expect(registered.contains { if case .stream(_, one) = $0 { true } else { false } })
    let outputs = line.openLegs(line.call().outputs)
    let invite = try #require(requests(outputs).first)
    #expect(outputs.contains { if case .stream(_, one) = $0 { true } else { false } })
    #expect(try invite.headers.topVia.transport == "TCP")
    #expect(invite.headers[.contact] == "<sip:calldocker@192.0.2.1:5060;transport=tcp>")
    #expect(!line.wait(.seconds(20)).contains { if case .stream = $0 { true } else { false } }, "and it is sent once")
  }

  @Test("A connection that ends takes its phones along, and what rang there rings at the next agent")
  func closed() throws {
    var line = try SignallingLine()
    _ = line.connect(flow)
    _ = line.register("alice", over: flow)
    _ = line.register("bob", over: SignallingLine.udp(.v4(0xCB00_7101)))
    _ = line.openLegs(line.call().outputs)
    let outputs = line.exchange.connectionClosed(one, at: line.now)
    #expect(requests(line.openLegs(outputs)).map(\.method) == [.invite], "bob's turn")
    #expect(
      line.exchange.tenant(line.tenant)?.agents.values.filter { !$0.phones.all.isEmpty }.map(\.name.description) == ["bob"])
    #expect(line.exchange.connectionClosed(one, at: line.now).isEmpty, "and it ends once")
  }

  @Test("A late answer over a new connection is thanked and hung up there")
  func late() throws {
    var line = try SignallingLine()
    _ = line.connect(flow)
    _ = line.register("alice", over: flow)
    let invite = try #require(requests(line.openLegs(line.call().outputs)).first)
    _ = line.exchange.connectionClosed(one, at: line.now)
    let second = SignallingLine.tcp(2)
    _ = line.connect(second)
    let outputs = line.send(SignallingLine.accepting(invite, over: second).serialized(), over: second)
    #expect(requests(outputs).map(\.method) == [.ack, .bye])
    let said = outputs.filter { if case .flight = $0 { false } else { true } }
    #expect(said.allSatisfy { if case .stream(_, ConnectionID(2)) = $0 { true } else { false } })
  }

  @Test("A call outlives its connection: the phone's next request, or its next registration, says where it is now")
  func moved() throws {
    var (line, call, dialog) = try talking()
    _ = line.exchange.connectionClosed(one, at: line.now)
    #expect(line.exchange.callCount == 1)
    let second = SignallingLine.tcp(2)
    _ = line.connect(second)
    var options = dialog.request(.options, via: second.reversed.via(branch: "z9hG4bKo"))
    options.headers.append(.contact, second.reversed.contact(user: "alice").description)
    #expect(responses(line.send(options.serialized(), over: second)).map(\.status) == [.ok])
    let outputs = line.exchange.hangUp(VisitorID(1), call, at: line.now)
    #expect(requests(outputs).map(\.method) == [.bye])
    #expect(outputs.contains { if case .stream(_, ConnectionID(2)) = $0 { true } else { false } })

    (line, call, dialog) = try talking()
    _ = line.exchange.connectionClosed(one, at: line.now)
    _ = line.connect(second)
    // The phone is known by its Contact, which names the same place.
    #expect(line.register("alice", over: second, number: 2).answer?.status == .ok)
    #expect(requests(line.exchange.hangUp(VisitorID(1), call, at: line.now)).map(\.method) == [.bye])
  }

  @Test("A request in a dialog counts from where its phone is, at any port; elsewhere the phone registers first")
  func stranger() throws {
    var (line, _, dialog) = try talking()
    let elsewhere = SignallingLine.tcp(2, .v4(0xCB00_7101))
    _ = line.connect(elsewhere)
    let refused = responses(line.send(bye(dialog, over: elsewhere), over: elsewhere))
    #expect(refused.map(\.status) == [.callOrTransactionDoesNotExist])
    var invite = dialog.request(.invite, via: elsewhere.reversed.via(branch: "z9hG4bKi"))
    invite.headers.append(.contact, elsewhere.reversed.contact(user: "alice").description)
    #expect(responses(line.send(invite.serialized(), over: elsewhere)).map(\.status) == [.callOrTransactionDoesNotExist])
    #expect(line.exchange.callCount == 1)
    #expect(line.register("alice", over: elsewhere, number: 2).answer?.status == .ok)
    var options = dialog.request(.options, via: elsewhere.reversed.via(branch: "z9hG4bKo"))
    options.headers.append(.contact, elsewhere.reversed.contact(user: "alice").description)
    #expect(responses(line.send(options.serialized(), over: elsewhere)).map(\.status) == [.ok])
    var later = dialog.request(.bye, via: elsewhere.reversed.via(branch: "z9hG4bKlater"))
    later.headers.append(.contact, elsewhere.reversed.contact(user: "alice").description)
    #expect(responses(line.send(later.serialized(), over: elsewhere)).map(\.status) == [.ok])
    #expect(line.exchange.callCount == 0)
  }

  @Test("A forged refusal ends no call: not while it rings, nor with the 2xx of a phone that nobody waits for")
  func forged() throws {
    var line = try SignallingLine(agents: ["alice"])
    let phone = SignallingLine.udp()
    let thief = SignallingLine.udp(.v4(0xCB00_7109))
    #expect(line.register("alice", over: phone).answer?.status == .ok)
    let (call, outputs) = line.call()
    let invite = try #require(requests(line.openLegs(outputs)).first)
    let refusal = SIPResponse(to: invite, .decline, toTag: "x")
    #expect(messages(line.send(refusal.serialized(), over: thief)).isEmpty && line.exchange.callCount == 1)
    #expect(line.exchange.strays[.address] == 1)
    let ringing = SIPResponse(to: invite, .ringing, toTag: "phone")
    _ = line.send(ringing.serialized(), over: SignallingLine.udp(port: 61_000))
    _ = line.exchange.hangUp(VisitorID(1), try #require(call), at: line.now)
    // Nobody waits for this INVITE any more, and a 2xx to it is hung up: but only where it was asked.
    let late = SignallingLine.accepting(invite, over: thief).serialized()
    _ = line.wait(.seconds(40))
    #expect(messages(line.send(late, over: thief)).isEmpty && line.exchange.strays[.address] == 2)
  }

  @Test("With nowhere to go a BYE is lost and counted; no connection is ever opened to a phone")
  func lost() throws {
    var (line, call, _) = try talking()
    _ = line.exchange.connectionClosed(one, at: line.now)
    let outputs = line.exchange.hangUp(VisitorID(1), call, at: line.now)
    #expect(messages(outputs).isEmpty)
    #expect(line.exchange.edge.lostWithConnection == 1)
    _ = line.wait(.seconds(200))
    #expect(line.exchange.deadline == nil && line.exchange.census == Exchange.Census())
  }

  @Test("A call keeps its connection although nobody is registered over it any more")
  func retained() throws {
    var (line, _, dialog) = try talking()
    #expect(line.register("alice", over: flow, number: 3, expires: 0).answer?.status == .ok)
    #expect(!line.wait(.seconds(300)).contains(.close(one)))
    #expect(responses(line.send(bye(dialog, over: flow), over: flow)).map(\.status) == [.ok])
    #expect(line.wait(.seconds(121)).contains(.close(one)), "and loses it after the call")
    #expect(line.exchange.edge.connectionsEnded == 1)
  }

  @Test("A registered connection lives as long as its registration and a margin; a byte a second ends any")
  func lifetime() throws {
    var line = try SignallingLine()
    _ = line.connect(flow)
    _ = line.register("alice", over: flow, expires: 600)
    #expect(!line.wait(.seconds(600) + Connections.margin - .seconds(1)).contains(.close(one)))
    #expect(line.wait(.seconds(1)).contains(.close(one)))
    let second = SignallingLine.tcp(2)
    _ = line.connect(second)
    for _ in 0..<19 {
      _ = line.send([0x41], over: second)
      #expect(!line.wait(.seconds(1)).contains(.close(ConnectionID(2))))
    }
    #expect(line.wait(.seconds(1)).contains(.close(ConnectionID(2))))
    #expect(line.exchange.census == Exchange.Census())
  }

  @Test("A ping has its pong; a broken stream has its 400 and its end")
  func stream() throws {
    var line = try SignallingLine()
    _ = line.connect(flow)
    #expect(line.send(Array("\r\n\r\n".utf8), over: flow) == [.stream(Array("\r\n".utf8), one)])
    let options = line.request(.options, to: "alice", over: flow, number: 1).serialized()
    let broken = Array(String(decoding: options, as: UTF8.self).replacing("Content-Length: 0\r\n", with: "").utf8)
    let outputs = line.send(broken, over: flow)
    #expect(responses(outputs).map(\.status) == [.badRequest] && outputs.last == .close(one))
    #expect(line.send(options, over: flow).isEmpty)
    #expect(line.exchange.census == Exchange.Census())
  }

  @Test("A STUN keep-alive over UDP is told where it came from; what is no request for that hears nothing (RFC 5626 §8)")
  func keepAlive() throws {
    var line = try SignallingLine()
    let home = SignallingLine.udp(port: 1024)
    let transaction = STUNTransactionID(high: 1, low: 2)
    let outputs = line.send(STUNMessage(.request, transaction: transaction).encoded(password: nil), over: home)
    guard case .datagram(let octets, home)? = outputs.first else {
      Issue.record("\(outputs)")
      return
    }
    let answer = try STUNDatagram(parsing: octets).message
    #expect(answer.kind == .success && answer.transaction == transaction && answer.mappedAddress == home.remote)
    #expect(line.send(answer.encoded(password: nil), over: home).isEmpty, "two servers never answer each other")
    #expect(line.send(Array("\r\n\r\n".utf8), over: home).isEmpty)
  }

  @Test("A connection past the limit is closed at once and counted")
  func limit() throws {
    var line = try SignallingLine()
    for number in 1...UInt64(Connections.maximumPerSource) { #expect(line.connect(SignallingLine.tcp(number)).isEmpty) }
    let number = UInt64(Connections.maximumPerSource) + 1
    #expect(line.connect(SignallingLine.tcp(number)) == [.close(ConnectionID(number))])
    #expect(line.exchange.edge.connectionsRefused == 1)
  }

  @Test("To a phone over IPv6 everything of ours is IPv6, in brackets where they belong (RFC 5118)", arguments: [false, true])
  func versionSix(overTCP: Bool) throws {
    var line = try SignallingLine()
    let six = IPAddress.v6(high: 0x2001_0DB8 << 32, low: 5)
    let flow = Flow(
      remote: SocketAddress(six, 5060), local: SocketAddress(.v6(high: 0x2001_0DB8 << 32, low: 1), 5060),
      transport: overTCP ? .tcp(one) : .udp)
    if overTCP { _ = line.connect(flow) }
    let (answer, _, _) = line.register("alice", over: flow)
    #expect(answer?.status == .ok)
    #expect(try answer?.headers.topVia.received == six)
    let invite = try #require(requests(line.openLegs(line.call().outputs)).first)
    #expect(try invite.headers.topVia.sentBy.description == "[2001:db8::1]:5060")
    #expect(invite.headers[.contact]?.hasPrefix("<sip:calldocker@[2001:db8::1]:5060") == true)
    let lines = String(decoding: invite.body, as: UTF8.self).split(separator: "\r\n")
    #expect(
      lines.contains("c=IN IP6 2001:db8::1") && lines.contains { $0.hasPrefix("o=- ") && $0.hasSuffix("IN IP6 2001:db8::1") })
  }

  @Test(
    "An INVITE fits into 1300 bytes; one that a long name or path makes larger still goes by the phone's own UDP (docs/departures.md)"
  )
  func large() throws {
    var line = try SignallingLine()
    let home = SignallingLine.udp()
    _ = line.register("alice", over: home)
    let usual = try #require(requests(line.openLegs(line.call().outputs)).first)
    #expect(usual.serialized().count < 1300, "\(usual.serialized().count)")
    _ = line.register("bob", over: home) {
      $0.headers.append(.path, "<sip:\(String(repeating: "p", count: 900))@edge.example;lr>")
    }
    let outputs = line.openLegs(line.call(2).outputs)
    let large = try #require(requests(outputs).first)
    #expect(large.serialized().count > 1300)
    #expect(outputs.contains { if case .datagram(_, home) = $0 { true } else { false } })
  }
}
