import Testing

@testable import Dialplan

@Suite("A call without a call")
struct WalkTests {
  @Test("Whoever would wait for ever hangs up")
  func forEver() {
    let walked = walk("[c]\nexten => s,1,MusicOnHold()\nexten => h,1,NoOp(h ${HANGUPCAUSE})\n")
    #expect(walked.said == ["h 16"])
    #expect(walked.stopped == nil)
  }

  @Test("Something that goes on and on is stopped in words")
  func onAndOn() {
    let walked = walk("[c]\nexten => s,1,Wait(3600)\n same => n,Goto(s,1)\n")
    #expect(walked.stopped?.isEmpty == false)
    #expect(walked.steps.count < Walk.maximumEvents)
  }

  @Test("One local leg more than are walked is not available")
  func manyLegs() {
    let conf = "[c]\nexten => s,1,Dial(Local/s@c/n,5,g)\n same => n,NoOp(${DIALSTATUS})\n"
    // The last of them tells why, and each tells the one before it.
    #expect(walk(conf).said == ["CONGESTION"])
  }

  @Test("The clock of a call is the one that it is told")
  func clock() {
    let walked = walk("[c]\nexten => s,1,Wait(90)\n same => n,NoOp(${EPOCH})\n") { $0.epoch = 1_700_000_000 }
    #expect(walked.said == ["1700000090"])
  }
}
