//! Parts that several SQL statements share.

/// Reads the audit trail from one side ($1, at most $2 rows), filtered by kind ($3), name ($4), actor
/// ($5) and time ($6 to $7), each of which may be NULL. `$by` is what an index finds.
macro_rules! trail {
    ($by:literal, $from:literal, $order:literal) => {
        concat!(
            "SELECT seq, tx, at, actor, address, request_id, action, kind, name, before, after, \
             prev_hash, hash FROM changes WHERE ",
            $by,
            " AND ",
            $from,
            " AND (CAST($3 AS TEXT) IS NULL OR kind = CAST($3 AS TEXT)) \
             AND (CAST($4 AS TEXT) IS NULL OR name = CAST($4 AS TEXT)) \
             AND (CAST($5 AS TEXT) IS NULL OR actor = CAST($5 AS TEXT)) \
             AND (CAST($6 AS BIGINT) IS NULL OR at >= CAST($6 AS BIGINT)) \
             AND (CAST($7 AS BIGINT) IS NULL OR at < CAST($7 AS BIGINT)) ORDER BY ",
            $order,
            " LIMIT $2"
        )
    };
}

/// The columns of a rule.
macro_rules! rule_columns {
    () => {
        "name, effect, subjects, services, type, names, actions, networks, not_before, not_after, priority, \
         enabled, description, managed_by, created_at, updated_at "
    };
}

/// The identity of a subject, beside its own columns. `i` are the identities.
macro_rules! identity {
    () => {
        "i.provider AS identity_provider, i.issuer AS identity_issuer, i.external_id AS identity_external_id, \
         i.external_name AS identity_external_name, i.state AS identity_state, \
         i.signed_in_at AS identity_signed_in_at, i.checked_at AS identity_checked_at, \
         i.valid_until AS identity_valid_until, \
         CAST(CASE WHEN i.upstream_token IS NULL THEN 0 ELSE 1 END AS BIGINT) AS identity_checkable, "
    };
}

/// A subject with its identity and groups: what follows `SELECT … FROM … JOIN subjects s …`.
macro_rules! beside_subject {
    () => {
        "LEFT JOIN identities i ON i.subject_id = s.id \
         LEFT JOIN memberships m ON m.subject_id = s.id LEFT JOIN subject_groups g ON g.id = m.group_id "
    };
}

/// Whether nobody has the claim on an identity at $2. One that ends after $4 was made by a clock that was ahead.
macro_rules! is_free {
    () => {
        "(claimed_until <= $2 OR claimed_until > $4)"
    };
}

/// Whether somebody used something since the last check, where marks of use are $6 late; or a clock that was ahead noted it.
macro_rules! was_used {
    () => {
        "(i.signed_in_at > i.checked_at - $6 OR i.checked_at > $3 \
        OR EXISTS (SELECT 1 FROM access_keys k WHERE k.subject_id = i.subject_id AND k.last_used_at > i.checked_at - $6) \
        OR EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.subject_id = i.subject_id AND r.last_used_at > i.checked_at - $6) \
        OR EXISTS (SELECT 1 FROM browser_sessions b WHERE b.subject_id = i.subject_id AND b.last_used_at > i.checked_at - $6))"
    };
}

/// Whether the provider is to be asked about somebody at $2. It is, too, where a clock that was ahead noted the check
/// (after $3) or the next one (after $5): `Identity::holds` does not believe it.
macro_rules! is_due {
    () => {
        "(recheck_at <= $2 OR recheck_at > $5 OR checked_at > $3) AND state = 'active' AND upstream_token IS NOT NULL"
    };
}

pub(super) use {beside_subject, identity, is_due, is_free, rule_columns, trail, was_used};
