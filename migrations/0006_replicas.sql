-- The servers that use this database: each writes its row every 30 seconds; rows of ten minutes ago are deleted.
-- seen_at: microseconds since the epoch.
CREATE TABLE replicas (
    id      TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    seen_at BIGINT NOT NULL
);
