/// Learns from a phone's reports whether what it is sent arrives there: a report names every source that was heard since the one before,
/// and how far (RFC 3550 §6.4).
struct DeliveryWatch {
  /// A second of sound: what less came of may still be on its way.
  static let packetsToJudge: UInt64 = 50
  /// Reports in a row that know of nothing new, before it is said; and once more after as many others.
  static let reportsToDoubt = 2

  enum Finding: Hashable {
    case unreached(isCertain: Bool)
    case reachedAgain
  }

  private var highest: UInt32?
  private var sentBefore: UInt64 = 0
  private var doubts = 0

  /// Takes a report.
  ///
  /// - Parameters:
  ///   - highest: the number of the last packet of ours that arrived; `nil` if the report does not tell of us.
  ///   - sent: how many we have sent.
  mutating func reported(_ highest: UInt32?, sent: UInt64) -> Finding? {
    if let highest, highest != self.highest {
      let wasUnreached = doubts >= Self.reportsToDoubt
      (self.highest, sentBefore, doubts) = (highest, sent, 0)
      return wasUnreached ? .reachedAgain : nil
    }
    guard sent &- sentBefore >= Self.packetsToJudge, doubts < 2 * Self.reportsToDoubt else { return nil }
    (sentBefore, doubts) = (sent, doubts + 1)
    return doubts % Self.reportsToDoubt == 0 ? .unreached(isCertain: self.highest != nil) : nil
  }
}
