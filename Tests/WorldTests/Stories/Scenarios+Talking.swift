import CalldockerTesting
import Calls
import Peers
import SDP
import SIPSyntax
import Wire

/// What happens to people who talk, and to their sound.
extension Scenario {
  static let talking: [Scenario] = [
    Scenario("the visitor is lost and comes back") { stage in
      let alice = stage.phone("alice", .answer(after: .seconds(1)))
      let call = try stage.call()
      stage.talk(alice)
      stage.pass(seconds: 2)
      stage.world.lose()
      stage.pass(seconds: 4)
      try stage.world.resume(call, as: 2)
      stage.pass(seconds: 2)
      stage.hangUp(call, visitor: 2)
    },
    Scenario("the visitor is lost for good") { stage in
      let alice = stage.phone("alice", .answer(after: .seconds(1)))
      try stage.call()
      stage.talk(alice)
      stage.pass(seconds: 2)
      stage.visitor.vanish()
      stage.world.lose()
      stage.pass(seconds: 61)
    },
    Scenario("the desk is lost while it rings, and while it talks, and comes back") { stage in
      let (desk, again) = (AgentSessionID(50), AgentSessionID(51))
      try stage.world.addDesk(desk)
      let page = stage.world.addBrowser(hums: 1000)
      let call = try stage.call()
      stage.pass(seconds: 1)
      stage.world.lose(desk: desk)
      stage.pass(seconds: 1)
      try stage.world.addDesk(again)
      try stage.world.accept(call, at: again, in: page)
      stage.pass(seconds: 2)
      stage.world.lose(desk: again)
      stage.pass(seconds: 1)
      try stage.world.addDesk(desk)
      try stage.world.resume(call, at: desk, in: stage.world.addBrowser())
      stage.pass(seconds: 2)
      stage.world.perform(stage.world.exchange.hangUp(desk, call, at: stage.world.network.now))
    },
    Scenario("the desk is lost for good") { stage in
      let desk = AgentSessionID(50)
      try stage.world.addDesk(desk)
      let call = try stage.call()
      let page = stage.world.addBrowser(hums: 1000)
      try stage.world.accept(call, at: desk, in: page)
      stage.pass(seconds: 2)
      page.vanish()
      stage.world.lose(desk: desk)
      stage.pass(seconds: 61)
    },
    Scenario("the phone that talks is gone") { stage in
      let alice = stage.phone("alice", .answer(after: .seconds(1)))
      try stage.call()
      stage.talk(alice)
      stage.pass(seconds: 2)
      alice.vanish()
      stage.pass(seconds: 40)
    },
    Scenario("the server is stopped while it rings") { stage in
      stage.phone("alice", .ringOnly)
      try stage.call()
      stage.pass(seconds: 2)
      stage.world.perform(stage.world.exchange.shutDown(at: stage.world.network.now))
    },
    Scenario("the server is stopped while two talk") { stage in
      let alice = stage.phone("alice", .answer(after: .seconds(1)))
      try stage.call()
      stage.talk(alice)
      stage.pass(seconds: 5)
      stage.world.perform(stage.world.exchange.shutDown(at: stage.world.network.now))
    },
    Scenario("the phone holds, resumes, and offers what we cannot") { stage in
      let alice = stage.script("alice")
      let call = try stage.call()
      alice.accept()
      stage.pass(seconds: 2)
      alice.say(.invite, number: 1) {
        $0.headers.append(.contentType, "application/sdp")
        $0.body = Array((alice.description + "a=sendonly\r\n").utf8)
      }
      stage.pass(.milliseconds(50))
      alice.acknowledge(1)
      stage.pass(seconds: 4)
      alice.say(.invite, number: 2) {
        $0.headers.append(.contentType, "application/sdp")
        $0.body = Array(alice.description.utf8)
      }
      stage.pass(.milliseconds(50))
      alice.acknowledge(2)
      stage.pass(seconds: 1)
      alice.say(.invite, number: 3) {
        $0.headers.append(.contentType, "application/sdp")
        $0.body = Array(ScriptedPhone.description(at: alice.address.ip, codec: "18").utf8)
      }
      stage.pass(seconds: 1)
      stage.hangUp(call)
      stage.pass(.milliseconds(50))
      alice.confirm(.bye)
    },
    Scenario("the phone asks for a transfer, and for other things that are not done") { stage in
      let alice = stage.script("alice")
      try stage.call()
      alice.accept()
      stage.pass(seconds: 2)
      for (number, name) in ["REFER", "INFO", "UPDATE", "OPTIONS"].enumerated() {
        guard let method = SIPSyntax.Method(name) else { continue }
        alice.say(method, number: UInt32(number + 1))
        stage.pass(.milliseconds(100))
      }
      alice.say(.bye, number: 9)
    },
    Scenario("the phone sends no sound") { stage in
      let alice = stage.phone("alice", .answer(after: .seconds(1)))
      alice.speaks = false
      alice.reports = true
      let call = try stage.call()
      stage.talk(alice)
      stage.pass(seconds: 10)
      alice.speaks = true
      stage.pass(seconds: 5)
      stage.hangUp(call)
    },
    Scenario("the visitor's microphone is off") { stage in
      let silent = stage.world.addBrowser(hums: 0)
      let alice = stage.phone("alice", .answer(after: .seconds(1)))
      let call = try stage.call(from: silent)
      stage.talk(alice)
      stage.pass(seconds: 14)
      stage.hangUp(call)
    },
    Scenario("the visitor's browser never reaches us by UDP") { stage in
      stage.visitor.vanish()
      let alice = stage.phone("alice", .answer(after: .seconds(1)))
      try stage.call()
      stage.talk(alice)
      stage.pass(seconds: 60)
    },
    Scenario("the visitor's browser shows another certificate") { stage in
      let alice = stage.phone("alice", .answer(after: .seconds(1)))
      let other = stage.world.addBrowser()
      func fingerprint(_ offer: String) -> Substring {
        offer.split(separator: "\n").first { $0.hasPrefix("a=fingerprint") } ?? ""
      }
      let offer = stage.visitor.offer.replacing(fingerprint(stage.visitor.offer), with: fingerprint(other.offer))
      let request = CallRequest(tenant: stage.world.tenant.description, offer: offer, name: "Vera")
      let (result, outputs) = stage.world.exchange.callRequest(VisitorID(1), request, at: stage.world.network.now)
      stage.world.perform(outputs)
      try stage.visitor.accept(result.get().answer ?? "")
      stage.pass(seconds: 10)
      _ = alice
    },
    Scenario("the desk that rang is lost, and nobody else is there") { stage in
      try stage.world.addDesk(AgentSessionID(50))
      try stage.call()
      stage.pass(seconds: 3)
      stage.world.lose(desk: AgentSessionID(50))
      stage.pass(seconds: 11)
    },
    Scenario("one of two desks that ring is closed, one more comes, and another agent is next") { stage in
      stage.phone("bob", .answer(after: .seconds(2)))
      for desk: UInt64 in [50, 51] { try stage.world.addDesk(AgentSessionID(desk)) }
      try stage.call()
      stage.pass(seconds: 3)
      stage.world.lose(desk: AgentSessionID(50), isDeliberate: true)
      stage.pass(seconds: 1)
      try stage.world.addDesk(AgentSessionID(52))
      stage.talk(stage.world.phones[0])
      stage.pass(seconds: 1)
      stage.world.phones[0].hangUp()
    },
    Scenario("an agent is removed while it talks") { stage in
      let alice = stage.phone("alice", .answer(after: .seconds(1)))
      try stage.call()
      stage.talk(alice)
      stage.pass(seconds: 3)
      guard let name = AgentName("alice") else { return }
      stage.world.perform(try stage.world.exchange.apply(.agentRemoved(stage.world.tenant, name), at: stage.world.network.now))
    },
    Scenario("a stranger who read the dialog sends a BYE") { stage in
      let alice = stage.script("alice")
      let call = try stage.call()
      alice.accept()
      stage.pass(seconds: 1)
      let home = alice.address
      alice.move(to: SocketAddress(.v4(0xCB00_7199), 5060))
      alice.say(.bye, number: 1)
      stage.pass(seconds: 1)
      alice.move(to: home)
      stage.hangUp(call)
      stage.pass(.milliseconds(50))
      alice.confirm(.bye)
    },
    Scenario("the phone does not acknowledge what we answered to its hold") { stage in
      let alice = stage.script("alice")
      try stage.call()
      alice.accept()
      stage.pass(seconds: 1)
      alice.say(.invite, number: 1) {
        $0.headers.append(.contentType, "application/sdp")
        $0.body = Array((alice.description + "a=sendonly\r\n").utf8)
      }
      stage.pass(seconds: 40)
    },
    Scenario("the echo") { stage in
      let call = try stage.world.call(from: stage.visitor, dialling: "echo")
      stage.pass(seconds: 5)
      stage.hangUp(call)
    },
    Scenario("the phone changes its network, and has no instance") { stage in
      let alice = stage.script("alice")
      try stage.call()
      alice.accept()
      stage.pass(seconds: 2)
      alice.move(to: SocketAddress(.v4(0xCB00_7150), 5060))
      alice.register()
      stage.pass(seconds: 1)
      alice.say(.bye, number: 1)
    },
    Scenario("an answer from a host that was not asked") { stage in
      let alice = stage.script("alice")
      try stage.call()
      alice.answer(.ringing)
      let home = alice.address
      alice.move(to: SocketAddress(.v4(0xCB00_7199), 5060))
      alice.answer(.busyHere)
      stage.pass(seconds: 1)
      alice.move(to: home)
      alice.accept()
      stage.pass(seconds: 1)
      alice.say(.bye, number: 1)
    },
    Scenario("an answer with the right branch and another Call-ID") { stage in
      let alice = stage.script("alice")
      let call = try stage.call()
      alice.answer(.busyHere) { $0.headers.set(.callID, "somebody-elses") }
      stage.pass(seconds: 2)
      stage.hangUp(call)
    },
  ]

