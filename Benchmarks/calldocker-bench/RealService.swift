import Calls
import Foundation
import Runtime
import SIPSyntax
import Storage
import Wire

/// The service itself in a process of its own, on a folder of the disk that the project is on, with businesses that it finds there.
final class RealService {
  struct Business {
    let id: TenantID
    let agents: [String]
  }

  static let password = "a password of the benchmark's"
  private static let tenants = 100
  private static let agentsOfOne = 100
  private static let callingTenants = 200

  /// With many agents, for phones that only register.
  let businesses: [Business]
  /// With one agent each, for calls.
  let callingBusinesses: [Business]
  let http: SocketAddress
  let sip: SocketAddress
  private let process = Process()
  private let folder: String

  init() throws {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let binary = program.deletingLastPathComponent().appendingPathComponent("calldocker")
    guard FileManager.default.isExecutableFile(atPath: binary.path) else {
      throw Broken("there is no calldocker beside the benchmark: use ./dev bench")
    }
    folder = program.deletingLastPathComponent().path + "/bench-\(getpid())"
    try Folder.make(folder)
    var random = Randomness.system
    func business(_ agents: Int) -> Business {
      Business(id: TenantID(using: &random), agents: (0..<agents).map { "agent\($0)" })
    }
    businesses = (0..<Self.tenants).map { _ in business(Self.agentsOfOne) }
    callingBusinesses = (0..<Self.callingTenants).map { _ in business(1) }
    try Self.enrol(businesses + callingBusinesses, in: folder)
    process.executableURL = binary
    process.arguments = [
      "serve", "--data", folder, "--host", "127.0.0.1", "--http-port", "0", "--sip-port", "0", "--webrtc-port", "0",
      "--rtp-ports", "20000-29999", "--log-level", "error",
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let line = Self.firstLine(output.fileHandleForReading)
    guard let ready = try? JSONDecoder().decode([String: Ready].self, from: line), case .text(let sip)? = ready["sip"],
      case .text(let http)? = ready["http"], let sipAddress = SocketAddress(sip),
      let httpAddress = SocketAddress(http.replacingOccurrences(of: "http://", with: ""))
    else {
      process.terminate()
      throw Broken("the service did not start")
    }
    (self.sip, self.http) = (sipAddress, httpAddress)
  }

  private enum Ready: Decodable {
    case text(String)
    case other

    init(from decoder: any Decoder) throws {
      self = (try? decoder.singleValueContainer().decode(String.self)).map { .text($0) } ?? .other
    }
  }

  private static func firstLine(_ file: FileHandle) -> Data {
    var line = Data()
    while let octet = try? file.read(upToCount: 1), !octet.isEmpty, octet != Data([0x0A]) { line += octet }
    return line
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Writes businesses and agents before anybody is there to be asked for them.
  private static func enrol(_ businesses: [Business], in folder: String) throws {
    let storage = try StoragePlane(StoragePlane.Settings(path: "\(folder)/calldocker.db"))
    let done = DispatchSemaphore(value: 0)
    let failure = Locked<StorageFailure?>(nil)
    for business in businesses {
      storage.write(
        { writer in
          guard let key = TenantKey(business.id.description) else { return }
          let now = WallTime(milliseconds: SystemClock.wallNanoseconds / 1_000_000)
          try writer.addTenant(TenantRow(key: key, name: "Bench", isOpen: false, fallback: "refuse", createdAt: now))
          for agent in business.agents {
            let digest = SIPSyntax.DigestSecrets(user: agent, realm: business.id.description, password: password)
            let secrets = Storage.DigestSecrets(md5: digest.md5, sha256: digest.sha256)
            _ = try writer.addAgent(agent, to: key, secrets: secrets, at: now)
          }
        },
        done: { outcome in
          if case .failure(let why) = outcome { failure.with { $0 = why } }
          done.signal()
        })
    }
    for _ in businesses { done.wait() }
    if let why = failure.with({ $0 }) { throw Broken("the businesses could not be written: \(why)") }
    storage.close { _ in done.signal() }
    done.wait()
  }

  // MARK: What the kernel says of it

  /// Time on the processor of all its threads.
  var cpuNanoseconds: Int64 {
    let tasks = "/proc/\(process.processIdentifier)/task"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    return names.reduce(0) { sum, name in
      sum + (Self.text("\(tasks)/\(name)/schedstat").split(separator: " ").first.flatMap { Int64($0) } ?? 0)
    }
  }

  /// Its own memory and its part of what it shares, in bytes (`Pss` of proc_pid_smaps_rollup(5)), and all that is resident.
  var memory: (proportional: Int, resident: Int) {
    let text = Self.text("/proc/\(process.processIdentifier)/smaps_rollup")
    func kilobytes(_ name: String) -> Int {
      let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
      return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
    return (kilobytes("Pss") * 1024, kilobytes("Rss") * 1024)
  }

  private static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
