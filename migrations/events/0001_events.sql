-- What registries report: inventory, counts and recent events. Times are microseconds since 1970, 0 for never.
CREATE TABLE event_counter (seq BIGINT NOT NULL);
INSERT INTO event_counter (seq) VALUES (0);

-- Small notes of the server: where the search for alarms stands, which deletions were seen.
CREATE TABLE event_marks (
    name TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- The processes that report. last_ids: what they sent last, between spaces; they may send it again. last_delete: the
-- request that last deleted a manifest.
CREATE TABLE event_sources (
    service TEXT COLLATE "BINARY" NOT NULL,
    instance TEXT COLLATE "BINARY" NOT NULL,
    last_ids TEXT NOT NULL,
    last_delete TEXT NOT NULL,
    events BIGINT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    PRIMARY KEY (service, instance)
);

-- A repository is there while seen_at > gone_at.
CREATE TABLE repositories (
    service TEXT COLLATE "BINARY" NOT NULL,
    name TEXT COLLATE "BINARY" NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    first_seen_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL DEFAULT 0,
    last_push_at BIGINT NOT NULL DEFAULT 0,
    last_pull_at BIGINT NOT NULL DEFAULT 0,
    crawled_at BIGINT NOT NULL DEFAULT 0,
    gone_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (service, name)
);

-- A tag is there while changed_at is later than dropped_at, the dropped_at of its manifest, and the gone_at of its
-- repository. What is gone stays for some days, because an older event may still come.
CREATE TABLE tags (
    service TEXT COLLATE "BINARY" NOT NULL,
    repository TEXT COLLATE "BINARY" NOT NULL,
    name TEXT COLLATE "BINARY" NOT NULL,
    digest TEXT COLLATE "BINARY" NOT NULL DEFAULT '',
    changed_at BIGINT NOT NULL DEFAULT 0,
    changed_by TEXT COLLATE "BINARY" NOT NULL DEFAULT '',
    dropped_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (service, repository, name)
);

-- A manifest is there while seen_at is later than dropped_at and the gone_at of its repository. The digest of a
-- deleted blob stands here as well, as a manifest that was never seen. children: digests between spaces, of an
-- index only; NULL when unknown.
CREATE TABLE manifests (
    service TEXT COLLATE "BINARY" NOT NULL,
    repository TEXT COLLATE "BINARY" NOT NULL,
    digest TEXT COLLATE "BINARY" NOT NULL,
    media_type TEXT NOT NULL DEFAULT '',
    size BIGINT NOT NULL DEFAULT 0,
    children TEXT,
    seen_at BIGINT NOT NULL DEFAULT 0,
    pushed_at BIGINT NOT NULL DEFAULT 0,
    pushed_by TEXT COLLATE "BINARY" NOT NULL DEFAULT '',
    last_pull_at BIGINT NOT NULL DEFAULT 0,
    dropped_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (service, repository, digest)
);

-- Which indexes hold a manifest.
CREATE TABLE manifest_parents (
    service TEXT COLLATE "BINARY" NOT NULL,
    repository TEXT COLLATE "BINARY" NOT NULL,
    digest TEXT COLLATE "BINARY" NOT NULL,
    parent TEXT COLLATE "BINARY" NOT NULL,
    PRIMARY KEY (service, repository, digest, parent)
);

-- day: YYYY-MM-DD, or YYYY-MM for a month whose days were summed up. subject: a name, empty for anonymous.
CREATE TABLE daily_usage (
    day TEXT COLLATE "BINARY" NOT NULL,
    service TEXT COLLATE "BINARY" NOT NULL,
    repository TEXT COLLATE "BINARY" NOT NULL,
    subject TEXT COLLATE "BINARY" NOT NULL,
    action TEXT COLLATE "BINARY" NOT NULL,
    count BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    last_address TEXT NOT NULL DEFAULT '',
    last_agent TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (day, service, repository, subject, action)
);
CREATE INDEX daily_usage_by_subject ON daily_usage (service, subject, day);

CREATE TABLE daily_grants (
    day TEXT COLLATE "BINARY" NOT NULL,
    service TEXT COLLATE "BINARY" NOT NULL,
    repository TEXT COLLATE "BINARY" NOT NULL,
    subject TEXT COLLATE "BINARY" NOT NULL,
    action TEXT COLLATE "BINARY" NOT NULL,
    granted BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (day, service, repository, subject, action)
);
CREATE INDEX daily_grants_by_subject ON daily_grants (service, subject, day);

CREATE TABLE digest_pulls (
    service TEXT COLLATE "BINARY" NOT NULL,
    repository TEXT COLLATE "BINARY" NOT NULL,
    digest TEXT COLLATE "BINARY" NOT NULL,
    subject TEXT COLLATE "BINARY" NOT NULL,
    count BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (service, repository, digest, subject)
);
CREATE INDEX digest_pulls_by_digest ON digest_pulls (digest);
CREATE INDEX digest_pulls_by_time ON digest_pulls (last_at);

CREATE TABLE recent_events (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    service TEXT COLLATE "BINARY" NOT NULL,
    action TEXT COLLATE "BINARY" NOT NULL,
    repository TEXT COLLATE "BINARY" NOT NULL,
    tag TEXT COLLATE "BINARY" NOT NULL DEFAULT '',
    digest TEXT COLLATE "BINARY" NOT NULL DEFAULT '',
    subject TEXT COLLATE "BINARY" NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    agent TEXT NOT NULL DEFAULT ''
);
CREATE INDEX recent_events_by_repository ON recent_events (service, repository, seq);
CREATE INDEX recent_events_by_action ON recent_events (action, seq);

CREATE TABLE crawl (
    service TEXT COLLATE "BINARY" NOT NULL PRIMARY KEY,
    started_at BIGINT NOT NULL,
    cursor TEXT NOT NULL DEFAULT '',
    finished_at BIGINT NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
);

-- What is there now.
CREATE VIEW live_repositories AS
    SELECT service, name, description, first_seen_at, last_push_at, last_pull_at, crawled_at
    FROM repositories WHERE seen_at > gone_at;
CREATE VIEW live_tags AS
    SELECT t.service, t.repository, t.name, t.digest, t.changed_at, t.changed_by
    FROM tags t
    JOIN repositories r ON r.service = t.service AND r.name = t.repository
    LEFT JOIN manifests m ON m.service = t.service AND m.repository = t.repository AND m.digest = t.digest
    WHERE t.changed_at > t.dropped_at AND t.changed_at > r.gone_at
        AND t.changed_at > COALESCE(m.dropped_at, 0);
CREATE VIEW live_manifests AS
    SELECT m.service, m.repository, m.digest, m.media_type, m.size, m.children, m.pushed_at, m.pushed_by, m.last_pull_at
    FROM manifests m
    JOIN repositories r ON r.service = m.service AND r.name = m.repository
    WHERE m.seen_at > m.dropped_at AND m.seen_at > r.gone_at;
