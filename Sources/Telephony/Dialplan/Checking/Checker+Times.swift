extension Checker {
  /// Rules of times that cannot be read: what they guard would silently never happen.
  mutating func checkTimes(_ include: Include) {
    guard let times = include.times else { return }
    let place = include.place.advanced(by: include.context.utf8.count + 1)
    for finding in times.findings(at: place) { findings.add(finding) }
  }

  mutating func checkTimes(_ step: Step) {
    guard ["gotoiftime", "execiftime"].contains(step.application.lowercased()) else { return }
    let condition = Choice(step.arguments.text).condition
    // What is put in when it runs is not known yet.
    guard !condition.utf8.contains(UInt8(ascii: "$")) else { return }
    for finding in TimeRule(condition).findings(at: step.argumentsPlace) { findings.add(finding) }
  }
}
