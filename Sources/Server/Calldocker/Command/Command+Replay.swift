import Calls
import Foundation

extension Command {
  static let replay = Verb(
    name: "replay", words: nil, summary: "run a call again from its recording, which must reach the same end",
    flags: controlFlags,
    notes: """
      Say `calldocker replay CALLID` or `calldocker replay UUID CALLID` of a call that the server knows, or
      `calldocker replay FILE` of one that `calldocker why CALLID --export FILE` wrote; that needs no server. The machines of
      this program are told what came to those that recorded the call, at the same times, and what they say and do is compared.
      With --json: {"call":…,"same":true,"inputs":…,"outputs":…,"end":…} on one line. The code is 0 where both went the same
      way, 70 where they parted, 65 where the recording cannot be run again.
      """
  ) { options, environment in
    guard options.faults.isEmpty, (1...2).contains(options.words.count) else {
      let fault = options.faults.first ?? (options.words.isEmpty ? "CALLID or FILE is missing" : "one word too many")
      let usage = "Usage: calldocker replay [UUID] CALLID, or calldocker replay FILE\nMore: calldocker replay --help"
      throw Failure(code: EX_USAGE, sentence: "\(fault)\n\n\(usage)")
    }
    let isFile = options.words.count == 1 && (options.words[0].contains { $0 == "." || $0 == "/" })
    let recording = isFile ? try readRecording(options.words[0]) : try askRecording(options, environment)
    try report(recording, options)
  }

  /// Bytes that a recording's file may have.
  private static let maximumRecording = 16 * 1024 * 1024

  private static func readRecording(_ path: String) throws -> FlightRecording {
    guard let octets = FileManager.default.contents(atPath: path), octets.count <= maximumRecording else {
      throw Failure(code: EX_DATAERR, sentence: "The file \(path) cannot be read.")
    }
    let recording: FlightRecording
    do {
      recording = try JSONDecoder().decode(FlightRecording.self, from: octets)
    } catch {
      throw Failure(code: EX_DATAERR, sentence: "\(path) is no recording of a call: \(error)")
    }
    guard recording.format == FlightRecording.format, recording.version == FlightRecording.version else {
      let sentence = "\(path) is a recording of version \(recording.version); this program reads \(FlightRecording.version)."
      throw Failure(code: EX_DATAERR, sentence: sentence)
    }
    return recording
  }

  private static func report(_ recording: FlightRecording, _ options: Options) throws {
    let record = recording.record
    var replay = FlightReplay(record)
    switch replay.run().verdict {
    case .same(let inputs, let outputs):
      let end = record.end ?? "still going on"
      let shown = ReplayShown(
        call: record.call.description, same: true, inputs: inputs, outputs: outputs, end: record.end, difference: nil)
      try print(options, json: try json(shown)) {
        "Call \(record.call) went the same way again: \(inputs) inputs, \(outputs) outputs, the same end (\(end))."
      }
    case .parted(let difference):
      let told = ReplayShown.Difference(difference, record, FlightClock(offset: recording.clock))
      let shown = ReplayShown(
        call: record.call.description, same: false, inputs: nil, outputs: nil, end: record.end, difference: told)
      try print(options, json: try json(shown)) { told.sentence(record.call) }
      let sentence = "The recording was made by calldocker \(recording.program); this is \(version)."
      throw Failure(code: EX_SOFTWARE, sentence: sentence)
    case .impossible(let sentence): throw Failure(code: EX_DATAERR, sentence: sentence)
    }
  }

  /// The recording of a call that the server knows.
  static func askRecording(_ options: Options, _ environment: [String: String]) throws -> FlightRecording {
    let client = try controlClient(options, environment)
    let (tenant, call) = try callMeant(options, client)
    return try client.ask("GET", "/tenants/\(tenant)/calls/\(call)/trace?form=recording")
  }

  /// Writes what support needs of a call. Without `--private` the persons in it are nobody's.
  static func export(_ recording: FlightRecording, to path: String, isPrivate: Bool) throws {
    let written = isPrivate ? recording : try NamelessRecording(recording).recording
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let octets = try encoder.encode(written)
    guard FileManager.default.createFile(atPath: path, contents: octets, attributes: [.posixPermissions: 0o600]) else {
      throw Failure(code: EX_IOERR, sentence: "The file \(path) cannot be written.")
    }
  }
}

struct ReplayShown: Codable, Sendable {
  struct Difference: Codable, Sendable {
    /// Counted from 1.
    var input: Int
    var at: String
    var cause: String
    /// Absent where one did nothing more.
    var recorded: String?
    var replayed: String?

    init(_ difference: FlightReplay.Difference, _ record: FlightRecord, _ clock: FlightClock) {
      input = difference.input
      at = "\(clock.day(difference.at))T\(clock.time(difference.at))Z"
      cause = FlightFields.line(difference.cause, of: record)
      recorded = difference.recorded.map { FlightFields.line($0, of: record) }
      replayed = difference.replayed.map { FlightFields.line($0, of: record) }
    }

    func sentence(_ call: CallID) -> String {
      """
      Call \(call) does not go the same way again. It parts after input \(input), at \(at): \(cause)
        recorded: \(recorded ?? "nothing more")
        now:      \(replayed ?? "nothing more")
      """
    }
  }
  var call: String
  var same: Bool
  var inputs: Int?
  var outputs: Int?
  var end: String?
  var difference: Difference?
}
