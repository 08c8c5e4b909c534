import CalldockerTesting
import Calls
import Peers
import SIPSyntax
import Wire

/// Who is rung and who is not, and what phones answer.
extension Scenario {
  static let ringing: [Scenario] = [
    Scenario("an agent is paused") { stage in
      stage.phone("alice", .ringOnly)
      let bob = stage.phone("bob", .answer(after: .seconds(2)))
      try stage.world.addDesk(AgentSessionID(50), of: "alice", status: .paused(reason: nil))
      try stage.call()
      stage.talk(bob)
      stage.pass(seconds: 5)
      bob.hangUp()
    },
    Scenario("the only agent is busy") { stage in
      let alice = stage.phone("alice", .answer(after: .seconds(1)))
      try stage.call()
      stage.talk(alice)
      stage.callInVain(2)
    },
    Scenario("the phone signed off, and another's registration ran out") { stage in
      let alice = stage.script("alice")
      stage.phone("bob", .ringOnly)
      stage.pass(seconds: 60)
      alice.signOff()
      stage.pass(seconds: 3700)
      stage.callInVain()
    },
    Scenario("the connection of a phone over TCP is gone") { stage in
      let alice = stage.script("alice", over: 1)
      stage.pass(seconds: 60)
      alice.disconnect()
      stage.pass(seconds: 60)
      stage.callInVain()
    },
    Scenario("the connection of a phone over TCP ends while it rings") { stage in
      let alice = stage.script("alice", over: 1)
      try stage.call()
      alice.answer(.ringing)
      stage.pass(seconds: 3)
      alice.disconnect()
    },
    Scenario("all of an agent's phones fail, each in its way") { stage in
      for code in [
        StatusCode.busyHere, .temporarilyUnavailable, .notFound, .serviceUnavailable, .requestTimeout, .notAcceptableHere,
        .unauthorized,
      ] {
        stage.phone("alice", .decline(code))
      }
      try stage.call()
    },
    Scenario("a phone that is registered does not react at all") { stage in
      stage.phone("alice", .ringOnly).vanish()
      try stage.call()
    },
    Scenario("a phone says that it is trying, and no more") { stage in
      let alice = stage.script("alice")
      try stage.call()
      alice.answer(.trying)
    },
    Scenario("nobody answers") { stage in
      stage.phone("alice", .ringOnly)
      stage.phone("bob", .ringOnly)
      try stage.call()
    },
    Scenario("an agent declines for all phones, and the next one answers") { stage in
      stage.phone("alice", .ringOnly)
      stage.phone("alice", .decline(.decline))
      let bob = stage.phone("bob", .answer(after: .seconds(2)))
      let call = try stage.call()
      stage.talk(bob)
      stage.pass(seconds: 3)
      stage.hangUp(call)
    },
    Scenario("the visitor gives up while it rings") { stage in
      stage.phone("alice", .ringOnly)
      let call = try stage.call()
      stage.pass(seconds: 7)
      stage.hangUp(call)
    },
    Scenario("one phone answers, the agent's other phone and desk are told") { stage in
      let alice = stage.phone("alice", .answer(after: .seconds(2)))
      stage.phone("alice", .ringOnly)
      try stage.world.addDesk(AgentSessionID(50), of: "alice")
      try stage.call()
      stage.talk(alice)
      stage.pass(seconds: 2)
      alice.hangUp()
    },
    Scenario("a phone answers after the visitor gave up") { stage in
      let alice = stage.script("alice")
      let call = try stage.call()
      alice.answer(.ringing)
      stage.pass(seconds: 3)
      stage.hangUp(call)
      stage.pass(.milliseconds(50))
      alice.accept()
      stage.pass(.milliseconds(50))
      alice.confirm(.cancel)
      alice.confirm(.bye)
    },
    Scenario("a phone answers too late, and another has the call") { stage in
      let slow = stage.script("alice")
      let quick = stage.phone("alice", .answer(after: .seconds(1)))
      try stage.call()
      slow.answer(.ringing)
      stage.talk(quick)
      stage.pass(.milliseconds(50))
      slow.accept()
      stage.pass(.milliseconds(50))
      slow.confirm(.cancel)
      slow.confirm(.bye)
      stage.pass(seconds: 2)
      quick.hangUp()
    },
    Scenario("two programs behind one contact answer") { stage in
      let alice = stage.script("alice")
      let call = try stage.call()
      alice.answer(.ringing)
      stage.pass(seconds: 1)
      alice.accept(tag: "one")
      stage.pass(.milliseconds(20))
      alice.accept(tag: "two")
      stage.pass(.milliseconds(50))
      alice.confirm(.bye)
      stage.pass(seconds: 2)
      stage.hangUp(call)
      stage.pass(.milliseconds(50))
      alice.confirm(.bye)
    },
    Scenario("a phone takes the call without saying how to talk") { stage in
      let alice = stage.script("alice")
      try stage.call()
      alice.answer(.ok) { $0.headers.append(.contact, "<sip:alice@198.51.100.50>") }
      stage.pass(.milliseconds(50))
      alice.confirm(.bye)
    },
    Scenario("the desk takes the call that rings on a phone too") { stage in
      stage.phone("alice", .ringOnly)
      try stage.world.addDesk(AgentSessionID(50), of: "alice")
      let call = try stage.call()
      stage.pass(seconds: 3)
      try stage.world.accept(call, at: AgentSessionID(50), in: stage.world.addBrowser(hums: 1000))
      stage.pass(seconds: 5)
      stage.world.perform(stage.world.exchange.hangUp(AgentSessionID(50), call, at: stage.world.network.now))
    },
    Scenario("the desk declines the call that rings on a phone too") { stage in
      stage.phone("alice", .ringOnly)
      try stage.world.addDesk(AgentSessionID(50), of: "alice")
      let call = try stage.call()
      stage.pass(seconds: 3)
      stage.world.perform(stage.world.exchange.reject(AgentSessionID(50), call, at: stage.world.network.now))
    },
    Scenario("nobody was ever registered") { stage in stage.callInVain() },
    Scenario("no port is free for the phone") { stage in
      stage.phone("alice", .ringOnly)
      let request = CallRequest(tenant: stage.world.tenant.description, offer: stage.visitor.offer, name: "Vera")
      let (_, outputs) = stage.world.exchange.callRequest(VisitorID(1), request, at: stage.world.network.now)
      stage.world.recorder.take(outputs, at: stage.world.network.now)
      for case .media(.openPhone(let leg)) in outputs {
        stage.world.perform(stage.world.exchange.receive(.failed(leg, .noFreePort), at: stage.world.network.now))
      }
    },
  ]

}
