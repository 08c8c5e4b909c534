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
  private var instances: [String: [Instance]] = [:]
  /// The names that each depth made, to be let go when it returns.
  private var made: [Int: [String]] = [:]

  package init() {}

  /// The value that is seen; `nil` if there is none (an empty one hides a global).
  package subscript(name: String) -> String? { instances[name]?.last?.value }

  /// The value that a depth itself made.
  package func local(_ name: String, depth: Int) -> String? {
    guard let last = instances[name]?.last, last.depth == depth else { return nil }
    return last.value
  }

  /// Changes the value that is seen, or makes one for the whole call. Leading underscores say how far it is inherited.
  ///
  /// - Returns: whether there was room.
  package mutating func set(_ written: String, _ value: String) -> Bool {
    let (name, inheritance) = Self.inheritance(of: written)
    guard value.utf8.count <= Self.maximumLength else { return false }
    var all = instances[name] ?? []
    guard !all.isEmpty || instances.count < Self.maximumNames else { return false }
    let depth = all.popLast()?.depth ?? 0
    instances[name] = all + [Instance(value: value, depth: depth, inheritance: inheritance)]
    return true
  }

  /// Makes a value that a depth's return takes away again (`LOCAL`).
  package mutating func setLocal(_ name: String, _ value: String, depth: Int) -> Bool {
    guard depth > 0 else { return set(name, value) }
    guard value.utf8.count <= Self.maximumLength else { return false }
    if let last = instances[name]?.last, last.depth == depth { return set(name, value) }
    guard instances.count < Self.maximumNames || instances[name] != nil else { return false }
    instances[name, default: []].append(Instance(value: value, depth: depth))
    made[depth, default: []].append(name)
    return true
  }

  /// A subroutine is left: what it made is gone, what that hid is seen again.
  package mutating func leave(depth: Int) {
    for name in made.removeValue(forKey: depth) ?? [] {
      instances[name]?.removeAll { $0.depth == depth }
      if instances[name]?.isEmpty == true { instances[name] = nil }
    }
  }

  /// What a call made by this one begins with.
  package var inherited: Variables {
    var heirs = Variables()
    for (name, all) in instances {
      guard let last = all.last, last.inheritance != .none else { continue }
      heirs.instances[name] = [
        Instance(value: last.value, depth: 0, inheritance: last.inheritance == .always ? .always : .none)
      ]
    }
    return heirs
  }

  package static func inheritance(of written: String) -> (name: String, Inheritance) {
    if written.hasPrefix("__") { return (String(written.dropFirst(2)), .always) }
    if written.hasPrefix("_") { return (String(written.dropFirst()), .once) }
    return (written, .none)
  }
}
