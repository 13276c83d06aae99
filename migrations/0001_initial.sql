-- The first schema. One text for SQLite and PostgreSQL: TEXT and BIGINT columns only, times as
-- microseconds since the epoch, flags as 0 or 1, digests as hex, structures as JSON.
-- Names compare bytewise on both databases.

-- Users and robots share one name space. Credentials and memberships bind to the id,
-- rules bind by name.
CREATE TABLE subjects (
    id                 TEXT PRIMARY KEY,
    kind               TEXT NOT NULL CHECK (kind IN ('user', 'robot')),
    name               TEXT COLLATE "BINARY" NOT NULL UNIQUE,
    folded_name        TEXT COLLATE "BINARY" NOT NULL UNIQUE,
    description        TEXT NOT NULL,
    admin              BIGINT NOT NULL CHECK (admin IN (0, 1)),
    disabled           BIGINT NOT NULL CHECK (disabled IN (0, 1)),
    labels             TEXT NOT NULL,
    password_hash      TEXT,
    credential_version BIGINT NOT NULL,
    expires_at         BIGINT,
    managed_by         TEXT,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL
);

CREATE TABLE subject_groups (
    id          TEXT PRIMARY KEY,
    name        TEXT COLLATE "BINARY" NOT NULL UNIQUE,
    description TEXT NOT NULL,
    managed_by  TEXT,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE TABLE memberships (
    group_id   TEXT NOT NULL REFERENCES subject_groups (id) ON DELETE CASCADE,
    subject_id TEXT NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, subject_id)
);
CREATE INDEX memberships_by_subject ON memberships (subject_id);

CREATE TABLE services (
    name           TEXT COLLATE "BINARY" PRIMARY KEY,
    token_ttl      BIGINT NOT NULL,
    offline_tokens BIGINT NOT NULL CHECK (offline_tokens IN (0, 1)),
    profile        TEXT NOT NULL,
    managed_by     TEXT,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);

-- subjects, services, names, actions and networks are JSON lists of strings.
CREATE TABLE rules (
    name        TEXT COLLATE "BINARY" PRIMARY KEY,
    effect      TEXT NOT NULL CHECK (effect IN ('allow', 'deny')),
    subjects    TEXT NOT NULL,
    services    TEXT NOT NULL,
    type        TEXT NOT NULL,
    names       TEXT NOT NULL,
    actions     TEXT NOT NULL,
    networks    TEXT NOT NULL,
    not_before  BIGINT,
    not_after   BIGINT,
    priority    BIGINT NOT NULL,
    enabled     BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    description TEXT NOT NULL,
    managed_by  TEXT,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

-- scopes: a JSON list of restrictions, or NULL for none.
CREATE TABLE access_keys (
    id           TEXT PRIMARY KEY,
    subject_id   TEXT NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    name         TEXT COLLATE "BINARY" NOT NULL,
    digest       TEXT COLLATE "BINARY" NOT NULL UNIQUE,
    scopes       TEXT,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT
);
CREATE INDEX access_keys_by_subject ON access_keys (subject_id);

CREATE TABLE refresh_tokens (
    id           TEXT PRIMARY KEY,
    digest       TEXT COLLATE "BINARY" NOT NULL UNIQUE,
    subject_id   TEXT NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    service      TEXT COLLATE "BINARY" NOT NULL,
    client_id    TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_address TEXT
);
CREATE INDEX refresh_tokens_by_subject ON refresh_tokens (subject_id, service);

-- The audit trail and the change feed: gapless, in commit order, chained by hash.
CREATE TABLE changes (
    seq        BIGINT PRIMARY KEY,
    tx         TEXT NOT NULL,
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    address    TEXT,
    request_id TEXT NOT NULL,
    action     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    before     TEXT,
    after      TEXT,
    prev_hash  TEXT NOT NULL,
    hash       TEXT NOT NULL
);
CREATE INDEX changes_by_object ON changes (kind, name, seq);

-- One row: the seq and hash of the last change. Every administrative write updates it first,
-- and so waits for the write before it.
CREATE TABLE change_counter (
    seq       BIGINT NOT NULL,
    head_hash TEXT NOT NULL
);
INSERT INTO change_counter (seq, head_hash) VALUES (0, '');

CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  BIGINT NOT NULL
);
