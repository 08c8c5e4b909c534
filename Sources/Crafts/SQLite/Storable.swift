/// What one field holds: the five kinds that SQLite knows.
package enum Value: Hashable, Sendable {
  case null
  case integer(Int64)
  /// Not a number is nothing to SQLite: it comes back as `null`.
  case real(Double)
  case text(String)
  case blob([UInt8])
}

/// Something that a field can hold, and that can be read from it again.
package protocol Storable: Sendable {
  var stored: Value { get }
  /// `nil` when the field holds another kind, or a number out of range.
  init?(stored value: Value)
}

extension Storable where Self: FixedWidthInteger {
  // Only for types that 64 signed bits can hold; UInt and UInt64 are left out on purpose.
  package var stored: Value { .integer(Int64(clamping: self)) }
  package init?(stored value: Value) {
    guard case .integer(let number) = value else { return nil }
    self.init(exactly: number)
  }
}

extension Int: Storable {}
extension Int64: Storable {}
extension Int32: Storable {}
extension UInt32: Storable {}
extension UInt16: Storable {}
extension UInt8: Storable {}

extension Bool: Storable {
  package var stored: Value { .integer(self ? 1 : 0) }
  package init?(stored value: Value) {
    switch value {
    case .integer(0): self = false
    case .integer(1): self = true
    default: return nil
    }
  }
}

extension Double: Storable {
  package var stored: Value { .real(self) }
  package init?(stored value: Value) {
    guard case .real(let number) = value else { return nil }
    self = number
  }
}

extension String: Storable {
  package var stored: Value { .text(self) }
  package init?(stored value: Value) {
    guard case .text(let text) = value else { return nil }
    self = text
  }
}

extension [UInt8]: Storable {
  package var stored: Value { .blob(self) }
  package init?(stored value: Value) {
    guard case .blob(let octets) = value else { return nil }
    self = octets
  }
}

extension Optional: Storable where Wrapped: Storable {
  package var stored: Value { self?.stored ?? .null }
  package init?(stored value: Value) {
    guard value != .null else {
      self = .none
      return
    }
    guard let wrapped = Wrapped(stored: value) else { return nil }
    self = .some(wrapped)
  }
}

extension Storable where Self: RawRepresentable, RawValue: Storable {
  package var stored: Value { rawValue.stored }
  package init?(stored value: Value) {
    guard let raw = RawValue(stored: value) else { return nil }
    self.init(rawValue: raw)
  }
}
