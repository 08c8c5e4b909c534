extension TimeRule {
  /// For people, without the zone: `Mon–Fri 9:00–16:59`, `always`, `never`.
  package var words: String {
    if isAlways { return "always" }
    if isNever { return "never" }
    let fields = text.split(omittingEmptySubsequences: false) { $0 == "," || $0 == "|" }.map { Self.shown($0) }
    func field(_ index: Int) -> String? {
      guard fields.indices.contains(index), !fields[index].isEmpty, fields[index] != "*" else { return nil }
      return fields[index]
    }
    let weekdays = field(1).map { Self.named($0, ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]) }
    let months = field(3).map {
      Self.named($0, ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
    }
    let date = [field(2), months].compactMap(\.self).joined(separator: " ")
    let parts = [weekdays, date.isEmpty ? nil : date, field(0)]
    return parts.compactMap(\.self).joined(separator: " ")
  }

  private static func shown(_ field: Substring) -> String {
    String(field.filter { $0 != " " && $0 != "\t" }.prefix(80)).replacing("-", with: "–").replacing("&", with: ", ")
  }

  /// Names as one writes them, whether they were written as names or as numbers.
  private static func named(_ field: String, _ names: [String]) -> String {
    var shown = ""
    var word = ""
    func finished() -> String {
      if let number = Int(word), names.indices.contains(number - 1) { return names[number - 1] }
      return names.first { $0.lowercased() == word.lowercased() } ?? word
    }
    for character in field {
      if character.isLetter || character.isNumber {
        word.append(character)
      } else {
        shown += finished() + String(character)
        word = ""
      }
    }
    return shown + finished()
  }
}
