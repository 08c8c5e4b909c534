import Testing

@testable import Dialplan

@Suite("Digits: prompts that are stopped, numbers that are read")
struct DigitTests {
  private static let menu = """
    [c]
    exten => s,1,Answer()
     same => n,Background(a&b)
     same => n,NoOp(heard ${BACKGROUNDSTATUS})
     same => n,WaitExten(3)
    exten => 1,1,NoOp(one at ${EPOCH})
    exten => 22,1,NoOp(two)
    exten => i,1,NoOp(invalid ${INVALID_EXTEN})
    exten => t,1,NoOp(silence)
    """

  @Test("A digit that nothing can follow leads on at once")
  func atOnce() {
    let walked = walk(Self.menu) { $0.inputs = ["1"] }
    #expect(walked.said == ["one at 0"])
  }

  @Test("A digit that more can follow waits for them, and is invalid without")
  func longer() {
    #expect(walk(Self.menu) { $0.inputs = ["22"] }.said == ["two"])
    #expect(walk(Self.menu) { $0.inputs = ["2"] }.said == ["invalid 2"])
    #expect(walk(Self.menu) { $0.inputs = ["", "9"] }.said == ["heard SUCCESS", "invalid 9"])
    #expect(walk(Self.menu).said == ["heard SUCCESS", "silence"])
  }

  @Test("A missing prompt is no reason to end")
  func missing() {
    let walked = walk(Self.menu) { $0.sounds = ["a": .seconds(1)] }
    #expect(walked.said == ["heard FAILED", "silence"])
  }

  @Test("One more digit than can be remembered is looked up as it is")
  func tooMany() {
    let walked = walk("[c]\nexten => s,1,Background(a)\nexten => _X.,1,NoOp(${LEN(${EXTEN})})\n") {
      $0.sounds = ["a": .seconds(60)]
      $0.inputs = [String(repeating: "1", count: Run.maximumDigits + 1)]
    }
    #expect(walked.said == ["\(Run.maximumDigits)"])
  }

  @Test("Read: as many as wanted, a terminator, silence, a hang-up")
  func read() {
    func status(_ arguments: String, _ input: String, _ arrange: (inout Scenario) -> Void = { _ in }) -> [String] {
      walk("[c]\nexten => s,1,Read(V,\(arguments))\n same => n,NoOp(${V} ${READSTATUS})\nexten => h,1,NoOp(h ${READSTATUS})\n")
      {
        $0.inputs = [input]
        arrange(&$0)
      }.said
    }
    #expect(status("a,2", "123") == ["12 OK", "h OK"])
    #expect(status("a,5", "12#") == ["12 OK", "h OK"])
    #expect(status(",5,,1,2", "12") == ["12 TIMEOUT", "h TIMEOUT"])
    #expect(status("a,5,s", "12") == [" SKIPPED", "h SKIPPED"])
    #expect(status("a,5,,3,20", "12") { $0.hangsUpOn = "Read" } == ["h HANGUP"])
  }

  @Test("Authenticate: the right number goes on, three wrong ones end the call")
  func authenticate() {
    let conf = "[c]\nexten => s,1,Authenticate(1234,,4)\n same => n,NoOp(in)\n"
    #expect(walk(conf) { $0.inputs = ["1234"] }.said == ["in"])
    #expect(walk(conf) { $0.inputs = ["9999"] }.said.isEmpty)
  }

  @Test("Record ends by its key, or by its time")
  func record() {
    let conf = "[c]\nexten => s,1,Record(greeting.wav,3,20)\n same => n,NoOp(${RECORD_STATUS} ${RECORDED_FILE})\n"
    #expect(walk(conf) { $0.inputs = ["#"] }.said == ["DTMF greeting"])
    #expect(walk(conf).said == ["TIMEOUT greeting"])
    #expect(walk("[c]\nexten => s,1,Record(x)\n same => n,NoOp(${RECORD_STATUS})\n").said == ["ERROR"])
  }

  @Test("VoiceMail: * and 0 leave to a and o")
  func voicemail() {
    let conf = """
      [c]
      exten => s,1,VoiceMail(100@default,u)
       same => n,NoOp(${VMSTATUS})
      exten => a,1,NoOp(a ${VMSTATUS})
      exten => o,1,NoOp(o ${VMSTATUS})
      """
    #expect(walk(conf).said == ["SUCCESS"])
    #expect(walk(conf) { $0.inputs = ["*"] }.said == ["a USEREXIT"])
    #expect(walk(conf) { $0.inputs = ["0"] }.said == ["o USEREXIT"])
    #expect(walk(conf) { $0.mailboxes = [] }.said == ["FAILED"])
  }
}
