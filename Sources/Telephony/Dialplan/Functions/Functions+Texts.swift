extension Functions {
  /// Texts, byte by byte.
  static let texts: [DialplanFunction] = [
    DialplanFunction("LEN", read: length), DialplanFunction("ISNULL", read: isEmpty), DialplanFunction("EXISTS", read: exists),
    DialplanFunction("TOUPPER", read: toUpper), DialplanFunction("TOLOWER", read: toLower),
    DialplanFunction("FILTER", read: filter),
    DialplanFunction("REPLACE", read: replace), DialplanFunction("STRREPLACE", read: replaceText),
    DialplanFunction("QUOTE", read: quote), DialplanFunction("CSV_QUOTE", read: quoteForCSV),
    DialplanFunction("TRIM", read: trim), DialplanFunction("LTRIM", read: trimFront), DialplanFunction("RTRIM", read: trimEnd),
    DialplanFunction("PASSTHRU", read: same), DialplanFunction("KEYPADHASH", read: keypad),
  ]

  private static func length(_ text: String, _ run: inout Run) -> String { String(text.utf8.count) }
  private static func isEmpty(_ text: String, _ run: inout Run) -> String { text.isEmpty ? "1" : "0" }
  private static func exists(_ text: String, _ run: inout Run) -> String { text.isEmpty ? "0" : "1" }
  private static func toUpper(_ text: String, _ run: inout Run) -> String { text.uppercased() }
  private static func toLower(_ text: String, _ run: inout Run) -> String { text.lowercased() }
  private static func same(_ text: String, _ run: inout Run) -> String { text }

  /// `FILTER(allowed,text)`: only bytes of the list are left, which knows ranges (`0-9`) and `\x41`.
  private static func filter(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    // The list keeps its backslashes: they say which byte is meant.
    guard let comma = unprotectedComma(arguments) else { throw .needs("FILTER(allowed,text)") }
    let allowed = set(String(octets: arguments.utf8[..<comma]))
    return String(octets: arguments.utf8[arguments.utf8.index(after: comma)...].filter { allowed.contains($0) })
  }

  private static func unprotectedComma(_ text: String) -> String.Index? {
    var isProtected = false
    return text.utf8.indices.first { index in
      let octet = text.utf8[index]
      if isProtected {
        isProtected = false
        return false
      }
      isProtected = octet == UInt8(ascii: "\\")
      return octet == UInt8(ascii: ",")
    }
  }

  /// `a-z0-9_`, `\x20-\x7e`: a hyphen first or last is itself.
  private static func set(_ written: String) -> ByteSet {
    var octets: [(octet: UInt8, isPlain: Bool)] = []
    var rest = written.utf8[...]
    while let octet = rest.first {
      // One escape is two or four characters long; its byte never makes a range.
      let length = octet == UInt8(ascii: "\\") ? (rest.dropFirst().first == UInt8(ascii: "x") ? 4 : 2) : 1
      let piece = rest.prefix(length)
      octets += String(octets: piece).unescaped.map { ($0, length == 1) }
      rest = rest.dropFirst(piece.count)
    }
    var set = ByteSet()
    var position = 0
    while position < octets.count {
      let isRange =
        position + 2 < octets.count && octets[position + 1].octet == UInt8(ascii: "-") && octets[position + 1].isPlain
      let first = octets[position].octet
      let last = isRange ? octets[position + 2].octet : first
      if first <= last { for octet in first...last { set.insert(octet) } }
      position += isRange ? 3 : 1
    }
    return set
  }

  /// `REPLACE(variable,find[,with])`: each byte of the list becomes one other byte, or goes.
  private static func replace(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 3)
    guard list.count >= 2, !list[1].isEmpty else { throw .needs("REPLACE(variable,characters[,character])") }
    let (find, with) = (Set(list[1].unescaped), list[2].unescaped.first)
    return String(octets: try run.value(named: list[0]).utf8.compactMap { find.contains($0) ? with : $0 })
  }

  /// `STRREPLACE(variable,find[,with[,times]])`.
  private static func replaceText(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 4)
    let (find, with) = (list[1].unescaped, list[2].unescaped)
    guard !find.isEmpty else { throw .needs("STRREPLACE(variable,find[,with[,times]])") }
    guard find.count <= maximumSought else { throw .complaint("it looks for \(maximumSought) bytes at most.") }
    var left = list.given(3).flatMap { Int($0) } ?? .max
    let octets = Array(try run.value(named: list[0]).utf8)
    var (result, position) = ([UInt8](), 0)
    while position < octets.count, result.count <= Variables.maximumLength {
      if left > 0, octets[position...].starts(with: find) {
        result += with
        position += find.count
        left -= 1
      } else {
        result.append(octets[position])
        position += 1
      }
    }
    return String(octets: result)
  }

  /// Bytes that one function looks for in a text.
  package static var maximumSought: Int { 256 }

  private static func quote(_ text: String, _ run: inout Run) -> String {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for octet in text.utf8 {
      if octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { result.append(UInt8(ascii: "\\")) }
      result.append(octet)
    }
    return String(octets: result + [UInt8(ascii: "\"")])
  }

  private static func quoteForCSV(_ text: String, _ run: inout Run) -> String {
    "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  private static func trim(_ text: String, _ run: inout Run) -> String { trimEnd(trimFront(text, &run), &run) }
  private static func trimFront(_ text: String, _ run: inout Run) -> String { String(octets: text.utf8.drop(while: isBlank)) }
  private static func trimEnd(_ text: String, _ run: inout Run) -> String {
    String(octets: text.utf8.reversed().drop(while: isBlank).reversed())
  }

  /// The keys of a telephone that a word is typed with.
  private static func keypad(_ text: String, _ run: inout Run) -> String {
    String(
      octets: text.lowercased().utf8.compactMap { octet -> UInt8? in
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Array("22233344455566677778889999".utf8)[Int(octet - UInt8(ascii: "a"))]
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "#"): octet
        default: nil
        }
      })
  }
}
