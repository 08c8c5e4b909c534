import SQLite
import Testing
import Wire

@testable import Storage

@Suite("The history of calls")
struct CallHistoryTests {
  private let office: Office
  private var store: StorageWriter { office.writer }
  private let one = TenantKey.numbered(1)
  private let two = TenantKey.numbered(2)

  init() throws {
    office = try Office()
    for number: UInt8 in 1...2 { try office.writer.addTenant(.numbered(number)) }
  }

  private func whole(_ id: String, _ tenant: TenantKey) -> CallRow {
    var call = CallRow(
      tenant: tenant, id: id, visitor: "Ann\u{0}☎️", page: "https://example.org/?a=1", startedAt: 10, extension: "12",
      team: "sales")
    (call.agent, call.answeredAt, call.sipStatus) = ("alice", 20, 200)
    (call.ringing, call.talking) = (.milliseconds(10), .seconds(3))
    call.end = CallEndRow(at: 3020, reason: "agent-hung-up", note: "a note")
    call.visitorLeg = LegRow(
      codec: "opus", packetsSent: .max, packetsReceived: 2, packetsLost: -3, jitter: 1.5, roundTrip: 20.25,
      meanOpinionScore: 4.3)
    call.agentLeg = LegRow(codec: "PCMA", packetsSent: 0)
    return call
  }

  @Test("A call is written when it starts and completed when it ends")
  func life() throws {
    let begun = CallRow(tenant: one, id: "a", visitor: "Ann", startedAt: 10)
    try store.beginCall(begun)
    #expect(try store.call("a", of: one) == begun)
    #expect(reason { try store.beginCall(begun) } == .constraint(.unique))
    #expect(reason { try store.beginCall(CallRow(tenant: .numbered(3), id: "a", startedAt: 0)) } == .constraint(.foreignKey))
    try store.completeCall(whole("a", one))
    #expect(try store.call("a", of: one) == whole("a", one))
    // Two tenants may use one name, and neither sees the other's.
    #expect(try store.call("a", of: two) == nil)
    try store.beginCall(CallRow(tenant: two, id: "a", startedAt: 1))
    #expect(try store.call("a", of: one) == whole("a", one))
  }

  @Test("A call whose start could not be written is recorded when it ends")
  func endOnly() throws {
    try store.completeCall(whole("b", one))
    #expect(try store.call("b", of: one) == whole("b", one))
  }

  @Test("What is not a number is no figure")
  func notANumber() throws {
    var call = whole("a", one)
    (call.agentLeg.jitter, call.agentLeg.meanOpinionScore) = (.nan, .infinity)
    try store.completeCall(call)
    let kept = try #require(try store.call("a", of: one))
    #expect(kept.agentLeg.jitter == nil && kept.agentLeg.meanOpinionScore == .infinity)
  }

  @Test("Calls that were never completed are closed as failed, with a note; the others stay as they are")
  func interrupted() throws {
    try store.beginCall(CallRow(tenant: one, id: "open", startedAt: 10))
    try store.beginCall(CallRow(tenant: two, id: "open", startedAt: 99))
    try store.completeCall(whole("over", one))
    #expect(try store.closeInterruptedCalls(at: 50) == 2)
    let note = "The service was interrupted during this call."
    #expect(try store.call("open", of: one)?.end == CallEndRow(at: 50, reason: "failed", note: note))
    // A clock that went back does not end a call before its start.
    #expect(try store.call("open", of: two)?.end == CallEndRow(at: 99, reason: "failed", note: note))
    #expect(try store.call("over", of: one) == whole("over", one))
    #expect(try store.closeInterruptedCalls(at: 60) == 0)
  }

  /// Calls at random moments, many at the same; of two tenants.
  private func fill(_ seed: UInt64) throws -> [CallRow] {
    var random = Randomness.seeded(seed)
    var calls: [CallRow] = []
    for number in 0..<120 {
      let tenant = number.isMultiple(of: 3) ? two : one
      var call = CallRow(
        tenant: tenant, id: random.token(8), startedAt: WallTime(milliseconds: Int64.random(in: 0..<30, using: &random)))
      call.agent = ["alice", "bob", nil].randomElement(using: &random) ?? nil
      if Int.random(in: 0..<4, using: &random) > 0 {
        call.end = CallEndRow(at: 40, reason: Bool.random(using: &random) ? "no-answer" : "agent-hung-up")
      }
      if Bool.random(using: &random) { call.answeredAt = 35 }
      try store.completeCall(call)
      calls.append(call)
    }
    return calls
  }

