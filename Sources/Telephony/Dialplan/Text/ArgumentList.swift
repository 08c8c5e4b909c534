/// An application's or function's arguments, split at commas.
///
/// Commas in quotes, parentheses and brackets do not split, nor does one behind a backslash; quotes and these backslashes are taken away.
package struct ArgumentList: Hashable, Sendable {
  /// Arguments of one text: the last of them holds the rest.
  package static var maximumArguments: Int { 256 }

  package private(set) var arguments: [String]

  /// - Parameter limit: how many there may be; the last holds the rest of the text as it was written.
  package init(_ text: String, limit: Int = Self.maximumArguments, separator: UInt8 = UInt8(ascii: ",")) {
    arguments = Self.split(text, limit, separator, isRaw: false)
  }

  /// The arguments with their quotes and backslashes, as subroutines get them.
  package static func raw(
    _ text: String, limit: Int = Self.maximumArguments, separator: UInt8 = UInt8(ascii: ",")
  ) -> [String] { split(text, limit, separator, isRaw: true) }

  package var count: Int { arguments.count }

  /// An argument, empty where none was written.
  package subscript(number: Int) -> String { arguments.indices.contains(number) ? arguments[number] : "" }

  /// An argument, `nil` where none was written or an empty one.
  package func given(_ number: Int) -> String? {
    let argument = self[number]
    return argument.isEmpty ? nil : argument
  }

  private static func split(_ text: String, _ limit: Int, _ separator: UInt8, isRaw: Bool) -> [String] {
    guard !text.isEmpty else { return [] }
    var arguments: [String] = []
    var argument: [UInt8] = []
    var (parentheses, brackets, isQuoted) = (0, 0, false)
    var rest = text.utf8[...]
    while arguments.count < limit - 1, let octet = rest.popFirst() {
      switch octet {
      case separator where parentheses == 0 && brackets == 0 && !isQuoted:
        arguments.append(String(decoding: argument, as: UTF8.self))
        argument.removeAll(keepingCapacity: true)
        if arguments.count == limit - 1 { return arguments + [String(Substring(rest))] }
        continue
      case UInt8(ascii: "("): parentheses += 1
      case UInt8(ascii: ")"): parentheses = max(0, parentheses - 1)
      case UInt8(ascii: "["): brackets += 1
      case UInt8(ascii: "]"): brackets = max(0, brackets - 1)
      case UInt8(ascii: "\""):
        isQuoted.toggle()
        if !isRaw { continue }
      case UInt8(ascii: "\\"):
        if isRaw { argument.append(octet) }
        if let protected = rest.popFirst() { argument.append(protected) }
        continue
      default: break
      }
      argument.append(octet)
    }
    return arguments + [limit > 1 ? String(decoding: argument, as: UTF8.self) : String(Substring(rest))]
  }
}
