import Runtime

/// The data folder: room, right to write, what it holds and who may read it.
struct DiskCheck: Check {
  enum Database: Hashable, Sendable {
    case absent
    /// - faults: SQLite's words; none if it is whole.
    case read(faults: [String])
    /// Why it cannot be read, without a full stop.
    case unreadable(String)
  }
  static let name = "disk"
  static let lowBytes: UInt64 = 500_000_000
  static let fewFiles: UInt64 = 1000
  /// A write-ahead log is 16 MB after a burst (`journal_size_limit`); one much larger was not emptied for long.
  static let largeLog: Int64 = 256_000_000

  var folder: String
  /// `nil` if it is not there yet.
  var facts: FileFacts?
  /// Of the folder, or of the nearest one above it that is there.
  var room: DiskRoom?
  /// Why nothing can be written there, without a full stop; `nil` if it can.
  var refusal: String?
  /// The mode of the control socket, where there is one.
  var socketMode: UInt32?
  var logBytes: Int64
  var database: Database

  var summary: String {
    guard let room else { return "\(folder) cannot be looked at" }
    let size = "\(Self.shown(room.freeBytes)) of \(Self.shown(room.totalBytes)) free at \(folder)"
    switch database {
    case .absent: return "\(size), no database yet"
    case .read(let faults): return "\(size), the database is \(faults.isEmpty ? "whole" : "damaged")"
    case .unreadable: return "\(size), the database cannot be read"
    }
  }

  var findings: [Finding] {
    room.map(judge) ?? [.failed("\(folder) cannot be looked at.", "Choose another folder with --data.")]
  }

  private func judge(_ room: DiskRoom) -> [Finding] {
    var findings: [Finding] = []
    if room.isReadOnly {
      findings.append(
        .failed(
          "The file system of \(folder) is mounted for reading only.", "Mount it for writing, or choose another with --data."))
    } else if let refusal {
      findings.append(
        .failed(
          "Nothing can be written in \(folder): \(refusal).",
          "Give the folder to the server's user (chown), or choose another with --data."))
    }
    if room.freeBytes < Self.lowBytes {
      let sentence = "\(Self.shown(room.freeBytes)) are free: soon no phone can register and no call is logged."
      let advice = "Make room, or move the data folder to a larger disk."
      findings.append(room.freeBytes < Self.lowBytes / 10 ? .failed(sentence, advice) : .warning(sentence, advice))
    }
    if let files = room.freeFiles, files < Self.fewFiles {
      findings.append(
        .failed("The file system has \(files) inodes left.", "Remove files that nobody needs: many small ones, usually."))
    }
    if let facts, facts.mode & 0o077 != 0 {
      findings.append(
        .warning(
          "Others than the server's user may look into \(folder) (mode \(String(facts.mode, radix: 8))).", "chmod 700 \(folder)"
        ))
    }
    if let socketMode, socketMode & 0o077 != 0 {
      findings.append(
        .failed(
          "Others than the server's user may command the server (control.sock has mode \(String(socketMode, radix: 8))).",
          "chmod 600 \(folder)/control.sock, and find out who changed it."))
    }
    return findings + judgeDatabase
  }

  private var judgeDatabase: [Finding] {
    var findings: [Finding] = []
    if logBytes > Self.largeLog {
      findings.append(
        .warning(
          "The write-ahead log has \(Self.shown(UInt64(max(0, logBytes)))): somebody has been reading the database for long.",
          "End programs that hold calldocker.db open, such as a forgotten sqlite3."))
    }
    switch database {
    case .absent: break
    case .read(let faults):
      if let first = faults.first {
        findings.append(
          .failed("The database is damaged: \(first).", "Stop the service, keep a copy of the folder, and go back to a backup.")
        )
      }
    case .unreadable(let why):
      findings.append(
        .failed(
          "The database cannot be read: \(why).", "Run the doctor as the server's user; if it is damaged, go back to a backup.")
      )
    }
    return findings
  }

  private static func shown(_ bytes: UInt64) -> String {
    bytes >= 10_000_000_000 ? "\(bytes / 1_000_000_000) GB" : "\(bytes / 1_000_000) MB"
  }
}
