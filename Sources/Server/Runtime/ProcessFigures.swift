import Glibc

/// What the kernel says of this process.
package struct ProcessFigures: Sendable {
  /// In user and kernel mode, since the start.
  package var cpuSeconds = 0.0
  package var residentBytes = 0
  package var openDescriptors = 0
  package var maximumDescriptors = 0

  package static func read() -> ProcessFigures {
    var figures = ProcessFigures()
    var time = timespec()
    if clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 {
      figures.cpuSeconds = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    // proc(5): size and resident set, in pages.
    let pages = contents(of: "/proc/self/statm").split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    figures.residentBytes = pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    figures.openDescriptors = countDescriptors()
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      figures.maximumDescriptors = Int(clamping: limit.rlim_cur)
    }
    return figures
  }

  private static func contents(of path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var octets = [UInt8](repeating: 0, count: 256)
    let count = Glibc.read(file, &octets, octets.count)
    return String(decoding: octets.prefix(max(0, count)), as: UTF8.self)
  }

  private static func countDescriptors() -> Int {
    guard let folder = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Without ".", ".." and the folder itself.
    return max(0, count - 3)
  }
}
