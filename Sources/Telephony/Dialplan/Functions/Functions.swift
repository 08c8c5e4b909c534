/// Every function that a dialplan may name.
package enum Functions {
  package static let all: [DialplanFunction] =
    texts + lists + choices + pages + numbers + times + codings + scopes + store + channel + identities + plans + office
    + queues + headers + unserved

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// The function of a name, which is written in capitals.
  package static func named(_ name: String) -> DialplanFunction? { byName[name] }

  /// What is said of a name that no function has.
  package static func unknown(_ name: String) -> String {
    let capitals = name.uppercased()
    let advice = name != capitals && byName[capitals] != nil ? " Functions are written in capitals: \(capitals)." : ""
    return "There is no function \(name), and its text is empty.\(advice)"
  }
}

extension DialplanFunction.Trouble {
  static func needs(_ shape: String) -> Self { .complaint("it needs \(shape).") }
}

extension Run {
  /// What `${name}` would be, for functions that take the name of a variable and not its value.
  mutating func value(named name: String) throws(DialplanFunction.Trouble) -> String {
    let (reference, excerpt) = TemplateReader.reference(name)
    do throws(Pending) {
      let value = try reference.value(in: &self)
      return excerpt?.of(value) ?? value
    } catch { throw .pending(error) }
  }

  /// Remembers something of this channel that only functions read.
  mutating func keep(_ attribute: String, _ value: String) throws(DialplanFunction.Trouble) {
    guard channel.attributes[attribute] != nil || channel.attributes.count < Channel.maximumAttributes else {
      throw .complaint("a call has room for \(Channel.maximumAttributes) such values.")
    }
    guard attribute.utf8.count <= Functions.maximumKeyLength else {
      throw .complaint("such a name has room for \(Functions.maximumKeyLength) bytes.")
    }
    guard value.utf8.count <= Variables.maximumLength else {
      throw .complaint("a value has room for \(Variables.maximumLength) bytes.")
    }
    channel.attributes[attribute] = value
  }
}

extension Channel {
  /// What functions remember of one channel (`CDR`, `SHARED`, headers, …).
  package static var maximumAttributes: Int { 1000 }
}

/// Texts as the bytes that functions count and replace.
extension String {
  init(octets: some Collection<UInt8>) { self.init(decoding: octets, as: UTF8.self) }

  /// `\n`, `\t`, `\r`, `\\`, `\x41` as the bytes that they mean.
  var unescaped: [UInt8] {
    guard utf8.contains(UInt8(ascii: "\\")) else { return Array(utf8) }
    var result: [UInt8] = []
    var rest = utf8[...]
    while let octet = rest.popFirst() {
      guard octet == UInt8(ascii: "\\"), let kind = rest.popFirst() else {
        result.append(octet)
        continue
      }
      switch kind {
      case UInt8(ascii: "n"): result.append(10)
      case UInt8(ascii: "t"): result.append(9)
      case UInt8(ascii: "r"): result.append(13)
      case UInt8(ascii: "x"):
        let digits = rest.prefix(2)
        guard let value = UInt8(Substring(digits), radix: 16) else { continue }
        result.append(value)
        rest = rest.dropFirst(digits.count)
      default: result.append(kind)
      }
    }
    return result
  }
}
