import Glibc

/// Where the figures come from: without it they say nothing.
enum Machine {
  static var description: String {
    let model = lines(of: "/proc/cpuinfo").first { $0.hasPrefix("model name") }?.split(separator: ":").last
    let processor = model.map { $0.drop { $0 == " " } } ?? "an unknown processor"
    let kernel = lines(of: "/proc/sys/kernel/osrelease").first ?? "an unknown kernel"
    let load = lines(of: "/proc/loadavg").first?.split(separator: " ").first ?? "?"
    return "\(processor), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, Linux \(kernel), load \(load)"
  }

  /// What was built, told by `./dev bench`.
  static var commit: String { getenv("CALLDOCKER_COMMIT").map { String(cString: $0) } ?? "unknown" }

  /// Five hundred calls are some thousand sockets.
  static func allowManyFiles() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  private static func lines(of path: String) -> [Substring] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var text: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&room, 1, room.count, file), count > 0 { text += room[..<count] }
    return String(decoding: text, as: UTF8.self).split(separator: "\n")
  }
}
