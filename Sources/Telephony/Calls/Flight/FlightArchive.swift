import Wire

/// Records of calls that are over, in a bounded memory. The oldest leave first: of their own tenant past its share, of all past the whole.
package struct FlightArchive: Sendable {
  package static let maximumRecords = 4000
  package static let maximumBytes = 64 * 1024 * 1024
  package static let maximumRecordsPerTenant = 400
  /// Requests that were refused, so that a crowd before a closed door does not push out the calls.
  package static let maximumRefusalsPerTenant = 50

  private var records: [UInt64: FlightRecord] = [:]
  private var numbers: [TenantID: Numbers] = [:]
  private var oldest: UInt64 = 0
  private var next: UInt64 = 0
  package private(set) var octets = 0

  private struct Numbers {
    var calls: [UInt64] = []
    var refusals: [UInt64] = []
  }

  package init() {}

  package var count: Int { records.count }

  package mutating func insert(_ record: FlightRecord) {
    let number = next
    next &+= 1
    records[number] = record
    octets += record.octets
    if record.isRefused {
      numbers[record.tenant, default: Numbers()].refusals.append(number)
    } else {
      numbers[record.tenant, default: Numbers()].calls.append(number)
    }
    if let own = numbers[record.tenant] {
      if own.refusals.count > Self.maximumRefusalsPerTenant { remove(own.refusals[0]) }
      if own.calls.count > Self.maximumRecordsPerTenant { remove(own.calls[0]) }
    }
    while records.count > Self.maximumRecords || octets > Self.maximumBytes, oldest < next {
      remove(oldest)
      oldest &+= 1
    }
  }

  package func records(of tenant: TenantID) -> [FlightRecord] {
    guard let own = numbers[tenant] else { return [] }
    return (own.calls + own.refusals).compactMap { records[$0] }
  }

  package mutating func removeAll(of tenant: TenantID) {
    guard let own = numbers[tenant] else { return }
    for number in own.calls + own.refusals { remove(number) }
  }

  private mutating func remove(_ number: UInt64) {
    guard let record = records.removeValue(forKey: number) else { return }
    octets -= record.octets
    numbers[record.tenant]?.calls.removeAll { $0 == number }
    numbers[record.tenant]?.refusals.removeAll { $0 == number }
    if let own = numbers[record.tenant], own.calls.isEmpty, own.refusals.isEmpty { numbers[record.tenant] = nil }
  }
}
