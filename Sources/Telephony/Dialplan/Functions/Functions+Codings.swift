import Cryptography
import Wire

extension Functions {
  /// Texts in other clothes.
  static let codings: [DialplanFunction] = [
    DialplanFunction("URIENCODE", read: encodeURI), DialplanFunction("URIDECODE", read: decodeURI),
    DialplanFunction("BASE64_ENCODE", read: encodeBase64), DialplanFunction("BASE64_DECODE", read: decodeBase64),
    DialplanFunction("MD5", read: md5), DialplanFunction("SHA1", read: sha1), DialplanFunction("JSON_DECODE", read: decodeJSON),
  ]

  /// Everything but the unreserved characters of RFC 3986 becomes `%XX`.
  private static func encodeURI(_ text: String, _ run: inout Run) -> String {
    var result: [UInt8] = []
    for octet in text.utf8 {
      switch octet {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.append(octet)
      default: result += [UInt8(ascii: "%")] + Array(Hex.encode([octet]).uppercased().utf8)
      }
    }
    return String(octets: result)
  }

  private static func decodeURI(_ text: String, _ run: inout Run) -> String {
    var result: [UInt8] = []
    var rest = text.utf8[...]
    while let octet = rest.popFirst() {
      if octet == UInt8(ascii: "%"), let value = Hex.decode(Substring(rest.prefix(2))), value.count == 1 {
        result.append(value[0])
        rest = rest.dropFirst(2)
      } else {
        result.append(octet == UInt8(ascii: "+") ? UInt8(ascii: " ") : octet)
      }
    }
    return String(octets: result)
  }

  private static func encodeBase64(_ text: String, _ run: inout Run) -> String { Base64.encode(Array(text.utf8)) }

  private static func decodeBase64(_ text: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    guard let octets = Base64.decode(text) else { throw .complaint("“\(text)” is not Base 64.") }
    return String(octets: octets)
  }

  private static func md5(_ text: String, _ run: inout Run) -> String { Hex.encode(MD5.hash(Array(text.utf8))) }
  private static func sha1(_ text: String, _ run: inout Run) -> String { Hex.encode(SHA1.hash(Array(text.utf8))) }

  /// `JSON_DECODE(variable,path[,separator])`: `order.lines.0.price` of the text in a variable; objects and lists stay JSON.
  private static func decodeJSON(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 4)
    guard let path = list.given(1) else { throw .needs("JSON_DECODE(variable,path)") }
    let text = try run.value(named: list[0])
    guard let whole = JSONText(text) else { throw .complaint("the value of \(list[0]) is not JSON.") }
    let separator = list[2].utf8.first ?? UInt8(ascii: ".")
    var place = whole
    for step in path.utf8.split(separator: separator, omittingEmptySubsequences: true) {
      guard let next = place[String(octets: step)] else { throw .complaint("there is no \(path) in the value of \(list[0]).") }
      place = next
    }
    return place.text
  }
}

/// A JSON text (RFC 8259), read only as far as somebody looks into it.
struct JSONText {
  /// How deep objects and lists may stand in one another.
  static var maximumDepth: Int { 64 }

  private let octets: ArraySlice<UInt8>

  /// `nil` for what is not JSON from its beginning to its end.
  init?(_ text: String) {
    var reader = JSONReader(Array(text.utf8)[...])
    guard let value = reader.value(depth: 0), reader.isAtEnd else { return nil }
    octets = value
  }

  private init(_ octets: ArraySlice<UInt8>) { self.octets = octets }

  /// A member of an object by its name, or of a list by its number.
  subscript(name: String) -> JSONText? {
    var reader = JSONReader(octets)
    var number = 0
    return reader.members { key, value in
      defer { number += 1 }
      return (key ?? String(number)) == name
    }.map(JSONText.init)
  }

  /// A string without quotes and escapes, 1 or 0 for true and false, nothing for null, everything else as it is written.
  var text: String {
    switch octets.first {
    case UInt8(ascii: "\""): JSONReader.unquoted(octets)
    case UInt8(ascii: "t"): "1"
    case UInt8(ascii: "f"): "0"
    case UInt8(ascii: "n"): ""
    default: String(octets: octets)
    }
  }
}

private struct JSONReader {
  private let octets: ArraySlice<UInt8>
  private var position: Int

