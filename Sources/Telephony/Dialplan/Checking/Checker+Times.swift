extension Checker {
  /// Times that cannot be read: what they guard would silently never happen. Those of includes were told of when they were read.
  mutating func checkTimes(_ step: Step) {
    guard ["gotoiftime", "execiftime"].contains(step.application.lowercased()) else { return }
    let condition = Choice(step.arguments.text).condition
    // What is put in when it runs is not known yet.
    guard !condition.utf8.contains(UInt8(ascii: "$")) else { return }
    for finding in TimeRule(condition).findings(at: step.argumentsPlace) { findings.add(finding) }
  }
}
