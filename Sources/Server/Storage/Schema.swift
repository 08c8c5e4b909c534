import SQLite

extension Schema {
  /// Everything that Calldocker keeps. A change is one more step at the end; what was shipped is never touched.
  static let calldocker = Schema(
    // "CALL" in ASCII.
    application: 0x4341_4C4C,
    steps: [
      Step("the first tables") { database throws(DatabaseFailure) in try database.script(version1) },
      Step("owners' tokens and phones' paths") { database throws(DatabaseFailure) in try database.script(version2) },
      Step("teams in the order of their creation") { database throws(DatabaseFailure) in try database.script(version3) },
      Step("traces of calls") { database throws(DatabaseFailure) in try database.script(traces) },
      Step("ends of owners' tokens, and who did what from where") { database throws(DatabaseFailure) in
        try database.script(trust)
      },
    ])

  // Times are milliseconds since 1970. Every table of a tenant's begins its key with the tenant, and goes when the tenant goes.
  private static let version1: SQL = """
    CREATE TABLE tenants (
      uuid BLOB NOT NULL PRIMARY KEY CHECK (length(uuid) = 16),
      name TEXT NOT NULL,
      is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
      fallback TEXT NOT NULL,
      settings TEXT NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE users (
      tenant BLOB NOT NULL REFERENCES tenants ON DELETE CASCADE,
      user TEXT NOT NULL,
      role TEXT NOT NULL CHECK (role IN ('owner', 'supervisor', 'agent')),
      password_algorithm TEXT NOT NULL,
      password_cost INTEGER NOT NULL,
      password_salt BLOB NOT NULL,
      password_hash BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      tokens_valid_after INTEGER NOT NULL,
      PRIMARY KEY (tenant, user)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE agents (
      tenant BLOB NOT NULL REFERENCES tenants ON DELETE CASCADE,
      name TEXT NOT NULL,
      ha1_md5 TEXT,
      ha1_sha256 TEXT,
      display_name TEXT,
      position INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      paused_at INTEGER,
      pause_reason TEXT CHECK (pause_reason IS NULL OR paused_at IS NOT NULL),
      PRIMARY KEY (tenant, name)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX agents_by_position ON agents (tenant, position);

    CREATE TABLE teams (
      tenant BLOB NOT NULL REFERENCES tenants ON DELETE CASCADE,
      name TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (tenant, name)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE team_members (
      tenant BLOB NOT NULL,
      team TEXT NOT NULL,
      agent TEXT NOT NULL,
      PRIMARY KEY (tenant, team, agent),
      FOREIGN KEY (tenant, team) REFERENCES teams ON DELETE CASCADE,
      FOREIGN KEY (tenant, agent) REFERENCES agents ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX team_members_by_agent ON team_members (tenant, agent);

    CREATE TABLE registrations (
      tenant BLOB NOT NULL,
      agent TEXT NOT NULL,
      contact TEXT NOT NULL,
      instance TEXT,
      reg_id INTEGER,
      user_agent TEXT,
      transport TEXT NOT NULL,
      remote TEXT NOT NULL,
      local TEXT NOT NULL,
      call_id TEXT NOT NULL,
      cseq INTEGER NOT NULL,
      registered_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (tenant, agent, contact),
      FOREIGN KEY (tenant, agent) REFERENCES agents ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX registrations_by_end ON registrations (expires_at);

    CREATE TABLE calls (
      tenant BLOB NOT NULL REFERENCES tenants ON DELETE CASCADE,
      id TEXT NOT NULL,
      visitor TEXT,
      page TEXT,
      extension TEXT,
      team TEXT,
      agent TEXT,
      started_at INTEGER NOT NULL,
      answered_at INTEGER,
      ended_at INTEGER,
      ringing INTEGER,
      talking INTEGER,
      end_reason TEXT CHECK ((end_reason IS NULL) = (ended_at IS NULL)),
      note TEXT,
      sip_status INTEGER,
      visitor_codec TEXT,
      visitor_sent INTEGER,
      visitor_received INTEGER,
      visitor_lost INTEGER,
      visitor_jitter REAL,
      visitor_round_trip REAL,
      visitor_mos REAL,
      agent_codec TEXT,
      agent_sent INTEGER,
      agent_received INTEGER,
      agent_lost INTEGER,
      agent_jitter REAL,
      agent_round_trip REAL,
      agent_mos REAL,
      UNIQUE (tenant, id)
    ) STRICT;
    CREATE INDEX calls_by_start ON calls (tenant, started_at, id);
    CREATE INDEX calls_by_agent ON calls (tenant, agent, started_at, id);
    CREATE INDEX calls_by_reason ON calls (tenant, end_reason, started_at, id);
    CREATE INDEX calls_by_age ON calls (started_at);
    CREATE INDEX calls_open ON calls (tenant) WHERE ended_at IS NULL;

    CREATE TABLE secrets (
      name TEXT NOT NULL PRIMARY KEY,
      octets BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE revoked_tokens (
      jti TEXT NOT NULL PRIMARY KEY,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at);

    CREATE TABLE audit (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      tenant BLOB REFERENCES tenants ON DELETE CASCADE,
      at INTEGER NOT NULL,
      who TEXT NOT NULL,
      what TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_by_tenant ON audit (tenant, number);
    CREATE INDEX audit_by_age ON audit (at);
    """

