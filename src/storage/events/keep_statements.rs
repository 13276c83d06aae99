//! The SQL that deletes, adds up or rewrites old events, and that gives deleted users a pseudonym.
//!
//! INVARIANT: the statements use `$1` placeholders, no function that only one database has, and bytewise comparison.

/// Names the statements and lists them in [`ALL`].
macro_rules! statements {
    ($($name:ident = $text:expr;)+) => {
        $(pub(super) const $name: &str = $text;)+
        const ALL: &[&str] = &[$($text),+];
    };
}

statements! {
    // Rows that are deleted after a period, or beyond a number of pulls. Each `PURGE_…` statement has a limit for the
    // number of rows.
    SELECT_OLDEST_KEPT_PULL = "SELECT seq AS n FROM recent_events WHERE action = 'pull' ORDER BY seq DESC LIMIT 1 OFFSET $1";
    PURGE_PULLS = "DELETE FROM recent_events WHERE seq IN \
        (SELECT seq FROM recent_events WHERE action = 'pull' AND seq <= $1 ORDER BY seq LIMIT $2)";
    PURGE_CHANGES = "DELETE FROM recent_events WHERE seq IN \
        (SELECT seq FROM recent_events WHERE action = $3 AND at < $1 ORDER BY seq LIMIT $2)";
    PURGE_DIGEST_PULLS = "DELETE FROM digest_pulls WHERE (service, repository, digest, subject) IN \
        (SELECT service, repository, digest, subject FROM digest_pulls WHERE last_at < $1 ORDER BY last_at LIMIT $2)";
    PURGE_GRANTS = "DELETE FROM daily_grants WHERE (day, service, repository, subject, action) IN \
        (SELECT day, service, repository, subject, action FROM daily_grants WHERE day < $1 ORDER BY day LIMIT $2)";
    PURGE_USAGE = "DELETE FROM daily_usage WHERE (day, service, repository, subject, action) IN \
        (SELECT day, service, repository, subject, action FROM daily_usage WHERE day < $1 ORDER BY day LIMIT $2)";
    // Each of these statements first finds the rows that are marked as deleted, by an index, because most tags and
    // manifests are not marked.
    PURGE_TAGS = "DELETE FROM tags WHERE (service, repository, name) IN (SELECT service, repository, name FROM tags \
        WHERE dropped_at > 0 AND dropped_at < $1 AND dropped_at >= seen_at LIMIT $2)";
    PURGE_TAGS_OF_MANIFESTS = "DELETE FROM tags WHERE (service, repository, name) IN \
        (SELECT t.service, t.repository, t.name FROM manifests m \
        JOIN tags t ON t.service = m.service AND t.repository = m.repository AND t.digest = m.digest \
        WHERE m.dropped_at > 0 AND m.dropped_at < $1 AND m.dropped_at >= t.seen_at LIMIT $2)";
    PURGE_TAGS_OF_REPOSITORIES = "DELETE FROM tags WHERE (service, repository, name) IN \
        (SELECT t.service, t.repository, t.name FROM repositories r \
        JOIN tags t ON t.service = r.service AND t.repository = r.name \
        WHERE r.gone_at > 0 AND r.gone_at < $1 AND r.gone_at >= t.seen_at LIMIT $2)";
    PURGE_MANIFESTS = "DELETE FROM manifests WHERE (service, repository, digest) IN \
        (SELECT m.service, m.repository, m.digest FROM manifests m \
        WHERE m.dropped_at > 0 AND m.dropped_at < $1 AND m.dropped_at >= m.seen_at \
        AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.service = m.service AND t.repository = m.repository \
        AND t.digest = m.digest) LIMIT $2)";
    PURGE_MANIFESTS_OF_REPOSITORIES = "DELETE FROM manifests WHERE (service, repository, digest) IN \
        (SELECT m.service, m.repository, m.digest FROM repositories r \
        JOIN manifests m ON m.service = r.service AND m.repository = r.name \
        WHERE r.gone_at > 0 AND r.gone_at < $1 AND r.gone_at >= m.seen_at \
        AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.service = m.service AND t.repository = m.repository \
        AND t.digest = m.digest) LIMIT $2)";
    // Reads a portion of the links from parts to indexes, each with the number of stored manifests of the index: 0 or 1.
    SELECT_PARENTS = "SELECT p.service, p.repository, p.digest, p.parent, (SELECT COUNT(*) FROM manifests m \
        WHERE m.service = p.service AND m.repository = p.repository AND m.digest = p.parent) AS n \
        FROM manifest_parents p WHERE (p.service, p.repository, p.digest, p.parent) > ($1, $2, $3, $4) \
        ORDER BY p.service, p.repository, p.digest, p.parent LIMIT $5";
    DELETE_PARENT = "DELETE FROM manifest_parents WHERE service = $1 AND repository = $2 AND digest = $3 AND parent = $4 \
        AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.service = manifest_parents.service \
        AND m.repository = manifest_parents.repository AND m.digest = manifest_parents.parent)";
    PURGE_REPOSITORIES = "DELETE FROM repositories WHERE (service, name) IN \
        (SELECT r.service, r.name FROM repositories r \
        WHERE r.gone_at > 0 AND r.gone_at < $1 AND r.gone_at >= r.seen_at \
        AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.service = r.service AND m.repository = r.name) \
        AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.service = r.service AND t.repository = r.name) LIMIT $2)";
    PURGE_SOURCES = "DELETE FROM event_sources WHERE (service, instance) IN \
        (SELECT service, instance FROM event_sources WHERE last_seen_at < $1 LIMIT $2)";

    // Daily rows become monthly rows. The same transaction deletes the days and adds them to their months.
    TAKE_OLD_DAYS = "DELETE FROM daily_usage WHERE (day, service, repository, subject, action) IN \
        (SELECT day, service, repository, subject, action FROM daily_usage WHERE day < $1 AND day >= $2 \
        AND LENGTH(day) = 10 ORDER BY day LIMIT $3) \
        RETURNING day, service, repository, subject, action, count, first_at, last_at, last_address, last_agent";

    // Addresses are first cut and later deleted. `SELECT_OLD_ADDRESSES` reads the events with an address that come
    // before the first event at or after $2.
    SELECT_OLD_ADDRESSES = "SELECT seq, address FROM recent_events WHERE seq > $1 AND address <> '' AND seq < \
        COALESCE((SELECT MIN(seq) FROM recent_events WHERE seq > $1 AND at >= $2), 9223372036854775807) \
        ORDER BY seq LIMIT $3";
    UPDATE_ADDRESS = "UPDATE recent_events SET address = $2 WHERE seq = $1";
    SELECT_USAGE_ADDRESSES = "SELECT day, service, repository, subject, action, last_at, last_address FROM daily_usage \
        WHERE (day, service, repository, subject, action) > ($1, $2, $3, $4, $5) AND day < $6 AND last_address <> '' \
        ORDER BY day, service, repository, subject, action LIMIT $7";
    UPDATE_USAGE_ADDRESS = "UPDATE daily_usage SET last_address = $6 \
        WHERE day = $1 AND service = $2 AND repository = $3 AND subject = $4 AND action = $5 AND last_at = $7";

    // A pseudonym replaces a deleted user. The `TAKE_…` statements delete the user's rows, and the same transaction
    // adds them under the pseudonym.
    SELECT_USED_SERVICES = "SELECT service FROM event_sources UNION SELECT service FROM repositories \
        UNION SELECT DISTINCT service FROM daily_grants UNION SELECT service FROM daily_usage WHERE subject = $1 \
        ORDER BY service";
    TAKE_USAGE_OF = "DELETE FROM daily_usage WHERE (day, service, repository, subject, action) IN \
        (SELECT day, service, repository, subject, action FROM daily_usage \
        WHERE service = $1 AND subject = $2 AND first_at <= $3 LIMIT $4) \
        RETURNING day, service, repository, subject, action, count, first_at, last_at, last_address, last_agent";
    TAKE_GRANTS_OF = "DELETE FROM daily_grants WHERE (day, service, repository, subject, action) IN \
        (SELECT day, service, repository, subject, action FROM daily_grants \
        WHERE service = $1 AND subject = $2 AND last_at <= $3 LIMIT $4) \
        AND last_at <= $3 \
        RETURNING day, service, repository, subject, action, granted, refused, last_at";
    TAKE_PULLS_OF = "DELETE FROM digest_pulls WHERE (service, repository, digest, subject) IN \
        (SELECT service, repository, digest, subject FROM digest_pulls WHERE subject = $1 AND first_at <= $2 LIMIT $3) \
        RETURNING service, repository, digest, subject, count, first_at, last_at";
    RENAME_IN_EVENTS = "UPDATE recent_events SET subject = $2, address = '', agent = '' \
        WHERE seq > $3 AND seq <= $4 AND subject = $1 AND at <= $5";
    SELECT_EVENTS_STEP = "SELECT COALESCE(MAX(seq), 0) AS n FROM \
        (SELECT seq FROM recent_events WHERE seq > $1 ORDER BY seq LIMIT $2) AS step";
    RENAME_IN_TAGS = "UPDATE tags SET changed_by = $2 WHERE (service, repository, name) IN \
        (SELECT service, repository, name FROM tags WHERE changed_by = $1 AND changed_at <= $3 LIMIT $4) \
        AND changed_by = $1 AND changed_at <= $3";
    RENAME_IN_MANIFESTS = "UPDATE manifests SET pushed_by = $2 WHERE (service, repository, digest) IN \
        (SELECT service, repository, digest FROM manifests WHERE pushed_by = $1 AND pushed_at <= $3 LIMIT $4) \
        AND pushed_by = $1 AND pushed_at <= $3";
}

/// Returns every statement of this file.
pub(super) fn all() -> impl Iterator<Item = String> {
    ALL.iter().map(|text| (*text).to_owned())
}
