/// A channel's variables: each name has as many values as subroutines hid it, the newest is seen.
package struct Variables: Hashable, Sendable {
  /// Past it a new name is refused: a dialplan that loops must not eat the machine.
  package static var maximumNames: Int { 5000 }
  package static var maximumLength: Int { 65_536 }

  /// How far a variable goes along with calls that this one makes (`_N`, `__N`).
  package enum Inheritance: Hashable, Sendable { case none, once, always }

  private struct Instance: Hashable, Sendable {
    var value: String
    /// How many subroutines deep it was made.
    var depth: Int
    var inheritance = Inheritance.none
  }
  /// What is seen.
  private var instances: [String: Instance] = [:]
  /// What subroutines hid, the newest last.
  private var hidden: [String: [Instance]] = [:]
  /// The names that each depth made, to be let go when it returns.
  private var made: [Int: [String]] = [:]

  package init() {}

  /// The value that is seen; `nil` if there is none (an empty one hides a global).
  package subscript(name: String) -> String? { instances[name]?.value }

  /// The value that a depth itself made.
  package func local(_ name: String, depth: Int) -> String? {
    guard let seen = instances[name], seen.depth == depth else { return nil }
    return seen.value
  }

  /// Changes the value that is seen, or makes one for the whole call. Leading underscores say how far it is inherited.
  ///
  /// - Returns: whether there was room.
  package mutating func set(_ written: String, _ value: String) -> Bool {
    let (name, inheritance) = Self.inheritance(of: written)
    guard value.utf8.count <= Self.maximumLength else { return false }
    if let index = instances.index(forKey: name) {
      instances.values[index].value = value
      instances.values[index].inheritance = inheritance
      return true
    }
    guard instances.count < Self.maximumNames else { return false }
    instances[name] = Instance(value: value, depth: 0, inheritance: inheritance)
    return true
  }

  /// Makes a value that a depth's return takes away again (`LOCAL`).
  package mutating func setLocal(_ name: String, _ value: String, depth: Int) -> Bool {
    guard depth > 0 else { return set(name, value) }
    guard value.utf8.count <= Self.maximumLength else { return false }
    let seen = instances[name]
    if seen?.depth == depth { return set(name, value) }
    guard instances.count < Self.maximumNames || seen != nil else { return false }
    if let seen { hidden[name, default: []].append(seen) }
    instances[name] = Instance(value: value, depth: depth)
    made[depth, default: []].append(name)
    return true
  }

  /// A subroutine is left: what it made is gone, what that hid is seen again.
  package mutating func leave(depth: Int) {
    for name in made.removeValue(forKey: depth) ?? [] where instances[name]?.depth == depth {
      instances[name] = hidden[name]?.popLast()
      if hidden[name]?.isEmpty == true { hidden[name] = nil }
    }
  }

  /// What a call made by this one begins with.
  package var inherited: Variables {
    var heirs = Variables()
    for (name, seen) in instances where seen.inheritance != .none {
      heirs.instances[name] = Instance(
        value: seen.value, depth: 0, inheritance: seen.inheritance == .always ? .always : .none)
    }
    return heirs
  }

  package static func inheritance(of written: String) -> (name: String, Inheritance) {
    guard written.utf8.first == UInt8(ascii: "_") else { return (written, .none) }
    if written.hasPrefix("__") { return (String(written.dropFirst(2)), .always) }
    return (String(written.dropFirst()), .once)
  }
}
