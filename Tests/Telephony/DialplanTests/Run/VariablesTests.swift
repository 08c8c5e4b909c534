import Testing

@testable import Dialplan

@Suite("A call's variables")
struct VariablesTests {
  @Test("One name more than there is room for is not set, and those that are there change")
  func full() {
    var variables = Variables()
    for number in 0..<Variables.maximumNames {
      let isSet = variables.set("V\(number)", "x")
      #expect(isSet)
    }
    let answers = [variables.set("ONE_MORE", "x"), variables.setLocal("ONE_MORE", "x", depth: 1), variables.set("V0", "y")]
    #expect(answers == [false, false, true])
    #expect(variables["V0"] == "y" && variables["ONE_MORE"] == nil)
  }

  @Test("A value one byte too long is not set")
  func long() {
    var variables = Variables()
    let answers = [Variables.maximumLength, Variables.maximumLength + 1].map {
      variables.set("V", String(repeating: "x", count: $0))
    }
    #expect(answers == [true, false])
    #expect(variables["V"]?.utf8.count == Variables.maximumLength)
  }

  @Test("What a call makes begins with: once, always, and never again")
  func inherited() {
    var variables = Variables()
    let written = [("PLAIN", "p"), ("_ONE", "1"), ("__ALL", "2"), ("__NOT", "3"), ("NOT", "4")]
    for (name, value) in written { _ = variables.set(name, value) }
    let child = variables.inherited
    #expect([child["PLAIN"], child["ONE"], child["ALL"], child["NOT"]] == [nil, "1", "2", nil])
    let grandchild = child.inherited
    #expect([grandchild["ONE"], grandchild["ALL"]] == [nil, "2"])
  }
}
