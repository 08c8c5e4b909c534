import SQLite

/// Which of a tenant's calls somebody wants to see.
package struct CallQuery: Hashable, Sendable {
  /// Calls that one page may hold.
  package static let maximumPage = 200

  package var agent: String?
  package var team: String?
  /// How they ended; calls that last are left out then.
  package var reason: String?
  /// Whether somebody answered; of those whom nobody did only such as are over.
  package var isAnswered: Bool?
  /// From this moment on, and before that one.
  package var from: WallTime?
  package var to: WallTime?
  /// Where the page before ended.
  package var after: CallCursor?
  /// How many at most, from 1 to `maximumPage`.
  package var limit: Int

  package init(
    agent: String? = nil, team: String? = nil, reason: String? = nil, isAnswered: Bool? = nil, from: WallTime? = nil,
    to: WallTime? = nil, after: CallCursor? = nil, limit: Int = 50
  ) {
    self.agent = agent
    self.team = team
    self.reason = reason
    self.isAnswered = isAnswered
    self.from = from
    self.to = to
    self.after = after
    self.limit = limit
  }
}

/// The place between two calls of a history, the newest first: a page begins after it, whatever came or went meanwhile.
package struct CallCursor: Hashable, Sendable, CustomStringConvertible {
  package let startedAt: WallTime
  package let id: String

  package init(startedAt: WallTime, id: String) {
    self.startedAt = startedAt
    self.id = id
  }

  /// Characters that the text of one may have.
  package static let maximumLength = 128

  /// A cursor from what `description` gave; `nil` for anything else.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count <= Self.maximumLength, let hyphen = text.utf8.firstIndex(of: UInt8(ascii: "~")),
      let milliseconds = Int64(text[..<hyphen])
    else { return nil }
    self.init(startedAt: WallTime(milliseconds: milliseconds), id: String(text[text.utf8.index(after: hyphen)...]))
    // One text for one place: no plus sign, no leading zero.
    guard description.utf8.elementsEqual(text.utf8) else { return nil }
  }

  /// What the query of a URL may carry as it is: the start in milliseconds, `~`, the call.
  package var description: String { "\(startedAt.milliseconds)~\(id)" }
}

/// A part of a history.
package struct CallPage: Hashable, Sendable {
  package let calls: [CallRow]
  /// Where the next one begins; `nil` when this is the last.
  package let next: CallCursor?
}

extension StorageReader {
  /// The tenant's calls, the newest first.
  package func calls(of tenant: TenantKey, _ query: CallQuery = CallQuery()) throws(DatabaseFailure) -> CallPage {
    let limit = min(max(1, query.limit), CallQuery.maximumPage)
    let end = query.end
    var calls = try database.rows(
      query.sql, tenant, end.startedAt, end.id, query.from ?? WallTime(milliseconds: .min), query.agent, query.reason,
      query.team, limit + 1, read: CallRow.init)
    // One more was asked for, to know whether there is a next page.
    let isLast = calls.count <= limit
    calls.removeLast(max(0, calls.count - limit))
    return CallPage(calls: calls, next: isLast ? nil : calls.last.map { CallCursor(startedAt: $0.startedAt, id: $0.id) })
  }
}

extension CallQuery {
  /// Every answer comes before this place.
  fileprivate var end: CallCursor {
    // No identifier comes before the empty one, so this is "before that moment".
    let bound = CallCursor(startedAt: to ?? WallTime(milliseconds: .max), id: "")
    guard let after, (after.startedAt, after.id) < (bound.startedAt, bound.id) else { return bound }
    return after
  }

  /// Only what is asked for stands in it, so that each kind of question finds its index.
  var sql: SQL {
    var sql: SQL = "SELECT " + CallRow.columns + " FROM calls WHERE tenant = ?1"
    if agent != nil { sql = sql + " AND agent = ?5" }
    if team != nil { sql = sql + " AND team = ?7" }
    if reason != nil { sql = sql + " AND end_reason = ?6" }
    switch isAnswered {
    case true?: sql = sql + " AND answered_at IS NOT NULL"
    case false?: sql = sql + " AND answered_at IS NULL AND ended_at IS NOT NULL"
    case nil: break
    }
    return sql + " AND (started_at, id) < (?2, ?3) AND started_at >= ?4 ORDER BY started_at DESC, id DESC LIMIT ?8"
  }
}