  @Test(
    "Every question gets what a plain filter gives, the newest first, page by page", arguments: 1...5 as ClosedRange<UInt64>)
  func model(seed: UInt64) throws {
    let calls = try fill(seed)
    for agent in [nil, "alice", "nobody"] {
      let kinds: [(String?, Bool?)] = [(nil, nil), ("no-answer", nil), (nil, true), (nil, false), ("no-answer", true)]
      for (reason, isAnswered) in kinds {
        for (from, to): (WallTime?, WallTime?) in [(nil, nil), (5, nil), (nil, 20), (5, 20), (20, 5), (7, 7)] {
          let expected = calls.filter { call in
            guard call.tenant == one, agent == nil || call.agent == agent else { return false }
            guard reason == nil || call.end?.reason == reason else { return false }
            guard isAnswered == nil || isAnswered == (call.answeredAt != nil), isAnswered != false || call.end != nil else {
              return false
            }
            return call.startedAt >= from ?? WallTime(milliseconds: .min) && call.startedAt < to ?? WallTime(milliseconds: .max)
          }.sorted { ($0.startedAt, $0.id) > ($1.startedAt, $1.id) }
          for limit in [1, 7, 200] {
            var query = CallQuery(agent: agent, reason: reason, isAnswered: isAnswered, from: from, to: to, limit: limit)
            var found: [CallRow] = []
            repeat {
              let page = try store.calls(of: one, query)
              #expect(page.calls.count <= limit && (page.next == nil || page.calls.count == limit))
              found += page.calls
              query.after = page.next
            } while query.after != nil
            #expect(found == expected, "\(query)")
          }
        }
      }
    }
  }

  @Test("A page stays where it is when a newer call comes between")
  func stability() throws {
    for number in 0..<4 {
      try store.beginCall(CallRow(tenant: one, id: "\(number)", startedAt: WallTime(milliseconds: Int64(number))))
    }
    let first = try store.calls(of: one, CallQuery(limit: 2))
    try store.beginCall(CallRow(tenant: one, id: "new", startedAt: 9))
    let second = try store.calls(of: one, CallQuery(after: first.next, limit: 2))
    #expect((first.calls + second.calls).map(\.id) == ["3", "2", "1", "0"] && second.next == nil)
  }

  @Test("One call more than a page may hold is on the next; a page of none is a page of one")
  func limits() throws {
    for number in 0...CallQuery.maximumPage { try store.beginCall(CallRow(tenant: one, id: "\(number)", startedAt: 0)) }
    let page = try store.calls(of: one, CallQuery(limit: .max))
    #expect(page.calls.count == CallQuery.maximumPage)
    #expect(try store.calls(of: one, CallQuery(after: page.next)).calls.count == 1)
    #expect(try store.calls(of: one, CallQuery(limit: .min)).calls.count == 1)
  }

  @Test("A cursor's text is one text, and nothing else is a cursor")
  func cursors() throws {
    for id in ["", "a", "a~b", "é"] {
      for milliseconds in [Int64.min, -1, 0, .max] {
        let cursor = CallCursor(startedAt: WallTime(milliseconds: milliseconds), id: id)
        #expect(CallCursor(cursor.description) == cursor)
      }
    }
    let longest = "1~" + String(repeating: "x", count: CallCursor.maximumLength - 2)
    #expect(CallCursor(longest) != nil && CallCursor(longest + "x") == nil)
    for text in ["", "~", "1", "+1~a", "01~a", "-0~a", " 1~a", "9223372036854775808~a", "x~a"] {
      #expect(CallCursor(text) == nil, "\(text)")
    }
  }