  init(_ octets: ArraySlice<UInt8>) {
    self.octets = octets
    position = octets.startIndex
  }

  var isAtEnd: Bool {
    mutating get {
      skipBlanks()
      return position == octets.endIndex
    }
  }

  private var octet: UInt8? { position < octets.endIndex ? octets[position] : nil }
  private mutating func skipBlanks() { while let octet, [32, 9, 10, 13].contains(octet) { position += 1 } }
  private mutating func skip(_ wanted: UInt8) -> Bool {
    skipBlanks()
    guard octet == wanted else { return false }
    position += 1
    return true
  }

  /// One value and what it is made of.
  mutating func value(depth: Int) -> ArraySlice<UInt8>? {
    guard depth < JSONText.maximumDepth else { return nil }
    skipBlanks()
    let start = position
    switch octet {
    case UInt8(ascii: "\""): return string()
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      var isWhole = false
      _ = members(depth: depth, isWhole: &isWhole) { _, _ in false }
      return isWhole ? octets[start..<position] : nil
    default:
      while let octet, !", \t\r\n]}:\"[{".utf8.contains(octet) { position += 1 }
      let word = octets[start..<position]
      return Self.isWord(word) ? word : nil
    }
  }

  private static func isWord(_ word: ArraySlice<UInt8>) -> Bool {
    switch word.first {
    case UInt8(ascii: "t"): word.elementsEqual("true".utf8)
    case UInt8(ascii: "f"): word.elementsEqual("false".utf8)
    case UInt8(ascii: "n"): word.elementsEqual("null".utf8)
    default:
      word.first.map { isDigit($0) || $0 == UInt8(ascii: "-") } == true
        && word.allSatisfy { isDigit($0) || "+-.eE".utf8.contains($0) }
        && Double(String(octets: word)) != nil
    }
  }

  private mutating func string() -> ArraySlice<UInt8>? {
    let start = position
    position += 1
    while let octet, octet != UInt8(ascii: "\"") {
      guard octet >= 32 else { return nil }
      position += octet == UInt8(ascii: "\\") ? 2 : 1
    }
    guard octet != nil else { return nil }
    position += 1
    return octets[start..<position]
  }

  mutating func members(_ isWanted: (String?, ArraySlice<UInt8>) -> Bool) -> ArraySlice<UInt8>? {
    var isWhole = false
    return members(depth: 0, isWhole: &isWhole, isWanted)
  }

  /// The first member of an object or a list that is wanted.
  private mutating func members(
    depth: Int, isWhole: inout Bool, _ isWanted: (String?, ArraySlice<UInt8>) -> Bool
  ) -> ArraySlice<UInt8>? {
    let isObject = octet == UInt8(ascii: "{")
    guard isObject || octet == UInt8(ascii: "[") else { return nil }
    let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
    position += 1
    isWhole = skip(close)
    while !isWhole {
      var name: String?
      if isObject {
        skipBlanks()
        guard octet == UInt8(ascii: "\""), let written = string(), skip(UInt8(ascii: ":")) else { return nil }
        name = Self.unquoted(written)
      }
      guard let value = value(depth: depth + 1) else { return nil }
      if isWanted(name, value) { return value }
      isWhole = skip(close)
      guard isWhole || skip(UInt8(ascii: ",")) else { return nil }
    }
    return nil
  }

  /// A string's text; half a surrogate pair becomes the sign for what cannot be shown.
  static func unquoted(_ written: ArraySlice<UInt8>) -> String {
    var units: [UInt16] = []
    var text = ""
    var rest = String(octets: written.dropFirst().dropLast()).unicodeScalars[...]
    func flush() {
      text += String(decoding: units, as: UTF16.self)
      units.removeAll()
    }
    while let scalar = rest.popFirst() {
      guard scalar == "\\", let kind = rest.popFirst() else {
        flush()
        text.unicodeScalars.append(scalar)
        continue
      }
      if kind == "u", let unit = UInt16(String(String.UnicodeScalarView(rest.prefix(4))), radix: 16) {
        units.append(unit)
        rest = rest.dropFirst(4)
        continue
      }
      flush()
      switch kind {
      case "n": text += "\n"
      case "t": text += "\t"
      case "r": text += "\r"
      case "b": text += "\u{8}"
      case "f": text += "\u{C}"
      default: text.unicodeScalars.append(kind)
      }
    }
    flush()
    return text
  }
}
