import Glibc
import Runtime
import SQLite
import Storage
import Wire

extension Probe {
  /// Prints acknowledged writes a second for one writer and for a hundred, beside what the disk does without us, and how long
  /// ten thousand agents with their phones take to load.
  static func bench() async {
    let path = argument(2)
    let plane = opened(path)
    let epoch = WallTime(milliseconds: 0)
    guard let tenant = TenantKey(octets: [UInt8](repeating: 1, count: 16)) else { return }
    do {
      try await plane.write {
        try $0.addTenant(TenantRow(key: tenant, name: "t", isOpen: false, fallback: "refuse", createdAt: epoch))
      }
      let disk = rate(of: 2000) { writeAndSynchronise(path + ".bare", times: 2000) }
      let alone = try await callsPerSecond(plane, tenant, writers: 1, each: 2000)
      let before = plane.figures
      let many = try await callsPerSecond(plane, tenant, writers: 100, each: 200)
      let after = plane.figures
      let group = Double(after.written - before.written) / Double(after.transactions - before.transactions)
      say("bare write and fdatasync: \(Int(disk)) a second")
      say("one writer: \(Int(alone)) acknowledged writes a second (\(percent(alone, of: disk)) of the bare disk)")
      say("100 writers: \(Int(many)) acknowledged writes a second, \(Int(group)) a transaction (\(percent(many, of: disk)))")
      try await load(plane, tenant)
      let closing = try await plane.close()
      say("closed after \(closing.figures.written) writes, tidy: \(closing.isTidy)")
    } catch {
      fail("\(error)")
    }
  }

  private static func percent(_ part: Double, of whole: Double) -> String { "\(Int(part / whole * 100)) %" }

  private static func rate(of count: Int, _ body: () -> Void) -> Double {
    let start = SystemClock.now
    body()
    return Double(count) / (Double((SystemClock.now - start).nanoseconds) / 1e9)
  }

  /// What SQLite's log asks of the disk for a small commit: three pages with their headers, over and over in 4 MiB that are there already.
  private static func writeAndSynchronise(_ path: String, times: Int) {
    let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    let page = [UInt8](repeating: 1, count: 4120 * 3)
    let places = (4 << 20) / page.count
    for place in 0..<places { pwrite(file, page, page.count, off_t(place * page.count)) }
    fsync(file)
    for time in 0..<times {
      pwrite(file, page, page.count, off_t(time % places * page.count))
      fdatasync(file)
    }
    close(file)
    unlink(path)
  }

  private static func callsPerSecond(
    _ plane: StoragePlane, _ tenant: TenantKey, writers: Int, each: Int
  ) async throws -> Double {
    let start = SystemClock.now
    try await withThrowingTaskGroup { group in
      for writer in 0..<writers {
        group.addTask {
          for number in 0..<each {
            let id = "\(writers)-\(writer)-\(number)"
            let call = CallRow(
              tenant: tenant, id: id, visitor: "Ann", page: "https://example.org/",
              startedAt: WallTime(milliseconds: Int64(number)))
            try await plane.write { try $0.beginCall(call) }
          }
        }
      }
      try await group.waitForAll()
    }
    return Double(writers * each) / (Double((SystemClock.now - start).nanoseconds) / 1e9)
  }

  private static func load(_ plane: StoragePlane, _ tenant: TenantKey) async throws {
    try await plane.write { writer in
      for number in 0..<10_000 {
        let name = "agent-\(number)"
        let hash = "0123456789abcdef0123456789abcdef"
        _ = try writer.addAgent(
          name, to: tenant, secrets: DigestSecrets(md5: hash, sha256: hash + hash), at: WallTime(milliseconds: 0))
        let phone = PhoneRegistration(
          contact: "<sip:\(name)@192.0.2.1:5060;transport=udp>", instance: "<urn:uuid:\(number)>", regID: 1, userAgent: "bench",
          transport: .udp, remote: SocketAddress(.v4(0xC000_0201), 5060), local: SocketAddress(.loopback, 5060),
          callID: "call-\(number)", cseq: 1, registeredAt: WallTime(milliseconds: 0), expiresAt: WallTime(milliseconds: .max))
        try writer.setRegistrations([phone], of: name, in: tenant)
      }
    }
    var best = Int64.max
    for _ in 0..<5 {
      let start = SystemClock.now
      let state = try await plane.read { try $0.startingState(at: WallTime(milliseconds: 0)) }
      guard state.agents.count == 10_000, state.registrations.count == 10_000 else { fail("not all was loaded") }
      best = min(best, (SystemClock.now - start).nanoseconds)
    }
    say("10,000 agents and 10,000 registrations load in \(best / 1_000_000) ms")
  }
}