  static let refused: [Scenario] = [
    Scenario("the business has all the calls that it may") { stage in
      stage.phone("alice", .ringOnly)
      stage.fillBusiness()
      stage.callInVain(5000)
    },
    Scenario("the visitor has a call already") { stage in
      stage.phone("alice", .ringOnly)
      stage.phone("bob", .ringOnly)
      try stage.call()
      stage.callInVain(1)
    },
    Scenario("no media plane keeps up") { stage in
      stage.phone("alice", .ringOnly)
      stage.world.perform(stage.world.exchange.receive(.strained(MediaPlaneID(0)), at: stage.world.network.now))
      stage.callInVain()
    },
    Scenario("no media plane has ports left") { stage in
      stage.phone("alice", .ringOnly)
      stage.world.perform(stage.world.exchange.receive(.failed(LegID(99), .noFreePort), at: stage.world.network.now))
      stage.callInVain()
    },
    Scenario("the visitor's browser offers no codec that we know") { stage in
      stage.phone("alice", .ringOnly)
      stage.callInVain(offer: stage.visitor.offer.replacing("opus/48000/2", with: "G729/8000"))
    },
    Scenario("the visitor's browser sends what is no description") { stage in
      stage.phone("alice", .ringOnly)
      stage.callInVain(offer: "nonsense")
    },
  ]

  static let all = ringing + talking + attended + refused
}
