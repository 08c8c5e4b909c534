import CalldockerTesting
import Calls
import Peers
import SIPSyntax
import Wire

/// Calls that a dialplan leads.
extension Scenario {
  static let attended: [Scenario] = [
    Scenario("a dialplan rings an agent, then anybody else") { stage in
      stage.world.lead(
        by: """
          [widget]
          exten => s,1,Dial(PJSIP/alice,5)
           same => n,Dial(NEXT/*,20)
          """)
      stage.phone("alice", .ringOnly)
      let bob = stage.phone("bob", .answer(after: .seconds(1)))
      try stage.call()
      stage.talk(bob)
      stage.pass(seconds: 5)
      bob.hangUp()
    },
    Scenario("a dialplan finds nobody, and has nothing more to say") { stage in
      stage.world.lead(by: "[widget]\nexten => s,1,Dial(PJSIP/alice&PJSIP/carol,5)\n same => n,Dial(NEXT/sales,5)\n")
      stage.phone("bob", .ringOnly)
      try stage.call()
    },
    Scenario("a key is pressed for a menu of the dialplan") { stage in
      stage.world.lead(by: "[widget]\nexten => s,1,Answer()\n same => n,WaitExten(10)\nexten => 1,1,Dial(PJSIP/bob,20)\n")
      stage.phone("bob", .decline(.busyHere))
      let call = try stage.call()
      stage.pass(seconds: 2)
      stage.world.perform(stage.world.exchange.sendDigits(VisitorID(1), call, "1"))
      stage.pass(seconds: 2)
    },
  ]
}
