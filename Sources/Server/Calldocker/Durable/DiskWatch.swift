import SQLite
import Storage
import Wire

/// Whether the disk takes what is written, and the lines of the call log that it did not take.
///
/// A REGISTER or a sign-up whose change was not written is refused, and whoever asked comes again. A call cannot be had again: its line
/// waits here until the disk has room.
struct DiskWatch: Sendable {
  /// Lines that wait; one more is lost, and the log says so.
  static let maximumHeld = 10_000
  /// How often a disk that failed is tried again, whether or not anybody has something to write.
  static let retryPeriod = Duration.seconds(5)
  /// What is written then and taken away again: more than the little that a full disk may still take, where rows are only replaced.
  static let trialOctets = 65_536
  static let trialName = "disk-watch"

  enum Change: Hashable, Sendable {
    case failed
    case recovered
  }

  /// A line, and who wants to know when it can be read.
  struct Line: Sendable {
    let row: CallRow
    let done: @Sendable (StorageFailure?) -> Void
  }

  private struct Key: Hashable {
    let tenant: TenantKey
    let id: String
    init(_ row: CallRow) { (tenant, id) = (row.tenant, row.id) }
  }

  private(set) var isFailing = false
  private var held: [Key: Line] = [:]
  var heldCount: Int { held.count }

  /// Takes how a write went; says what has changed. What is wrong with one row says nothing of the disk.
  mutating func note(_ failure: StorageFailure?) -> Change? {
    guard failure?.isOfDisk ?? true, isFailing != (failure != nil) else { return nil }
    isFailing = failure != nil
    return isFailing ? .failed : .recovered
  }

  /// Keeps a line for later, in place of an earlier one of the same call; `false` if there is no room.
  mutating func hold(_ line: Line) -> Bool {
    let key = Key(line.row)
    guard held.count < Self.maximumHeld || held[key] != nil else { return false }
    // All that is known of a call is known at its end, whichever of the two comes back first.
    if held[key]?.row.end == nil { held[key] = line }
    return true
  }

  /// The disk has a line of this call: an earlier one would take it back.
  mutating func written(_ row: CallRow) { held[Key(row)] = nil }

  /// What waits, oldest call first, to be written again.
  mutating func takeHeld() -> [Line] {
    defer { held = [:] }
    return held.values.sorted { ($0.row.startedAt, $0.row.id) < ($1.row.startedAt, $1.row.id) }
  }
}

extension StorageFailure {
  /// Whether it is the disk's, and no row's, caller's or end's.
  var isOfDisk: Bool {
    guard case .database(let failure) = self else { return false }
    return switch failure.reason {
    case .full, .readOnly, .corrupt, .cannotOpen, .inputOutput: true
    default: false
    }
  }

  /// Whether what should be written is there already.
  var isKnown: Bool {
    if case .database(let failure) = self { failure.reason == .constraint(.unique) } else { false }
  }
}
