import Testing

@testable import Dialplan

@Suite("Dial and Queue")
struct DialTests {
  private func said(_ arguments: String, _ results: [String], _ arrange: (inout Scenario) -> Void = { _ in }) -> [String] {
    walk(
      """
      [c]
      exten => s,1,Dial(\(arguments))
       same => n,NoOp(${DIALSTATUS} ${HANGUPCAUSE} ${DIALEDTIME} ${ANSWEREDTIME})
      exten => 5,1,NoOp(five)
      exten => h,1,NoOp(h ${DIALSTATUS})
      """
    ) {
      $0.results["dial"] = results
      arrange(&$0)
    }.said
  }

  @Test("Each way that a destination is not reached has its status and its cause")
  func statuses() {
    #expect(said("PJSIP/a,5", ["BUSY"]) == ["BUSY 17 0 ", "h BUSY"])
    #expect(said("PJSIP/a,5", ["CONGESTION"]) == ["CONGESTION 34 0 ", "h CONGESTION"])
    #expect(said("PJSIP/a,5", ["CHANUNAVAIL"]) == ["CHANUNAVAIL 3 0 ", "h CHANUNAVAIL"])
    #expect(said("PJSIP/a,5", ["NOANSWER"]) == ["NOANSWER 0 5 ", "h NOANSWER"])
    #expect(said("PJSIP/a", ["NOANSWER"]) == ["NOANSWER 19 30 ", "h NOANSWER"])
    #expect(said("PJSIP/a,5", ["CANCEL"]) == ["h CANCEL"])
    #expect(said(",5", []) == ["CHANUNAVAIL 0  ", "h CHANUNAVAIL"])
  }

  @Test("A call that was answered ends with the callee's, unless g says otherwise")
  func answered() {
    #expect(said("PJSIP/a&PJSIP/b,5", ["ANSWER"]) == ["h ANSWER"])
    #expect(said("PJSIP/a,5,g", ["ANSWER"]) == ["ANSWER 16 1 1", "h ANSWER"])
  }

  @Test("Options that are not served are named in the log, and the others work")
  func options() {
    let walked = walk("[c]\nexten => s,1,Dial(PJSIP/a,5,gtU(sub^1))\n") { $0.results["dial"] = ["ANSWER"] }
    #expect(walked.sentences == ["Dial does not serve the options t, U yet."])
  }

  @Test("One destination more than can ring is refused")
  func tooMany() {
    let many = Array(repeating: "PJSIP/a", count: Dial.maximumDestinations + 1).joined(separator: "&")
    #expect(said("\(many),5", ["ANSWER"]).first?.hasPrefix("CHANUNAVAIL") == true)
  }

  @Test("A local leg is a run of its own: it answers, is busy, or is not there")
  func local() {
    let conf = """
      [c]
      exten => s,1,Dial(Local/x@l&Local/y@l,5,g)
       same => n,NoOp(${DIALSTATUS} ${DIALEDPEERNUMBER})
       same => n,Dial(Local/none@l,5)
       same => n,NoOp(${DIALSTATUS})
      [l]
      exten => x,1,Wait(2)
       same => n,Answer()
       same => n,Wait(1)
      exten => y,1,Wait(1)
       same => n,Answer()
       same => n,Wait(2)
      """
    #expect(walk(conf).said == ["ANSWER Local/y@l", "CHANUNAVAIL"])
  }

  @Test("S ends a conversation, L too")
  func limits() {
    let conf = """
      [c]
      exten => s,1,Dial(Local/x@l,5,gS(3))
       same => n,NoOp(${ANSWEREDTIME})
       same => n,Dial(Local/x@l,5,gL(4000:1000))
       same => n,NoOp(${ANSWEREDTIME})
      [l]
      exten => x,1,Answer()
       same => n,Wait(60)
      """
    #expect(walk(conf).said == ["3", "4"])
  }

  @Test("A queue that is not there, and the ways out of one that is")
  func queue() {
    let conf = "[c]\nexten => s,1,Queue(sales,nc,,,30)\n same => n,NoOp(${QUEUESTATUS} ${EPOCH})\n"
    func said(_ result: String?) -> [String] {
      walk(conf) {
        $0.queues = ["sales"]
        if let result { $0.results["queue"] = [result] }
      }.said
    }
    #expect(walk(conf).said == ["UNKNOWN 0"])
    #expect(said(nil) == ["JOINEMPTY 0"])
    #expect(said("TIMEOUT") == ["TIMEOUT 30"])
    #expect(said("ANSWER") == ["CONTINUE 1"])
  }

  @Test("Without anything more to say the caller hears for a while why nobody was reached")
  func farewell() {
    let walked = walk("[c]\nexten => s,1,Dial(PJSIP/a,5)\nexten => h,1,NoOp(${EPOCH})\n") { $0.results["dial"] = ["BUSY"] }
    #expect(walked.said == ["10"])
  }
}
