import SQLite

extension StoragePlane {
  /// Rows that one write of a long deletion takes, so that phones and calls are not kept waiting by it.
  static let deletionBatch = 500

  /// Deletes what is older than a tenant may keep: calls that began, and audit entries from, more than `days` days before `now`.
  ///
  /// It goes in small writes that others can come between; says how many rows went.
  package func removeHistory(olderThan days: Int, at now: WallTime) async throws(StorageFailure) -> Int {
    let moment = now - .seconds(86_400) * max(0, min(days, 1_000_000))
    let calls = try await inBatches { writer, limit throws(DatabaseFailure) in
      try writer.removeCalls(startedBefore: moment, limit: limit)
    }
    let entries = try await inBatches { writer, limit throws(DatabaseFailure) in
      try writer.removeAudit(before: moment, limit: limit)
    }
    return calls + entries
  }

  /// Deletes a tenant with all that is its own: the history in small writes first, then the rest at once.
  ///
  /// Says whether there was such a tenant. When it is interrupted the tenant is still there, and may be deleted again.
  ///
  /// - Parameter entry: who did it, written together with the deed; among what is true of the service, since nothing of the tenant stays.
  package func removeTenant(
    _ tenant: TenantKey, noting entry: AuditEntry? = nil, at now: WallTime = WallTime(milliseconds: 0)
  ) async throws(StorageFailure) -> Bool {
    _ = try await inBatches { writer, limit throws(DatabaseFailure) in try writer.removeCalls(of: tenant, limit: limit) }
    _ = try await inBatches { writer, limit throws(DatabaseFailure) in try writer.removeAudit(of: tenant, limit: limit) }
    return try await write { writer in
      let wasThere = try writer.removeTenant(tenant)
      if wasThere, let entry { try writer.enter(entry, in: nil, at: now) }
      return wasThere
    }
  }

  private func inBatches(
    _ remove: @escaping @Sendable (StorageWriter, Int) throws(DatabaseFailure) -> Int
  ) async throws(StorageFailure) -> Int {
    var total = 0
    while true {
      let removed = try await write { try remove($0, Self.deletionBatch) }
      total += removed
      if removed < Self.deletionBatch { return total }
    }
  }
}
