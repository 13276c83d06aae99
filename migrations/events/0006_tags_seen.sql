-- A pull by tag shows which manifest the tag names, but neither who moved the tag nor when. digest and seen_at: the
-- last event that showed the tag. changed_digest, changed_at and changed_by: the last push.
ALTER TABLE tags ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tags ADD COLUMN changed_digest TEXT COLLATE "BINARY" NOT NULL DEFAULT '';
UPDATE tags SET seen_at = changed_at, changed_digest = digest;

-- A tag is there while seen_at is later than dropped_at, the dropped_at of its manifest, and the gone_at of its
-- repository. The push is unknown if the tag names another manifest since.
DROP VIEW live_tags;
CREATE VIEW live_tags AS
    SELECT t.service, t.repository, t.name, t.digest,
        CASE WHEN t.changed_digest = t.digest THEN t.changed_at ELSE 0 END AS changed_at,
        CASE WHEN t.changed_digest = t.digest THEN t.changed_by ELSE '' END AS changed_by
    FROM tags t
    JOIN repositories r ON r.service = t.service AND r.name = t.repository
    LEFT JOIN manifests m ON m.service = t.service AND m.repository = t.repository AND m.digest = t.digest
    WHERE t.seen_at > t.dropped_at AND t.seen_at > r.gone_at AND t.seen_at > COALESCE(m.dropped_at, 0);
