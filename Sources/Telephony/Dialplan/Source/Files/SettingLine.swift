/// What stands behind the = of a setting.
extension SourceLine {
  /// `yes`, `true`, `y`, `t`, `1`, `on`; anything else is no.
  var isTrue: Bool { ["yes", "true", "y", "t", "1", "on"].contains(value.lowercased()) }

  var valuePlace: SourcePlace { place(ofByte: 0) }

  /// A whole number of seconds or of anything; another value is told of, and the setting keeps what it has.
  func number(_ findings: inout FindingList) -> Int? {
    if let number = Int32(value) { return Int(number) }
    findings.warn(valuePlace, "\(key) is a whole number, and “\(value)” is none; the line is not read.")
    return nil
  }

  /// The same, and not below zero.
  func count(_ findings: inout FindingList) -> Int? {
    guard let number = number(&findings) else { return nil }
    if number >= 0 { return number }
    findings.warn(valuePlace, "\(key) is not below 0; the line is not read.")
    return nil
  }

  /// One of a list of words.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ findings: inout FindingList, as type: Choice.Type
  ) -> Choice? where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    if let choice = Choice(rawValue: value.lowercased()) { return choice }
    findings.warn(
      valuePlace, "\(key) is not “\(value)”; the line is not read.",
      advice: Suggestion.sentence(for: value, among: names) ?? "It may be \(names.joined(separator: ", ")).")
    return nil
  }

  /// Says that nobody knows the key.
  func unknown(_ findings: inout FindingList, in section: String, among known: @autoclosure () -> [String]) {
    findings.warn(
      place, "[\(section)] knows no \(key) here, and the line is not read.",
      advice: findings.wantsAdvice ? Suggestion.sentence(for: key, among: known()) : nil)
  }

  /// Parts at commas, without the blanks and quotes around them.
  var fields: [String] {
    WrittenArguments.parts(of: value, at: ",", .everything).map { part in
      let text = part.trimmed.text
      guard text.utf8.count > 1, text.utf8.first == UInt8(ascii: "\""), text.utf8.last == UInt8(ascii: "\"") else {
        return text
      }
      return String(Substring(text.utf8.dropFirst().dropLast()))
    }
  }
}
