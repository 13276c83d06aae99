//! Fragments that several SQL statements share.

/// Reads at most $2 records of the audit trail after or before the seq $1 (`$from`), in the order `$order`. The filters
/// are kind ($3), name ($4), actor ($5) and time ($6 to $7). NULL turns a filter off. `$by` is the condition for which
/// an index exists.
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

/// The columns of the identity of a subject, for a row that also has the subject's own columns. `i` is the table of
/// identities.
macro_rules! identity {
    () => {
        "i.provider AS identity_provider, i.issuer AS identity_issuer, i.external_id AS identity_external_id, \
         i.external_name AS identity_external_name, i.state AS identity_state, \
         i.signed_in_at AS identity_signed_in_at, i.checked_at AS identity_checked_at, \
         i.valid_until AS identity_valid_until, \
         CAST(CASE WHEN i.upstream_token IS NULL THEN 0 ELSE 1 END AS BIGINT) AS identity_checkable, "
    };
}

/// The joins of a subject with its identity and groups, for a statement `SELECT … FROM … JOIN subjects s …`.
macro_rules! beside_subject {
    () => {
        "LEFT JOIN identities i ON i.subject_id = s.id \
         LEFT JOIN memberships m ON m.subject_id = s.id LEFT JOIN subject_groups g ON g.id = m.group_id "
    };
}

/// The condition that no server has a claim on an identity at $2. A claim that ends after $4 does not count,
/// because a server whose clock was ahead made this claim.
macro_rules! is_free {
    () => {
        "(claimed_until <= $2 OR claimed_until > $4)"
    };
}

/// The condition that the person used a credential since the last check. A mark of use can be written up to $6 late, so
/// a use within $6 before the check also counts. The condition is also true if a server whose clock was ahead noted the
/// last check.
macro_rules! was_used {
    () => {
        "(i.signed_in_at > i.checked_at - $6 OR i.checked_at > $3 \
        OR EXISTS (SELECT 1 FROM access_keys k WHERE k.subject_id = i.subject_id AND k.last_used_at > i.checked_at - $6) \
        OR EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.subject_id = i.subject_id AND r.last_used_at > i.checked_at - $6) \
        OR EXISTS (SELECT 1 FROM browser_sessions b WHERE b.subject_id = i.subject_id AND b.last_used_at > i.checked_at - $6))"
    };
}

/// The condition that the server must ask the provider about a person at $2. The person must be active and have a
/// refresh token of the provider. The check is also due if a server whose clock was ahead noted the last check (after
/// $3), which `Identity::holds` does not trust, or the next check (after $5).
macro_rules! is_due {
    () => {
        "(recheck_at <= $2 OR recheck_at > $5 OR checked_at > $3) AND state = 'active' AND upstream_token IS NOT NULL"
    };
}

pub(super) use {beside_subject, identity, is_due, is_free, rule_columns, trail, was_used};
