import Testing
import Wire

@testable import Dialplan

@Suite("What Set writes")
struct AssigningTests {
  private static func after(_ assignments: [(String, String)], _ text: String, facts: Caller.Facts = Caller.Facts()) -> String {
    var caller = Caller(facts: facts)
    for (name, value) in assignments { Functions.assign(name, value, in: &caller.run) }
    return caller.expand(text)
  }

  @Test("Variables, globals, shared ones")
  func scopes() {
    #expect(Self.after([("A", "1"), ("_B", "2"), ("__C", "3")], "${A}${B}${C}") == "123")
    #expect(Self.after([("GLOBAL(G)", "g"), ("G2", "x")], "${G}${GLOBAL(G)}${GLOBAL(G2)}") == "gg")
    #expect(Self.after([("SHARED(S)", "s")], "${SHARED(S)}${S}") == "s")
    #expect(Self.after([("LOCAL(L)", "l")], "${LOCAL(L)}${L}") == "ll")
    #expect(Self.after([("ARRAY(x,y,z)", "1,2")], "${x}|${y}|${z}|") == "1|2||")
    #expect(Self.after([("PUSH(P)", "a"), ("PUSH(P)", "b"), ("UNSHIFT(P)", "0")], "${P}") == "0,a,b")
  }

  @Test("A local value is gone when its subroutine returns")
  func local() {
    var caller = Caller(["V": "outer"])
    caller.run.channel.stack = [Channel.Frame(returnsTo: Position("c", "1", 2))]
    Functions.assign("LOCAL(V)", "inner", in: &caller.run)
    #expect(caller.expand("${V}${LOCAL(V)}") == "innerinner")
    #expect(
      caller.expand("${STACK_PEEK(1,c)}${STACK_PEEK(1,e)}${STACK_PEEK(1,p)}|${STACK_PEEK(1,l)}|${STACK_PEEK(2,c,1)}")
        == "c12|c,1,2|")
    caller.run.channel.variables.leave(depth: 1)
    #expect(caller.expand("${V}") == "outer")
  }

  @Test("Hashes know their keys, the newest first")
  func hashes() {
    let assignments = [("HASH(h,a)", "1"), ("HASH(h,b)", "2"), ("HASH(h,a)", "3")]
    #expect(Self.after(assignments, "${HASH(h,a)}${HASH(h,b)}${HASH(h,c)}|${HASHKEYS(h)}|${HASHKEYS(x)}") == "32|a,b|")
  }

  @Test("The store keeps, tells and forgets, and the owner is told")
  func store() {
    var caller = Caller()
    for (name, value) in [("DB(f/a)", "1"), ("DB(f/b/c)", "2"), ("DB(g/x)", "3")] {
      Functions.assign(name, value, in: &caller.run)
    }
    #expect(caller.expand("${DB(f/a)}${DB_RESULT}${DB_EXISTS(f/a)}${DB_EXISTS(f/z)}${DB(f/z)}") == "1110")
    #expect(caller.expand("${DB_KEYS(f)}|${DB_KEYS(f/b)}|${DB_KEYS()}|${DB_KEYCOUNT(f)}") == "a,b|c|f,g|2")
    #expect(caller.expand("${DB_DELETE(f/a)}${DB_EXISTS(f/a)}") == "10")
    let changes = caller.run.outputs.compactMap { if case .stored(let change) = $0 { change } else { nil } }
    #expect(changes.count == 4 && changes[3] == KeyStore.Change(family: "f", key: "a", value: nil))
  }

  @Test("The call's own things")
  func channel() {
    #expect(Self.after([("CALLERID(all)", "\"Bob\" <42>")], "${CALLERID(name)}|${CALLERID(num)}") == "Bob|42")
    #expect(Self.after([("CALLERID(num)", "7"), ("CALLERID(name)", "")], "${CALLERID(all)}") == "\"\" <7>")
    #expect(
      Self.after([("CHANNEL(language)", "de"), ("CHANNEL(accountcode)", "x")], "${CHANNEL(language)}${CHANNEL(accountcode)}")
        == "dex")
    #expect(
      Self.after([("TIMEOUT(digit)", "3"), ("TIMEOUT(absolute)", "60.5")], "${TIMEOUT(digit)}|${TIMEOUT(absolute)}")
        == "3.000|60.500")
    #expect(
      Self.after([("CDR(userfield)", "u"), ("REDIRECTING(from-num)", "9")], "${CDR(userfield)}${CALLERID(rdnis)}") == "u9")
    #expect(
      Self.after([("GROUP(cat)", "g")], "${GROUP(cat)}${GROUP_COUNT(g@cat)}${GROUP_COUNT(@cat)}${GROUP_COUNT(h@cat)}") == "g110"
    )
    #expect(
      Self.after([("PJSIP_HEADER(add,X-A)", "1"), ("DEVICE_STATE(Custom:l)", "INUSE")], "${DEVICE_STATE(Custom:l)}") == "INUSE")
  }

  @Test("The office's things")
  func office() {
    var queue = QueueFacts()
    queue.members = [QueueFacts.Member("PJSIP/a"), QueueFacts.Member("PJSIP/b")]
    queue.members[1].state = .inUse
    queue.waiting = 2
    var facts = Caller.Facts()
    facts.queues["q"] = queue
    facts.devices["PJSIP/a"] = .ringing
    facts.boxes = ["100"]
    #expect(
      Self.after([], "${QUEUE_EXISTS(q)}${QUEUE_WAITING_COUNT(q)}${QUEUE_MEMBER(q,free)}${QUEUE_MEMBER(q,count)}", facts: facts)
        == "1212")
    #expect(
      Self.after([], "${QUEUE_MEMBER_LIST(q)}|${QUEUE_VARIABLES(q)}${QUEUECALLS}|${QUEUE_VARIABLES(z)}", facts: facts)
        == "PJSIP/a,PJSIP/b|02|-1")
    #expect(
      Self.after([], "${DEVICE_STATE(PJSIP/a)}|${DEVICE_STATE(x)}|${VM_INFO(100,exists)}${VM_INFO(1,exists)}", facts: facts)
        == "RINGING|UNKNOWN|10")
  }

  @Test("What cannot be written is said")
  func complaints() {
    var caller = Caller()
    for (name, value) in [
      ("LEN(x)", "1"), ("NOSUCH(x)", "1"), ("", "1"), ("EXTEN", "1"), ("TIMEOUT(never)", "1"), ("TIMEOUT(digit)", "soon"),
      ("DB(x)", "1"),
      ("CHANNEL(name)", "x"), ("PJSIP_HEADER(add,Via)", "x"), ("PJSIP_HEADER(add,X-A)", "a\r\nb"), ("SHELL(ls)", "x"),
      ("A B", "x"),
      ("VOLUME(TX)", "3"), ("HASH(h)", "1"), ("CALLERID(num)", String(repeating: "1", count: Functions.maximumIdentity + 1)),
      ("GROUP()", String(repeating: "g", count: Functions.maximumGroupName + 1)),
    ] {
      Functions.assign(name, value, in: &caller.run)
      #expect(caller.sentences().count == 1, "\(name)")
    }
  }

  @Test("Names and what is sought have an end")
  func lengths() {
    var caller = Caller(["T": "aaa", "LONG": String(repeating: "a", count: Functions.maximumSought + 1)])
    #expect(caller.expand("${STRREPLACE(T,${LONG:1},b)}") == "aaa" && caller.sentences().isEmpty)
    #expect(caller.expand("${STRREPLACE(T,${LONG},b)}") == "" && caller.sentences().count == 1)
    let key = String(repeating: "k", count: Functions.maximumKeyLength - 2)
    Functions.assign("DB(f/\(key))", "1", in: &caller.run)
    #expect(caller.expand("${DB_EXISTS(f/\(key))}") == "1" && caller.sentences().isEmpty)
    for name in ["DB(f/\(key)k)", "SHARED(\(key))", "DEVICE_STATE(Custom:\(key)kkk)"] {
      Functions.assign(name, "INUSE", in: &caller.run)
      #expect(caller.sentences().count == 1, "\(name)")
    }
  }

  @Test("A full office takes no further global, and a full call no further value")
  func limits() {
    var caller = Caller()
    for number in 0..<Office.maximumGlobals { Functions.assign("GLOBAL(g\(number))", "", in: &caller.run) }
    for number in 0..<Channel.maximumAttributes { Functions.assign("SHARED(s\(number))", "", in: &caller.run) }
    #expect(caller.sentences().isEmpty)
    Functions.assign("GLOBAL(more)", "", in: &caller.run)
    Functions.assign("SHARED(more)", "", in: &caller.run)
    #expect(caller.sentences().count == 2)
    Functions.assign("GLOBAL(g1)", "x", in: &caller.run)
    #expect(caller.sentences().isEmpty)
  }
}
