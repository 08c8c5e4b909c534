extension Dialplan {
  /// The plan as an extensions.conf that loads to the same plan: priorities as numbers, extensions in matching order.
  ///
  /// Variables of `[globals]` stay as written; in names of extensions and includes they have been put in. A line longer than
  /// `SourceReader.maximumLineLength` (one that was put together by `+=`) would not be read again.
  package var printed: String {
    var printer = DialplanPrinter()
    printer.print(self)
    return printer.text
  }
}

private struct DialplanPrinter {
  var text = ""

  mutating func print(_ plan: Dialplan) {
    line("[general]")
    line("autofallthrough = \(plan.fallsThrough ? "yes" : "no")")
    line("clearglobalvars = \(plan.clearsGlobals ? "yes" : "no")")
    if !plan.globals.isEmpty {
      line("")
      line("[globals]")
      for global in plan.globals { line("\(Self.key(global.name)) = \(Self.escaped(global.value))") }
    }
    for name in plan.contextsInOrder {
      if let context = plan.contexts[name] { print(context) }
    }
    if !plan.promises.isEmpty { line("") }
    for promise in plan.promises { line(";@test \(promise.text)") }
  }

  private mutating func line(_ line: String) { text += line + "\n" }

  private mutating func print(_ context: Context) {
    line("")
    line("[\(Self.escaped(context.name))]")
    for include in context.includes {
      line("include => \(Self.escaped(include.context))" + (include.times.map { ",\(Self.escaped($0.text))" } ?? ""))
    }
    for pattern in context.ignored { line("ignorepat => \(Self.escaped(pattern.text))") }
    for item in context.extensions { print(item) }
  }

  private mutating func print(_ item: Extension) {
    if let caption = item.caption { line(";@label \(caption)") }
    let caller = item.caller.map { "/" + Self.field($0.text) } ?? ""
    let name = Self.field(item.pattern.text) + caller
    if let hint = item.hint { line("exten => \(name),hint,\(Self.escaped(hint))") }
    let labels = Dictionary(grouping: item.labels.sorted { $0.key < $1.key }) { $0.value }
    for (priority, step) in item.steps.sorted(by: { $0.key < $1.key }) {
      let label = labels[priority]?.first.map { "(\(Self.field($0.key)))" } ?? ""
      line("exten => \(name),\(priority)\(label),\(Self.escaped("\(step.application)(\(step.arguments.text))"))")
    }
  }

  /// A `;` would begin a comment.
  private static func escaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: ";")) else { return text }
    var octets: [UInt8] = []
    for octet in text.utf8 {
      if octet == UInt8(ascii: ";") { octets.append(UInt8(ascii: "\\")) }
      octets.append(octet)
    }
    return String(decoding: octets, as: UTF8.self)
  }

  /// A name whose first character would mean something.
  private static func key(_ name: String) -> String {
    let escaped = escaped(name)
    return "[#\\;".utf8.contains(escaped.utf8.first ?? 0) ? "\\" + escaped : escaped
  }

  /// A part of a line that ends at a comma: what would end it earlier or later is protected, and a blank that it begins with.
  private static func field(_ text: String) -> String {
    guard text.utf8.first.map({ $0 > 0x20 }) ?? true else { return "\\" + inner(text) }
    return inner(text)
  }

  private static func inner(_ text: String) -> String {
    var (depth, isPlain) = (0, true)
    for octet in text.utf8 {
      switch octet {
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "]") where depth > 0: depth -= 1
      case UInt8(ascii: ",") where depth == 0: isPlain = false
      case UInt8(ascii: "\\"): isPlain = false
      default: break
      }
    }
    guard !isPlain || depth > 0 else { return escaped(text) }
    let protected = text.utf8.flatMap { octet in
      ("[,\\".utf8.contains(octet) ? [UInt8(ascii: "\\")] : []) + [octet]
    }
    return escaped(String(decoding: protected, as: UTF8.self))
  }
}
