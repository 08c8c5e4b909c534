import SQLite
import Testing

@testable import Storage

@Suite("Traces of calls stay within their limits, and go with their tenant")
struct TraceTests {
  private func row(
    _ id: String, of tenant: UInt8 = 1, at moment: WallTime, isRefused: Bool = false, bytes: Int = 100
  ) -> TraceRow {
    TraceRow(
      tenant: .numbered(tenant), id: id, startedAt: moment, isRefused: isRefused, agent: "alice", ending: "no-answer",
      octets: [UInt8](repeating: 7, count: bytes))
  }

  @Test("A trace is found by the beginning of its id, by its own tenant only, and is written anew when more is known")
  func finding() throws {
    let office = try Office()
    for number: UInt8 in [1, 2] { try office.writer.addTenant(.numbered(number)) }
    try office.writer.keepTrace(row("abc1", at: 5), at: 10)
    try office.writer.keepTrace(row("abd2", at: 6), at: 10)
    try office.writer.keepTrace(row("abc1", at: 5, bytes: 300), at: 10)
    let found = try office.writer.traces(of: .numbered(1), beginning: "abc", limit: 5)
    #expect(found.map(\.id) == ["abc1"] && found[0].octets.count == 300)
    #expect(try office.writer.traces(of: .numbered(1), beginning: "ab", limit: 5).count == 2)
    #expect(try office.writer.traces(of: .numbered(2), beginning: "ab", limit: 5).isEmpty)
    #expect(try office.writer.latestTraces(of: .numbered(1), limit: 5).map(\.id) == ["abd2", "abc1"])
    #expect(try office.writer.traceOctets() == 400)
  }

  @Test("One byte past the whole lets the oldest go, one day past its age too, one refusal past a tenant's the oldest of these")
  func limits() throws {
    let office = try Office()
    try office.writer.addTenant(.numbered(1))
    var limits = TraceLimits()
    limits.octets = 2500
    for number: Int64 in 0..<25 {
      try office.writer.keepTrace(row("c\(number)", at: .init(milliseconds: number)), limits, at: 30)
    }
    #expect(try office.writer.traceOctets() == 2500)
    try office.writer.keepTrace(row("one", at: 30, bytes: 1), limits, at: 30)
    let left = try office.writer.latestTraces(of: .numbered(1), limit: 100).map(\.id)
    #expect(left.contains("one") && !left.contains("c0") && left.contains("c24"))
    #expect(try office.writer.traceOctets() <= 2500)

    let day: Int64 = 86_400_000
    limits = TraceLimits()
    try office.writer.keepTrace(row("late", at: .init(milliseconds: day)), limits, at: .init(milliseconds: 15 * day))
    #expect(try office.writer.latestTraces(of: .numbered(1), limit: 100).map(\.id) == ["late"])
    try office.writer.keepTrace(
      row("later", at: .init(milliseconds: 15 * day)), limits, at: .init(milliseconds: 15 * day + 1))
    #expect(try office.writer.latestTraces(of: .numbered(1), limit: 100).map(\.id) == ["later"])

    for number in 0...limits.refusals {
      let moment = WallTime(milliseconds: 15 * day + Int64(number) + 1)
      try office.writer.keepTrace(row("r\(number)", at: moment, isRefused: true), limits, at: moment)
    }
    let ids = try office.writer.latestTraces(of: .numbered(1), limit: 100).map(\.id)
    #expect(ids.count == limits.refusals + 1 && !ids.contains("r0") && ids.contains("r1") && ids.contains("later"))
    try office.writer.keepTrace(row("huge", at: 1, bytes: limits.octetsOfOne + 1), limits, at: 2)
    #expect(try office.writer.traces(of: .numbered(1), beginning: "huge", limit: 1).isEmpty)
  }

  @Test("A tenant that goes takes its traces along, and their bytes are counted no more")
  func removal() throws {
    let office = try Office()
    for number: UInt8 in [1, 2] { try office.writer.addTenant(.numbered(number)) }
    try office.writer.keepTrace(row("a", of: 1, at: 5), at: 10)
    try office.writer.keepTrace(row("b", of: 2, at: 5, bytes: 7), at: 10)
    #expect(try office.writer.removeTenant(.numbered(1)))
    #expect(try office.writer.traces(of: .numbered(1), beginning: "", limit: 5).isEmpty)
    #expect(try office.writer.traceOctets() == 7)
    #expect(throws: DatabaseFailure.self) { try office.writer.keepTrace(row("c", of: 3, at: 5), at: 10) }
  }
}
