import Dialplan
import Wire

extension FuzzTarget {
  /// A time zone's file: whatever is in it, at every moment there is a clock, within two days of UTC, and a rule says the same as its file.
  static let zone: Body = { octets throws(BrokenPromise) in
    if let rule = ZoneRule(String(decoding: octets.prefix(256), as: UTF8.self)) {
      let file = ZoneFile(rule: rule)
      for epoch in moments { try promise(file.local(at: epoch) == rule.local(at: epoch), "a rule is a rule at \(epoch)") }
      try promise(rule.local(at: 0).abbreviation.utf8.count >= 3, "clocks have names")
    }
    guard let file = try? ZoneFile(parsing: octets) else { return }
    for epoch in moments {
      try promise(abs(file.offset(at: epoch)) < 2 * 86_400, "clocks are within two days of UTC at \(epoch)")
    }
  }

  private static let moments: [Int64] = [
    .min, -4_000_000_000, -1, 0, 1, 1_700_000_000, 1_711_846_800, 4_102_444_800, 1 << 40, .max,
  ]
}