  @Test("The kinds of question find an index, and nothing is sorted beside it")
  func plans() throws {
    for (agent, team, reason, index) in [
      (nil, nil, nil, "calls_by_start"), ("a", nil, nil, "calls_by_agent"), (nil, nil, "r", "calls_by_reason"),
      ("a", nil, "r", "calls_by_"), (nil, "t", nil, "calls_by_team"), ("a", "t", "r", "calls_by_"),
    ] {
      let kinds: [(CallCursor?, Bool?)] = [(nil, nil), (CallCursor(startedAt: 1, id: "a"), nil), (nil, true), (nil, false)]
      for (after, isAnswered) in kinds {
        let query = CallQuery(agent: agent, team: team, reason: reason, isAnswered: isAnswered, from: 1, to: 2, after: after)
        let plan = try store.database.plan(of: query.sql)
        #expect(plan.count == 1, "\(plan)")
        #expect(plan.first?.hasPrefix("SEARCH calls USING INDEX \(index)") == true, "\(plan)")
        #expect(plan.first?.contains("(started_at,id)<(?,?)") == true, "\(plan)")
      }
    }
  }

  @Test("No verb walks a whole table, except where a service starts")
  func everyPlan() throws {
    // What looks across tenants runs first, and is known by its SQL after that.
    _ = try store.startingState(at: 0)
    let starting = Set(store.database.preparedTexts)
    try Office.furnish(3, store)
    try useEveryVerb(of: store, tenant: .numbered(3))
    let verbs = Set(store.database.preparedTexts).subtracting(starting)
    #expect(verbs.count >= 49)
    for sql in verbs where !["SAVEPOINT", "PRAGMA"].contains(where: sql.description.hasPrefix) {
      for step in try store.database.plan(of: sql) where step.hasPrefix("SCAN") && step != "SCAN CONSTANT ROW" {
        // Of this index nothing is there but the calls that are open.
        #expect(step == "SCAN calls USING INDEX calls_open", "\(sql): \(step)")
      }
    }
    // A tenant's end looks for its rows in each table by these.
    for sql: SQL in [
      "DELETE FROM users WHERE tenant = ?1", "DELETE FROM agents WHERE tenant = ?1", "DELETE FROM teams WHERE tenant = ?1",
      "DELETE FROM team_members WHERE tenant = ?1 AND team = ?2", "DELETE FROM team_members WHERE tenant = ?1 AND agent = ?2",
      "DELETE FROM registrations WHERE tenant = ?1 AND agent = ?2", "DELETE FROM calls WHERE tenant = ?1",
      "DELETE FROM audit WHERE tenant = ?1",
    ] {
      let plan = try store.database.plan(of: sql)
      #expect(!plan.isEmpty && plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(sql): \(plan)")
    }
  }

  private func useEveryVerb(of store: StorageWriter, tenant: TenantKey) throws {
    _ = try (store.tenant(tenant), store.changeTenant(.numbered(3)))
    _ = try (store.users(of: tenant), store.user("a", of: tenant), store.setRole(.owner, of: "a", in: tenant))
    let password = PasswordHash(algorithm: "", cost: 0, salt: [], hash: [])
    _ = try (store.setPassword(password, of: "a", in: tenant, at: 0), store.revokeTokens(of: "a", in: tenant, before: 0))
    _ = try (store.removeUser("a", of: tenant), store.agents(of: tenant), store.agent("a", of: tenant))
    _ = try (store.setSecrets(DigestSecrets(), of: "a", in: tenant), store.setDisplayName(nil, of: "a", in: tenant))
    _ = try (store.setPause(nil, of: "a", in: tenant), store.teams(of: tenant), store.teamMembers(of: tenant))
    _ = try (store.registrations(of: tenant, at: 0), store.removeExpiredRegistrations(at: 0), store.call("a", of: tenant))
    for agent in [nil, "a"] {
      for team in [nil, "t"] {
        for reason in [nil, "r"] { _ = try store.calls(of: tenant, CallQuery(agent: agent, team: team, reason: reason)) }
      }
    }
    _ = try (store.secret("a", orKeep: []), store.removeSecret("a"), store.isRevoked("a"), store.removeExpiredTokens(at: 0))
    try store.revokeToken(RevokedTokenRow(jti: "a", expiresAt: 0))
    _ = try (store.audit(of: tenant), store.serviceAudit(), store.closeInterruptedCalls(at: 0))
    _ = try (store.removeCalls(startedBefore: 0, limit: 1), store.removeCalls(of: tenant, limit: 1))
    _ = try (store.removeAudit(before: 0, limit: 1), store.removeAudit(of: tenant, limit: 1))
    _ = try (store.renameTeam("sales", to: "support", in: tenant), store.setMembers([], of: "support", in: tenant))
    _ = try (store.removeTeam("a", of: tenant), store.removeAgent("a", of: tenant), store.removeTenant(tenant))
  }
}
