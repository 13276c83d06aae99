//! The SQL statements of the store, as text that SQLite and PostgreSQL both accept. The statements about events are in
//! `events/`, those of a transfer in `transfer.rs`, and those for one kind of database in other files.
//!
//! The INSERT and the UPDATE of a row use the same numbers for their first placeholders. So one function binds the
//! values of both.
//!
//! INVARIANT: `$1` placeholders, no LIKE, no function that only one database has, and only bytewise comparison.
//! `tests/storage/` prepares each of [`ALL`] on both databases.

use super::fragments::{beside_subject, identity, is_due, is_free, rule_columns, trail, was_used};

/// Names the statements and lists them in [`ALL`].
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$doc])* pub(super) const $name: &str = $text;)+
        /// Every statement of this file with its name.
        pub const ALL: &[(&str, &str)] = &[$((stringify!($name), $text)),+];
    };
}

statements! {
    PING = "SELECT seq FROM change_counter";

    // Change feed.
    LOCK_COUNTER = "UPDATE change_counter SET seq = seq RETURNING seq, head_hash";
    SELECT_COUNTER = "SELECT seq, head_hash FROM change_counter";
    UPDATE_COUNTER = "UPDATE change_counter SET seq = $1, head_hash = $2";
    INSERT_CHANGE = "INSERT INTO changes \
        (seq, tx, at, actor, address, request_id, action, kind, name, before, after, prev_hash, hash) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    SELECT_CHANGES = "SELECT seq, tx, at, actor, address, request_id, action, kind, name, before, after, \
        prev_hash, hash FROM changes WHERE seq >= $1 ORDER BY seq LIMIT $2";
    SELECT_MEMBERS_CHANGED = "SELECT name, MAX(at) AS at FROM changes \
        WHERE kind = 'group' AND action IN ('add-member', 'remove-member') AND at > $1 GROUP BY name";
    SELECT_VERSION = "SELECT MAX(seq) AS n FROM changes WHERE kind = $1 AND name = $2 COLLATE \"BINARY\"";
    // The audit trail, newest or oldest first: of one object, of one actor, or of all.
    SELECT_TRAIL = trail!("1 = 1", "seq > $1", "seq");
    SELECT_TRAIL_BACK = trail!("1 = 1", "seq < $1", "seq DESC");
    SELECT_TRAIL_OF_ACTOR = trail!("actor = $5", "seq > $1", "seq");
    SELECT_TRAIL_OF_ACTOR_BACK = trail!("actor = $5", "seq < $1", "seq DESC");
    SELECT_TRAIL_OF_OBJECT = trail!("kind = $3 AND name = $4 COLLATE \"BINARY\"", "seq > $1", "seq");
    SELECT_TRAIL_OF_OBJECT_BACK =
        trail!("kind = $3 AND name = $4 COLLATE \"BINARY\"", "seq < $1", "seq DESC");

    // Subjects. One statement reads a subject with its groups, so both come from the same state.
    SELECT_SUBJECT_BY_NAME = concat!("SELECT s.id, s.kind, s.name, s.description, s.admin, s.disabled, s.labels, \
        s.password_hash, s.credential_version, s.expires_at, s.managed_by, s.created_at, s.updated_at, ", identity!(), "g.name AS group_name, c.seq \
        FROM change_counter c JOIN subjects s ON s.folded_name = $1 \
        ", beside_subject!(), "ORDER BY g.name");
    SELECT_SUBJECT_BY_ID = concat!("SELECT s.id, s.kind, s.name, s.description, s.admin, s.disabled, s.labels, \
        s.password_hash, s.credential_version, s.expires_at, s.managed_by, s.created_at, s.updated_at, ", identity!(), "g.name AS group_name, c.seq \
        FROM change_counter c JOIN subjects s ON s.id = $1 \
        ", beside_subject!(), "ORDER BY g.name");
    SELECT_SUBJECT_BY_KEY = concat!("SELECT s.id, s.kind, s.name, s.description, s.admin, s.disabled, s.labels, \
        s.password_hash, s.credential_version, s.expires_at, s.managed_by, s.created_at, s.updated_at, ", identity!(), "g.name AS group_name, c.seq, \
        k.id AS key_id, k.name AS key_name, k.scopes AS key_scopes, k.created_at AS key_created_at, \
        k.expires_at AS key_expires_at, k.last_used_at AS key_last_used_at, \
        k.origin AS key_origin, k.last_address AS key_last_address \
        FROM change_counter c JOIN access_keys k ON k.digest = $1 JOIN subjects s ON s.id = k.subject_id \
        ", beside_subject!(), "ORDER BY g.name");
    SELECT_SUBJECT_BY_REFRESH = concat!("SELECT s.id, s.kind, s.name, s.description, s.admin, s.disabled, s.labels, \
        s.password_hash, s.credential_version, s.expires_at, s.managed_by, s.created_at, s.updated_at, ", identity!(), "g.name AS group_name, c.seq, \
        r.id AS token_id, r.service AS token_service, r.client_id AS token_client_id, \
        r.created_at AS token_created_at, r.last_used_at AS token_last_used_at, \
        r.expires_at AS token_expires_at, r.last_address AS token_last_address \
        FROM change_counter c JOIN refresh_tokens r ON r.digest = $1 JOIN subjects s ON s.id = r.subject_id \
        ", beside_subject!(), "ORDER BY g.name");
    LIST_SUBJECTS = concat!("SELECT s.id, s.kind, s.name, s.description, s.admin, s.disabled, s.labels, \
        s.password_hash, s.credential_version, s.expires_at, s.managed_by, s.created_at, s.updated_at, ", identity!(), "g.name AS group_name, c.seq FROM change_counter c CROSS JOIN \
        (SELECT * FROM subjects WHERE kind = $1 AND name > $2 AND name >= $3 AND name < $4 \
        ORDER BY name LIMIT $5) s \
        ", beside_subject!(), "ORDER BY s.name, g.name");
    SELECT_FOLDED_NAME = "SELECT name FROM subjects WHERE folded_name = $1";
    COUNT_SUBJECTS = "SELECT COUNT(*) AS n FROM subjects";
    COUNT_SUBJECTS_NAMED = "SELECT COUNT(*) AS n FROM subjects WHERE kind = $1 AND name >= $2 AND name < $3";
    SELECT_LAST_USES = "SELECT (SELECT MAX(last_used_at) FROM browser_sessions WHERE subject_id = $1) AS browser, \
        (SELECT MAX(last_used_at) FROM refresh_tokens WHERE subject_id = $1) AS client, \
        (SELECT MAX(last_used_at) FROM access_keys WHERE subject_id = $1) AS access_key";
    COUNT_OTHER_ADMINS = "SELECT COUNT(*) AS n FROM subjects s \
        WHERE s.admin = 1 AND s.disabled = 0 AND (s.expires_at IS NULL OR s.expires_at > $1) AND s.id <> $2 \
        AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.subject_id = s.id) \
        AND (s.password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM access_keys k WHERE k.subject_id = s.id \
        AND k.scopes IS NULL AND (k.expires_at IS NULL OR k.expires_at > $1)))";
    INSERT_SUBJECT = "INSERT INTO subjects \
        (id, description, admin, disabled, labels, password_hash, credential_version, expires_at, managed_by, \
        updated_at, kind, name, folded_name, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    UPDATE_SUBJECT = "UPDATE subjects SET description = $2, admin = $3, disabled = $4, labels = $5, \
        password_hash = $6, credential_version = $7, expires_at = $8, managed_by = $9, updated_at = $10 \
        WHERE id = $1";
    UPDATE_REHASHED = "UPDATE subjects SET password_hash = $1 WHERE id = $2 AND password_hash = $3";
    DELETE_SUBJECT = "DELETE FROM subjects WHERE id = $1";

    // Groups.
    SELECT_GROUP = "SELECT id, name, description, managed_by, created_at, updated_at FROM subject_groups WHERE name = $1";
    SELECT_MEMBERS = "SELECT s.kind, s.name FROM memberships m JOIN subjects s ON s.id = m.subject_id \
        WHERE m.group_id = $1 ORDER BY s.name";
    LIST_MEMBERS = "SELECT s.kind, s.name FROM memberships m JOIN subjects s ON s.id = m.subject_id \
        WHERE m.group_id = $1 AND s.name > $2 AND s.name >= $3 AND s.name < $4 ORDER BY s.name LIMIT $5";
    COUNT_MEMBERS_NAMED = "SELECT COUNT(*) AS n FROM memberships m JOIN subjects s ON s.id = m.subject_id \
        WHERE m.group_id = $1 AND s.name >= $2 AND s.name < $3";
    COUNT_GROUPS_NAMED = "SELECT COUNT(*) AS n FROM subject_groups WHERE name >= $1 AND name < $2";
    COUNT_GROUP = "SELECT COUNT(*) AS n FROM subject_groups WHERE name = $1";
    LIST_GROUPS = "SELECT g.id, g.name AS group_name, g.description, g.managed_by, g.created_at, g.updated_at, \
        s.kind, s.name FROM \
        (SELECT * FROM subject_groups WHERE name > $1 AND name >= $2 AND name < $3 ORDER BY name LIMIT $4) g \
        LEFT JOIN memberships m ON m.group_id = g.id LEFT JOIN subjects s ON s.id = m.subject_id \
        ORDER BY g.name, s.name";
    INSERT_GROUP = "INSERT INTO subject_groups (id, description, managed_by, updated_at, name, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    UPDATE_GROUP = "UPDATE subject_groups SET description = $2, managed_by = $3, updated_at = $4 WHERE id = $1";
    DELETE_GROUP = "DELETE FROM subject_groups WHERE id = $1";
    INSERT_MEMBER = "INSERT INTO memberships (group_id, subject_id) VALUES ($1, $2)";
    DELETE_MEMBER = "DELETE FROM memberships WHERE group_id = $1 AND subject_id = $2";

    // Services.
    SELECT_SERVICES = "SELECT name, token_ttl, offline_tokens, push_includes_pull, password_grant, events, search, crawl, profile, trust, key_id, \
        managed_by, created_at, updated_at FROM services ORDER BY name";
    LIST_SERVICES = "SELECT name, token_ttl, offline_tokens, push_includes_pull, password_grant, events, search, crawl, profile, trust, key_id, \
        managed_by, created_at, updated_at FROM services WHERE name > $1 AND name >= $2 AND name < $3 ORDER BY name LIMIT $4";
    SELECT_SERVICE = "SELECT name, token_ttl, offline_tokens, push_includes_pull, password_grant, events, search, crawl, profile, trust, key_id, \
        managed_by, created_at, updated_at FROM services WHERE name = $1";
    SELECT_SERVICE_NAMES = "SELECT name FROM services ORDER BY name";
    INSERT_SERVICE = "INSERT INTO services \
        (name, token_ttl, offline_tokens, push_includes_pull, password_grant, events, search, crawl, profile, trust, key_id, managed_by, \
        updated_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    UPDATE_SERVICE = "UPDATE services SET token_ttl = $2, offline_tokens = $3, push_includes_pull = $4, \
        password_grant = $5, events = $6, search = $7, crawl = $8, profile = $9, trust = $10, key_id = $11, managed_by = $12, updated_at = $13 \
        WHERE name = $1";
    DELETE_SERVICE = "DELETE FROM services WHERE name = $1";

    // Rules.
    LIST_RULES = concat!("SELECT ", rule_columns!(),
        "FROM rules WHERE name > $1 AND name >= $2 AND name < $3 ORDER BY name LIMIT $4");
    SELECT_RULES_CHANGED = "SELECT name, updated_at FROM rules WHERE updated_at > $1 ORDER BY name";
    SCAN_RULES = "SELECT string_agg(stored, $4) AS stored FROM (SELECT name || $2 || effect || $2 || subjects || $2 || services || $2 || type || $2 || names \
        || $2 || actions || $2 || networks || $2 || COALESCE(CAST(not_before AS TEXT), '') \
        || $2 || COALESCE(CAST(not_after AS TEXT), '') || $2 || CAST(priority AS TEXT) \
        || $2 || CAST(enabled AS TEXT) || $2 || description AS stored \
        FROM rules WHERE name > $1 ORDER BY name LIMIT $3) AS page";
    SELECT_RULE = concat!("SELECT ", rule_columns!(), "FROM rules WHERE name = $1");
    /// Reads the rules with these names. $1 contains $3 names, each padded with spaces to $2 characters.
    SELECT_RULES = concat!("WITH RECURSIVE wanted (place, wanted_name) AS ( \
        SELECT 1, rtrim(substr(CAST($1 AS TEXT), 1, CAST($2 AS INTEGER))) UNION ALL SELECT place + 1, \
        rtrim(substr(CAST($1 AS TEXT), place * CAST($2 AS INTEGER) + 1, CAST($2 AS INTEGER))) \
        FROM wanted WHERE place < CAST($3 AS INTEGER)) SELECT ", rule_columns!(), "FROM wanted JOIN rules ON name = wanted_name ORDER BY name");
    INSERT_RULE = "INSERT INTO rules (name, effect, subjects, services, type, names, actions, networks, \
        not_before, not_after, priority, enabled, description, managed_by, updated_at, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    UPDATE_RULE = "UPDATE rules SET effect = $2, subjects = $3, services = $4, type = $5, names = $6, \
        actions = $7, networks = $8, not_before = $9, not_after = $10, priority = $11, enabled = $12, \
        description = $13, managed_by = $14, updated_at = $15 WHERE name = $1";
    DELETE_RULE = "DELETE FROM rules WHERE name = $1";

    // Access keys.
    SELECT_KEYS = "SELECT id AS key_id, name AS key_name, scopes AS key_scopes, created_at AS key_created_at, \
        expires_at AS key_expires_at, last_used_at AS key_last_used_at, origin AS key_origin, \
        last_address AS key_last_address FROM access_keys WHERE subject_id = $1 ORDER BY key_name, key_id";
    SELECT_KEY = "SELECT k.id AS key_id, k.name AS key_name, k.scopes AS key_scopes, \
        k.created_at AS key_created_at, k.expires_at AS key_expires_at, k.last_used_at AS key_last_used_at, \
        k.origin AS key_origin, k.last_address AS key_last_address, s.kind, s.name FROM access_keys k JOIN subjects s ON s.id = k.subject_id WHERE k.id = $1";
    COUNT_KEYS = "SELECT COUNT(*) AS n FROM access_keys WHERE subject_id = $1";
    INSERT_KEY = "INSERT INTO access_keys (id, subject_id, name, digest, scopes, created_at, expires_at, origin, last_used_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL)";
    DELETE_KEY = "DELETE FROM access_keys WHERE id = $1";
    SELECT_ENDED_KEYS = "SELECT k.id AS key_id, k.name AS key_name, k.scopes AS key_scopes, \
        k.created_at AS key_created_at, k.expires_at AS key_expires_at, k.last_used_at AS key_last_used_at, \
        k.origin AS key_origin, k.last_address AS key_last_address, s.kind, s.name FROM access_keys k JOIN subjects s ON s.id = k.subject_id \
        WHERE k.expires_at <= $1 ORDER BY k.expires_at LIMIT $2";
    SELECT_STALE_KEYS = "SELECT k.id AS key_id, k.name AS key_name, k.scopes AS key_scopes, \
        k.created_at AS key_created_at, k.expires_at AS key_expires_at, k.last_used_at AS key_last_used_at, \
        k.origin AS key_origin, k.last_address AS key_last_address, s.kind, s.name FROM access_keys k JOIN subjects s ON s.id = k.subject_id \
        WHERE k.created_at < $1 AND (k.last_used_at IS NULL OR k.last_used_at < $1) \
        AND (k.expires_at IS NULL OR k.expires_at > $2) AND s.disabled = 0 AND (s.expires_at IS NULL OR s.expires_at > $2) \
        ORDER BY k.id LIMIT $3";
    LIST_STALE_ROBOTS = "SELECT s.name FROM subjects s WHERE s.kind = 'robot' AND s.name > $1 AND s.disabled = 0 \
        AND (s.expires_at IS NULL OR s.expires_at > $3) AND s.created_at <= $2 AND s.updated_at <= $2 \
        AND NOT EXISTS (SELECT 1 FROM access_keys k WHERE k.subject_id = s.id AND (k.created_at > $2 OR k.last_used_at > $2)) \
        AND NOT EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.subject_id = s.id AND r.last_used_at > $2) \
        AND NOT EXISTS (SELECT 1 FROM browser_sessions b WHERE b.subject_id = s.id AND b.last_used_at > $2) \
        ORDER BY s.name LIMIT $4";
    TOUCH_KEY = "UPDATE access_keys SET last_used_at = $2, last_address = $3 \
        WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2 OR last_used_at > $4)";

    // Refresh tokens.
    SELECT_REFRESH_TOKENS = "SELECT id AS token_id, service AS token_service, client_id AS token_client_id, \
        created_at AS token_created_at, last_used_at AS token_last_used_at, expires_at AS token_expires_at, \
        last_address AS token_last_address FROM refresh_tokens WHERE subject_id = $1 ORDER BY token_created_at, token_id";
    SELECT_REFRESH_TOKEN = "SELECT r.id AS token_id, r.service AS token_service, r.client_id AS token_client_id, \
        r.created_at AS token_created_at, r.last_used_at AS token_last_used_at, \
        r.expires_at AS token_expires_at, r.last_address AS token_last_address, s.kind, s.name \
        FROM refresh_tokens r JOIN subjects s ON s.id = r.subject_id WHERE r.id = $1";
    INSERT_REFRESH_TOKEN = "INSERT INTO refresh_tokens \
        (id, digest, subject_id, service, client_id, created_at, last_used_at, expires_at, last_address) \
        SELECT $1, $2, s.id, $4, $5, CAST($6 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT), $8 \
        FROM subjects s WHERE s.id = $3 AND s.credential_version = $9 AND s.disabled = 0";
    TRIM_REFRESH_TOKENS = "DELETE FROM refresh_tokens WHERE subject_id = $1 AND service = $2 AND id NOT IN \
        (SELECT id FROM refresh_tokens WHERE subject_id = $1 AND service = $2 \
        ORDER BY last_used_at DESC, id DESC LIMIT 50) RETURNING digest";
    DELETE_ALL_REFRESH_TOKENS = "DELETE FROM refresh_tokens";
    DELETE_REFRESH_TOKEN = "DELETE FROM refresh_tokens WHERE id = $1";
    PURGE_ENDED_REFRESH_TOKENS = "DELETE FROM refresh_tokens WHERE id IN \
        (SELECT id FROM refresh_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    PURGE_IDLE_REFRESH_TOKENS = "DELETE FROM refresh_tokens WHERE id IN \
        (SELECT id FROM refresh_tokens WHERE last_used_at <= $1 ORDER BY last_used_at LIMIT $2)";
    TOUCH_REFRESH_TOKEN = "UPDATE refresh_tokens SET last_used_at = $2, last_address = $3 \
        WHERE id = $1 AND (last_used_at < $2 OR last_used_at > $4)";

    // Browser sessions. A session is valid only while its subject has the credential version with which the session
    // began.
    SELECT_SUBJECT_BY_BROWSER = concat!("SELECT s.id, s.kind, s.name, s.description, s.admin, s.disabled, s.labels, \
        s.password_hash, s.credential_version, s.expires_at, s.managed_by, s.created_at, s.updated_at, ", identity!(), "g.name AS group_name, c.seq, b.signed_in_at AS browser_signed_in_at, \
        b.last_used_at AS browser_last_used_at, b.expires_at AS browser_expires_at, \
        b.wrong_codes AS browser_wrong_codes \
        FROM change_counter c JOIN browser_sessions b ON b.digest = $1 \
        JOIN subjects s ON s.id = b.subject_id AND s.credential_version = b.credential_version \
        ", beside_subject!(), "ORDER BY g.name");
    INSERT_BROWSER_SESSION = "INSERT INTO browser_sessions \
        (digest, subject_id, credential_version, provider_sid, signed_in_at, last_used_at, expires_at, \
        wrong_codes, address, agent) \
        SELECT $1, s.id, s.credential_version, $4, CAST($5 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), \
        0, $7, $8 FROM subjects s WHERE s.id = $2 AND s.credential_version = $3 AND s.disabled = 0";
    TOUCH_BROWSER_SESSION = "UPDATE browser_sessions SET last_used_at = $2 \
        WHERE digest = $1 AND (last_used_at < $2 OR last_used_at > $3)";
    COUNT_TYPED_CODE = "UPDATE browser_sessions SET wrong_codes = wrong_codes + 1 \
        WHERE digest = $1 AND wrong_codes < $2 RETURNING wrong_codes";
    UNCOUNT_TYPED_CODE = "UPDATE browser_sessions SET wrong_codes = wrong_codes - 1 WHERE digest = $1";
    DELETE_BROWSER_SESSION = "DELETE FROM browser_sessions WHERE digest = $1";
    DELETE_BROWSER_SESSIONS_OF = "DELETE FROM browser_sessions WHERE subject_id = $1";
    DELETE_ALL_BROWSER_SESSIONS = "DELETE FROM browser_sessions";
    PURGE_BROWSER_SESSIONS = "DELETE FROM browser_sessions WHERE digest IN \
        (SELECT digest FROM browser_sessions WHERE expires_at <= $1 OR last_used_at <= $2 LIMIT $3)";
    COUNT_LOCAL_PASSWORDS = "SELECT COUNT(*) AS n FROM \
        (SELECT 1 FROM subjects WHERE password_hash IS NOT NULL AND disabled = 0 LIMIT 1) AS one";

    // Sign-in flows.
    INSERT_FLOW = "INSERT INTO signin_flows \
        (digest, kind, user_code, details, address, network, subject_id, credential_version, created_at, expires_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    TAKE_FLOW = "DELETE FROM signin_flows WHERE digest = $1 AND kind = $2 AND expires_at > $3 \
        RETURNING kind, details, address, subject_id, credential_version, outcome, created_at, expires_at";
    SELECT_FLOW = "SELECT kind, details, address, subject_id, credential_version, outcome, created_at, expires_at \
        FROM signin_flows WHERE digest = $1 AND kind = $2 AND expires_at > $3";
    SELECT_DEVICE = "SELECT kind, details, address, subject_id, credential_version, outcome, created_at, expires_at \
        FROM signin_flows WHERE user_code = $1 AND kind = 'device' AND outcome IS NULL AND expires_at > $2";
    DECIDE_DEVICE = "UPDATE signin_flows SET outcome = $2, subject_id = $3, credential_version = $4 \
        WHERE user_code = $1 AND kind = 'device' AND outcome IS NULL AND expires_at > $5";
    POLL_DEVICE = "UPDATE signin_flows SET polled_at = $2 \
        WHERE digest = $1 AND kind = 'device' AND (polled_at IS NULL OR polled_at <= $3 OR polled_at > $2) \
        RETURNING kind, details, address, subject_id, credential_version, outcome, created_at, expires_at";
    COUNT_DEVICE = "SELECT COUNT(*) AS n FROM signin_flows WHERE digest = $1 AND kind = 'device'";
    COUNT_FLOWS = "SELECT COUNT(*) AS n FROM signin_flows WHERE kind = $1 AND expires_at > $2";
    COUNT_FLOWS_FROM = "SELECT COUNT(*) AS n FROM signin_flows \
        WHERE kind = $1 AND expires_at > $2 AND network = $3";
    // Deletes the oldest undecided flow of a kind in the network that has most undecided flows.
    CROWD_OUT_FLOW = "DELETE FROM signin_flows WHERE digest = (SELECT digest FROM signin_flows \
        WHERE kind = $1 AND outcome IS NULL AND network = (SELECT network FROM signin_flows \
        WHERE kind = $1 AND outcome IS NULL GROUP BY network ORDER BY COUNT(*) DESC LIMIT 1) \
        ORDER BY created_at LIMIT 1)";
    // Reads the usable invitations, sorted by the names of their users.
    LIST_INVITATIONS = "SELECT s.kind, s.name, f.created_at, f.expires_at FROM signin_flows f \
        JOIN subjects s ON s.id = f.subject_id WHERE s.name > $1 AND s.name >= $2 AND s.name < $3 \
        AND f.kind = 'invitation' AND f.expires_at > $5 AND f.credential_version = s.credential_version \
        ORDER BY s.name LIMIT $4";
    DELETE_INVITATIONS = "DELETE FROM signin_flows WHERE kind = 'invitation' AND subject_id = $1";
    DELETE_ALL_FLOWS = "DELETE FROM signin_flows";
    PURGE_FLOWS = "DELETE FROM signin_flows WHERE digest IN \
        (SELECT digest FROM signin_flows WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";

    // The record of the schema's steps, which the migrations write.
    SELECT_SCHEMA_STEP = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";

    // Leases.
    TAKE_LEASE = "INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3) \
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
        WHERE leases.until <= $4 OR leases.until > $5 OR leases.holder = excluded.holder RETURNING holder";
    RELEASE_LEASE = "DELETE FROM leases WHERE name = $1 AND holder = $2";

    // Replicas, and the numbers of objects.
    ANNOUNCE_REPLICA = "INSERT INTO replicas (id, version, seen_at) VALUES ($1, $2, $3) \
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, seen_at = excluded.seen_at";
    DELETE_LOST_REPLICAS = "DELETE FROM replicas WHERE seen_at <= $1 OR seen_at > $2";
    SELECT_REPLICAS = "SELECT id, version, seen_at FROM replicas WHERE seen_at > $1 AND seen_at <= $2 ORDER BY id";
    COUNT_OBJECTS = "SELECT \
        (SELECT COUNT(*) FROM subjects WHERE kind = 'user') AS users, \
        (SELECT COUNT(*) FROM subjects WHERE kind = 'robot') AS robots, \
        (SELECT COUNT(*) FROM subject_groups) AS user_groups, \
        (SELECT COUNT(*) FROM services) AS services, \
        (SELECT COUNT(*) FROM rules) AS rules, \
        (SELECT COUNT(*) FROM access_keys) AS access_keys, \
        (SELECT COUNT(*) FROM refresh_tokens) AS refresh_tokens";

    // Identity providers.
    SELECT_PROVIDERS = "SELECT name, settings, secret, held_at, unbraked_until, created_at, updated_at \
        FROM identity_providers ORDER BY name";
    LIST_PROVIDERS = "SELECT name, settings, secret, held_at, unbraked_until, created_at, updated_at \
        FROM identity_providers WHERE name > $1 AND name >= $2 AND name < $3 ORDER BY name LIMIT $4";
    SELECT_PROVIDER = "SELECT name, settings, secret, held_at, unbraked_until, created_at, updated_at \
        FROM identity_providers WHERE name = $1";
    INSERT_PROVIDER = "INSERT INTO identity_providers (name, kind, settings, secret, updated_at, created_at) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    UPDATE_PROVIDER = "UPDATE identity_providers SET kind = $2, settings = $3, secret = $4, updated_at = $5 \
        WHERE name = $1";
    UPDATE_PROVIDER_SECRET = "UPDATE identity_providers SET secret = $2 WHERE name = $1 AND secret = $3";
    HOLD_PROVIDER = "UPDATE identity_providers SET held_at = $2 WHERE name = $1 AND held_at IS NULL";
    RELEASE_PROVIDER = "UPDATE identity_providers SET held_at = NULL, unbraked_until = $2 WHERE name = $1";
    DELETE_PROVIDER = "DELETE FROM identity_providers WHERE name = $1";

    // The identities of users at providers.
    SELECT_IDENTITY_BY_EXTERNAL = concat!("SELECT ", identity!(), "i.id, i.subject_id, i.recheck_at, i.upstream_token, i.given, s.kind, s.name \
        FROM identities i JOIN subjects s ON s.id = i.subject_id WHERE i.provider = $1 AND i.external_id = $2");
    SELECT_IDENTITY_BY_SUBJECT = concat!("SELECT ", identity!(), "i.id, i.subject_id, i.recheck_at, i.upstream_token, i.given, s.kind, s.name \
        FROM identities i JOIN subjects s ON s.id = i.subject_id WHERE i.subject_id = $1");
    SELECT_IDENTITIES_OF_PROVIDER = concat!("SELECT ", identity!(), "i.id, i.subject_id, i.recheck_at, i.upstream_token, i.given, s.kind, s.name \
        FROM identities i JOIN subjects s ON s.id = i.subject_id WHERE i.provider = $1 AND i.id > $2 ORDER BY i.id LIMIT $3");
    INSERT_IDENTITY = "INSERT INTO identities \
        (id, issuer, external_name, state, signed_in_at, checked_at, valid_until, recheck_at, upstream_token, given, \
        subject_id, provider, external_id, claimed_until) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0)";
    UPDATE_IDENTITY = "UPDATE identities SET issuer = $2, external_name = $3, state = $4, signed_in_at = $5, \
        checked_at = $6, valid_until = $7, recheck_at = $8, upstream_token = $9, given = $10, claimed_until = 0 WHERE id = $1";
    UPDATE_GIVEN = "UPDATE identities SET given = $2 WHERE id = $1";
    DELETE_IDENTITY = "DELETE FROM identities WHERE id = $1";
    // The new issuer does not accept the refresh tokens of the old issuer.
    MOVE_IDENTITIES = "UPDATE identities SET issuer = $2, upstream_token = NULL WHERE provider = $1";
    FORGET_UPSTREAM_TOKENS = "UPDATE identities SET upstream_token = NULL WHERE provider = $1";
    FORGET_ALL_UPSTREAM_TOKENS = "UPDATE identities SET upstream_token = NULL";
    CLAIM_IDENTITY = concat!("UPDATE identities SET claimed_until = $3 WHERE id = $1 AND ", is_free!(),
        " AND state = 'active' AND checked_at = $5 AND recheck_at = $6 RETURNING id");
    SELECT_CLAIM = "SELECT id FROM identities WHERE id = $1 AND claimed_until = $2";
    RELEASE_IDENTITY = "UPDATE identities SET claimed_until = 0, recheck_at = $3 \
        WHERE id = $1 AND claimed_until = $2";
    // A token that was forgotten meanwhile must stay forgotten.
    KEEP_UPSTREAM_TOKEN = "UPDATE identities SET upstream_token = $3 WHERE id = $1 AND claimed_until = $2 AND upstream_token IS NOT NULL";
    UPDATE_UPSTREAM_TOKEN = "UPDATE identities SET upstream_token = $2 WHERE id = $1 AND upstream_token = $3";
    MAKE_IDENTITIES_DUE = "UPDATE identities SET recheck_at = $2 WHERE provider = $1 AND state = 'active' AND recheck_at > $2";
    SELECT_DUE_IDENTITIES = concat!("SELECT i.subject_id, i.checked_at, i.recheck_at FROM identities i \
        WHERE i.provider = $1 AND ", is_due!(), " AND ", is_free!(), " \
        AND ", was_used!(), " ORDER BY i.recheck_at LIMIT $7");
    COUNT_IDENTITIES = concat!("SELECT COUNT(*) AS people, \
        CAST(COALESCE(SUM(CASE WHEN ", is_due!(), " AND ", was_used!(), " THEN 1 ELSE 0 END), 0) AS BIGINT) AS due, \
        CAST(COALESCE(SUM(CASE WHEN checked_at > $4 AND checked_at <= $3 \
        THEN 1 ELSE 0 END), 0) AS BIGINT) AS checked, \
        CAST(COALESCE(SUM(CASE WHEN checked_at > $4 AND checked_at <= $3 AND state = 'refused' \
        THEN 1 ELSE 0 END), 0) AS BIGINT) AS gone \
        FROM identities i WHERE provider = $1");
    SELECT_KEPT_GROUPS = "SELECT g.id, g.name FROM memberships m JOIN subject_groups g ON g.id = m.group_id \
        WHERE m.subject_id = $1 AND g.managed_by = $2 ORDER BY g.name";
    SELECT_GROUPS_OF = "SELECT name FROM subject_groups WHERE managed_by = $1 ORDER BY name";
    SELECT_GROUP_OWNER = "SELECT id, managed_by FROM subject_groups WHERE name = $1";
}
