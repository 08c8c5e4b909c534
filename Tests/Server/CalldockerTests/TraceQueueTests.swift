import Dispatch
import Runtime
import SQLite
import Scratch
import Testing
import Wire

@testable import Calldocker
@testable import Calls
@testable import Storage

@Suite("Traces on their way to the disk")
struct TraceQueueTests {
  /// Calls of one business that nobody was there for.
  private static let refusals = TraceLimits().refusals

  @Test("So many wait for a disk that hangs; one more is not written, no call waits for any, and what waited is written")
  func waiting() async throws {
    let scratch = try Scratch()
    try await withServer(in: scratch.file("data")) { server in
      let tenants = SignallingPlane.maximumTraces / Self.refusals + 1
      var made: [TenantID] = []
      for number in 0..<tenants { made.append(try await server.enrolment.addTenant("\(number)").id) }
      let (begun, end) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      server.ledger.storage.write(
        { _ in
          begun.signal()
          end.wait()
        }, done: { _ in })
      // On a thread of its own, so that none of those that run this waits.
      await withCheckedContinuation { waiter in
        DispatchQueue.global().async {
          begun.wait()
          waiter.resume()
        }
      }
      for number in 0...SignallingPlane.maximumTraces {
        let request = CallRequest(tenant: made[number / Self.refusals].description)
        let answer = await server.signalling.callRequest(VisitorID(UInt64(number + 1)), request)
        guard case .failure(let refusal) = answer else { return #expect(Bool(false), "\(answer)") }
        #expect(refusal.reason == .noAgents)
      }
      end.signal()
      await server.signalling.tracesAreKept()
      var written: [Int] = []
      for tenant in made { written.append(await server.ledger.latestTraces(of: tenant, atMost: 1000).count) }
      #expect(written.reduce(0, +) == SignallingPlane.maximumTraces, "\(written)")
    }
  }

  @Test("A full disk: a trace says that it was not written, and the next one is once there is room; a question brings its few")
  func full() async throws {
    let scratch = try Scratch()
    let ledger = try Ledger(in: scratch.path, log: Log(level: .error, showsPersonal: false))
    var random = Randomness.seeded(1)
    let tenant = TenantID(using: &random)
    try await ledger.add(tenant, name: "ACME", isOpen: true, fallback: .refuse, token: nil, owner: nil, at: WallClock.now)
    func keep(_ number: Int) async -> StorageFailure? {
      var record = FlightRecord(tenant, CallID("trace-\(number)"), at: SystemClock.now)
      let page = String(repeating: "p", count: 1000)
      for _ in 0..<20 {
        record.append(.asked(name: page, page: page, extensionDialled: nil, hasOffer: true), at: SystemClock.now)
      }
      return await ledger.keep(record, FlightClock.now)
    }
    #expect(await keep(0) == nil)
    // No page more than there are.
    try await ledger.storage.write { try $0.database.script("PRAGMA max_page_count = 1") }
    var failure: StorageFailure?
    var number = 0
    while failure == nil, number < 100 {
      number += 1
      failure = await keep(number)
    }
    #expect(failure?.isFull == true)
    let whole = await ledger.traces(of: tenant, beginning: "trace-")
    #expect(whole.count == min(number, Ledger.maximumTraces), "none is half there")
    try await ledger.storage.write { try $0.database.script("PRAGMA max_page_count = 1000000") }
    for another in number...(number + Ledger.maximumTraces) { #expect(await keep(another) == nil) }
    #expect(await ledger.traces(of: tenant, beginning: "trace-").count == Ledger.maximumTraces)
    try await ledger.close()
  }
}