  private static let version2: SQL = """
    CREATE TABLE owner_tokens (
      tenant BLOB NOT NULL PRIMARY KEY REFERENCES tenants ON DELETE CASCADE,
      digest BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE registrations ADD COLUMN path TEXT;
    """

  // Teams of one moment came by name until now, and stay so.
  private static let version3: SQL = """
    ALTER TABLE teams ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
    UPDATE teams SET position = ranked.position
    FROM (
      SELECT tenant, name, row_number() OVER (PARTITION BY tenant ORDER BY created_at, name) - 1 AS position FROM teams
    ) AS ranked
    WHERE teams.tenant = ranked.tenant AND teams.name = ranked.name;
    CREATE UNIQUE INDEX teams_by_position ON teams (tenant, position);
    CREATE INDEX calls_by_team ON calls (tenant, team, started_at, id);
    """

  // Tokens of before had no end: they get one from now on, 90 days away.
  private static let trust: SQL = """
    ALTER TABLE owner_tokens ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
    UPDATE owner_tokens SET expires_at = (CAST(strftime('%s', 'now') AS INTEGER) + 7776000) * 1000;
    ALTER TABLE audit ADD COLUMN role TEXT NOT NULL DEFAULT '';
    ALTER TABLE audit ADD COLUMN source TEXT NOT NULL DEFAULT '';
    ALTER TABLE audit ADD COLUMN target TEXT;
    ALTER TABLE audit ADD COLUMN fields TEXT NOT NULL DEFAULT '';
    """

  // Bytes are added up as rows come and go, a tenant's with the tenant too, so that no write has to count them all.
  private static let traces: SQL = """
    CREATE TABLE traces (
      tenant BLOB NOT NULL REFERENCES tenants ON DELETE CASCADE,
      id TEXT NOT NULL,
      started_at INTEGER NOT NULL,
      is_refused INTEGER NOT NULL CHECK (is_refused IN (0, 1)),
      agent TEXT,
      ending TEXT,
      octets BLOB NOT NULL,
      UNIQUE (tenant, id)
    ) STRICT;
    CREATE INDEX traces_by_age ON traces (started_at);
    CREATE INDEX traces_by_start ON traces (tenant, is_refused, started_at, id);
    CREATE TABLE trace_total (
      one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
      octets INTEGER NOT NULL
    ) STRICT;
    INSERT INTO trace_total (one, octets) VALUES (1, 0);
    CREATE TRIGGER trace_came AFTER INSERT ON traces BEGIN
      UPDATE trace_total SET octets = octets + length(NEW.octets);
    END;
    CREATE TRIGGER trace_went AFTER DELETE ON traces BEGIN
      UPDATE trace_total SET octets = octets - length(OLD.octets);
    END;
    """
}
