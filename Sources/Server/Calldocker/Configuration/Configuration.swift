import Calls
import Foundation
import Runtime
import Wire

/// What an operator may choose. How each choice is called, read and explained stands in `Setting.all`.
package struct Configuration: Sendable {
  package var data = "var"
  /// `::` stands for every address of both families, and for those of IPv4 on a machine without IPv6.
  package var host = IPAddress.anyOfBoth
  package var httpPort: UInt16 = 8080
  package var sipPort: UInt16 = 5060
  package var webRTCPort: UInt16 = 7000
  package var rtpPorts: ClosedRange<UInt16> = 20_000...29_999
  /// Threads for media, each with a port for browsers and a share of the ports for phones; `nil` is one for each core.
  package var mediaPlanes: Int?
  package var dialplans = "dialplans"
  /// Web servers that dialplans may ask (`CURL`); `nil` is none.
  package var dialplanHosts: [AllowedHost]?
  package var web = "web"
  package var advertised: IPAddress?
  package var baseDomain: String?
  /// Proxies whose `X-Forwarded-For` tells where a request comes from.
  package var trustedProxies: [IPAddress]?
  package var tls: TLSChoice?
  /// Calls that one address may begin in a minute.
  package var callsPerMinute = CallRates.standardPerSource
  /// Seconds that calls may go on after SIGTERM.
  package var drain = 5
  package static let maximumDrain = 24 * 3600
  package var logLevel = Log.Level.info
  package var showsPersonal = false
  package var isDemo = false

  /// What is probably not meant, but holds nothing up.
  package private(set) var remarks: [String] = []

  /// The demo needs TLS: without it no other machine's browser gives a microphone.
  package var effectiveTLS: TLSChoice { tls ?? (isDemo ? .selfSigned : .off) }

  package static let maximumMediaPlanes = 64

  package init() {}

  /// Everything that is wrong, one sentence each, with the place where it was said.
  package struct Faults: Error, Sendable, CustomStringConvertible {
    package internal(set) var sentences: [String] = []
    /// Whether a flag is wrong and nothing else is.
    package internal(set) var areOnlyFlags = true
    package var description: String { sentences.joined(separator: "\n") }

    fileprivate mutating func append(_ sentence: String, isFlag: Bool = false) {
      sentences.append(sentence)
      areOnlyFlags = areOnlyFlags && isFlag
    }
  }

  /// Where the configuration file is: a choice of flags and environment alone.
  static let file = Flag("config", "FILE", "a configuration file with these settings, one `name = value` a line")

  /// Reads the configuration file, then the environment, then the flags; who comes later wins.
  package init(arguments: [String], environment: [String: String]) throws(Faults) {
    try self.init(Options(arguments, [Self.file] + Setting.all.map(\.flag)), environment)
  }

  /// - Parameter only: the settings that a command needs, and reads from flags and environment; all by default, with no words
  ///   beside the flags. A file is always read wholly.
  init(_ options: Options, _ environment: [String: String], only names: Set<String>? = nil) throws(Faults) {
    let settings = Setting.all.filter { names?.contains($0.name) ?? true }
    var faults = Faults()
    for sentence in options.faults { faults.append(sentence, isFlag: true) }
    if names == nil {
      for word in options.words { faults.append("\(word): a flag was expected, such as --host", isFlag: true) }
      remark(on: environment)
    }
    if let path = options["config"] ?? environment[Self.file.variable] { readFile(path, &faults) }
    for setting in settings {
      guard let value = environment[setting.flag.variable] else { continue }
      do { try setting.set(&self, value) } catch { faults.append("\(setting.flag.variable): \(error.sentence)") }
    }
    for setting in settings {
      for value in options.values(setting.name) {
        do { try setting.set(&self, value) } catch { faults.append("--\(setting.name): \(error.sentence)", isFlag: true) }
      }
    }
    guard faults.sentences.isEmpty else { throw faults }
  }

  // MARK: The file

  private mutating func readFile(_ path: String, _ faults: inout Faults) {
    let octets: [UInt8]
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      // One byte more than is allowed is read, so that the parser says that it is too much.
      octets = Array(try handle.read(upToCount: ConfigurationFile.maximumBytes + 1) ?? Data())
    } catch {
      return faults.append("\(path): this configuration file cannot be read; is it there, and may this user read it?")
    }
    var found = apply(ConfigurationFile(parsing: octets))
    found.sort { ($0.place.line, $0.place.column) < ($1.place.line, $1.place.column) }
    for fault in found { faults.append("\(path):\(fault.place.line):\(fault.place.column): \(fault.sentence)") }
  }

  /// Takes over what a file says, and answers with everything that is wrong in it.
  package mutating func apply(_ file: ConfigurationFile) -> [ConfigurationFile.Fault] {
    var faults = file.faults
    for entry in file.entries {
      guard let setting = Setting.all.first(where: { $0.name == entry.name }) else {
        let sentence =
          entry.name == Self.file.name
          ? "a configuration file cannot name another one; give --config to the command"
          : "there is no setting \(entry.name)\(Suggestion.sentence(for: entry.name, among: Setting.all.map(\.name)))"
        faults.append(ConfigurationFile.Fault(place: entry.namePlace, sentence: sentence))
        continue
      }
      do {
        try setting.set(&self, entry.value)
      } catch {
        faults.append(ConfigurationFile.Fault(place: entry.valuePlace, sentence: "\(entry.name): \(error.sentence)"))
      }
    }
    return faults
  }

  // MARK: The environment

  /// Others may use variables that begin like ours; only one that looks like a slip of the finger is worth a word.
  private mutating func remark(on environment: [String: String]) {
    let known = ([Self.file] + Setting.all.map(\.flag)).map(\.variable)
    for name in environment.keys.sorted() where name.hasPrefix(Flag.prefix) && !known.contains(name) {
      guard let meant = Suggestion.nearest(to: name, among: known, within: 2) else { continue }
      remarks.append("The environment has \(name), which is no setting; did you mean \(meant)?")
    }
  }
}
