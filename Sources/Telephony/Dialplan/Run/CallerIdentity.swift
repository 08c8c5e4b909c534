extension Channel.Party {
  /// `"Name" <number>`, `Name <number>`, `<number>` or a number, as dialplans and people write it.
  package init(written text: String) {
    self.init()
    let trimmed = Run.trimmed(text)
    guard let open = trimmed.utf8.lastIndex(of: UInt8(ascii: "<")) else {
      let isNumber = !trimmed.isEmpty && trimmed.utf8.allSatisfy { "+*#0123456789".utf8.contains($0) }
      if isNumber { number = trimmed } else { name = Self.unquoted(trimmed) }
      return
    }
    let inside = trimmed[trimmed.index(after: open)...]
    let close = inside.utf8.firstIndex(of: UInt8(ascii: ">")) ?? inside.endIndex
    number = Self.some(Run.trimmed(inside[..<close]))
    name = Self.unquoted(Run.trimmed(trimmed[..<open]))
  }

  private static func unquoted(_ text: String) -> String? {
    guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return some(text) }
    return some(String(text.dropFirst().dropLast()))
  }

  private static func some(_ text: String) -> String? { text.isEmpty ? nil : text }

  /// `"Name" <number>`, as `CALLERID(all)` shows it.
  package var written: String {
    switch (name, number) {
    case (let name?, let number): "\"\(name)\" <\(number ?? "")>"
    case (nil, let number?): "<\(number)>"
    case (nil, nil): ""
    }
  }
}
