//! The SQL of the lists that people and clients read. Each list reads one index or primary key of `migrations/events/`
//! in its order. So a page reads only its own rows, the rows that its filter leaves out, or at most one window of rows.
//!
//! INVARIANT: as in `statements.rs`, there are `$1` placeholders, no function that only one database has, and bytewise
//! comparison. `day || ''` keeps both databases from using the primary key of usage, which begins with the day.
//! `repository || ''` keeps PostgreSQL from using the index of events by repository when the caller asks for all
//! repositories.

use std::fmt::Write;

/// The condition that a row of usage is for a day or month from $9 to $10, or for the month $11.
macro_rules! in_period {
    () => {
        "((day || '' >= $9 AND day || '' <= $10) OR day || '' = $11)"
    };
}

macro_rules! usage_sums {
    () => {
        "SELECT repository, service, subject, action, CAST(SUM(count) AS BIGINT) AS count, MIN(first_at) AS first_at, \
         MAX(last_at) AS last_at FROM daily_usage "
    };
}

macro_rules! usage_filter {
    () => {
        "AND ($12 = '' OR service = $12) AND ($13 = '' OR action = $13) AND first_at >= $15 "
    };
}

macro_rules! activity {
    ($where:literal) => {
        concat!(
            "SELECT seq, at, service, action, repository, tag, digest, subject, address, agent FROM recent_events \
             WHERE ",
            $where,
            " AND (at, seq) < ($2, $3) AND (at, seq) >= ($4, $5) AND ($6 = '' OR service = $6) \
             AND ($7 = 0 OR subject = $8) AND ($9 = '' OR digest = $9) AND repository || '' >= $10 AND repository || '' < $11 \
             ORDER BY at DESC, seq DESC LIMIT $12"
        )
    };
}

/// Names the statements and lists them in [`ALL`].
macro_rules! statements {
    ($($name:ident = $text:expr;)+) => {
        $(pub(super) const $name: &str = $text;)+
        const ALL: &[&str] = &[$($text),+];
    };
}

statements! {
    // The inventory.
    LIST_REPOSITORIES = "SELECT service, name, description, last_push_at, last_pull_at FROM live_repositories \
        WHERE (name, service) > ($1, $2) AND name < $3 ORDER BY name, service LIMIT $4";
    LIST_REPOSITORIES_OF = "SELECT service, name, description, last_push_at, last_pull_at FROM live_repositories \
        WHERE service = $1 AND name > $2 AND name >= $3 AND name < $4 ORDER BY name LIMIT $5";
    FIND_REPOSITORY = "SELECT service, name, description, last_push_at, last_pull_at FROM live_repositories \
        WHERE service = $1 AND name = $2";
    LIST_TAGS = "SELECT name, digest, changed_at, changed_by FROM live_tags \
        WHERE service = $1 AND repository = $2 AND name > $3 AND name >= $4 AND name < $5 ORDER BY name LIMIT $6";
    LIST_MANIFESTS = "SELECT m.digest, m.media_type, m.size, m.pushed_at, m.pushed_by, m.last_pull_at, \
        CAST(CASE WHEN EXISTS (SELECT 1 FROM live_tags t WHERE t.service = m.service AND t.repository = m.repository \
        AND t.digest = m.digest) THEN 1 ELSE 0 END AS BIGINT) AS tagged FROM live_manifests m \
        WHERE m.service = $1 AND m.repository = $2 AND m.digest > $3 AND m.digest >= $4 AND m.digest < $5 ORDER BY m.digest LIMIT $6";

    // The lists that clients of registries read.
    LIST_NAMES = "SELECT name, description FROM live_repositories WHERE service = $1 AND name > $2 ORDER BY name LIMIT $3";
    LIST_TAG_NAMES = "SELECT name FROM live_tags WHERE service = $1 AND repository = $2 AND name > $3 ORDER BY name LIMIT $4";

    // The usage. `USAGE_PLACE` reads the key at which a window of rows ends. The row with this key belongs to the
    // window.
    USAGE_PLACE = "SELECT repository, service, subject, action FROM daily_usage \
        WHERE (repository, service, subject, action) > ($1, $2, $3, $4) AND repository <= $5 \
        ORDER BY repository, service, subject, action, day LIMIT 1 OFFSET $6";
    LIST_USAGE = concat!(usage_sums!(),
        "WHERE (repository, service, subject, action) > ($1, $2, $3, $4) \
        AND (repository, service, subject, action) <= ($5, $6, $7, $8) AND ", in_period!(), " ", usage_filter!(),
        "GROUP BY repository, service, subject, action ORDER BY repository, service, subject, action LIMIT $14");
    USAGE_PLACE_OF = "SELECT repository, service, subject, action FROM daily_usage \
        WHERE subject = $3 AND (repository, service, action) > ($1, $2, $4) AND repository <= $5 \
        ORDER BY repository, service, action, day LIMIT 1 OFFSET $6";
    LIST_USAGE_OF = concat!(usage_sums!(),
        "WHERE subject = $3 AND (repository, service, action) > ($1, $2, $4) AND subject = $7 \
        AND (repository, service, action) <= ($5, $6, $8) AND ", in_period!(), " ", usage_filter!(),
        "GROUP BY repository, service, subject, action ORDER BY repository, service, action LIMIT $14");

    // The counts of granted and refused actions.
    LIST_GRANTS = "SELECT day, service, repository, subject, action, granted, refused, last_at FROM daily_grants \
        WHERE (day, service, repository, subject, action) > ($1, $2, $3, $4, $5) AND ($6 = '' OR service = $6) \
        ORDER BY day, service, repository, subject, action LIMIT $7";
    FIRST_GRANT_DAY = "SELECT MIN(day) AS day FROM daily_grants";

    // `HAS_USAGE` is 1 if the service $2 has usage on the day $1, else 0. `HAS_GRANTS` is 1 if a token granted an
    // action for the service $2 on the day $1, else 0.
    HAS_USAGE = "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM daily_usage WHERE day = $1 AND service = $2 LIMIT 1) AS found";
    HAS_GRANTS = "SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM daily_grants WHERE day = $1 AND service = $2 \
        AND granted > 0 LIMIT 1) AS found";

    // The pulls of a manifest.
    LIST_PULLS = "SELECT repository, service, subject, count, first_at, last_at FROM digest_pulls \
        WHERE digest = $1 AND (repository, service, subject) > ($2, $3, $4) AND repository <= $5 \
        AND last_at >= $6 AND first_at < $7 AND ($8 = '' OR service = $8) AND ($9 = 0 OR subject = $10) \
        ORDER BY repository, service, subject LIMIT $11";

    // The events of one action, newest first. `ACTIVITY_PLACE` reads the place at which a window of rows ends.
    ACTIVITY_PLACE = "SELECT at, seq FROM recent_events WHERE action = $1 AND (at, seq) < ($2, $3) AND at >= $4 \
        ORDER BY at DESC, seq DESC LIMIT 1 OFFSET $5";
    LIST_ACTIVITY = activity!("action = $1");
    ACTIVITY_PLACE_IN = "SELECT at, seq FROM recent_events \
        WHERE repository = $6 AND action = $1 AND (at, seq) < ($2, $3) AND at >= $4 \
        ORDER BY at DESC, seq DESC LIMIT 1 OFFSET $5";
    LIST_ACTIVITY_IN = activity!("repository = $13 AND action = $1");
}

/// Builds the statement that counts the tags of this number of repositories. Each repository is given by service and
/// name.
pub(super) fn count_tags(repositories: usize) -> String {
    let mut text = String::from(
        "SELECT k.column1 AS service, k.column2 AS name, (SELECT COUNT(*) FROM live_tags t \
         WHERE t.service = k.column1 AND t.repository = k.column2) AS n FROM (VALUES ",
    );
    for at in 0..repositories {
        let comma = if at > 0 { ", " } else { "" };
        // Writing to a text never fails.
        let _ = write!(text, "{comma}(CAST(${} AS TEXT), CAST(${} AS TEXT))", 2 * at + 1, 2 * at + 2);
    }
    text.push_str(") AS k");
    text
}

/// Returns every statement of this file, with `count_tags` for each of these numbers of repositories.
pub(super) fn all(portions: &[usize]) -> impl Iterator<Item = String> {
    ALL.iter().map(|text| (*text).to_owned()).chain(portions.iter().map(|portion| count_tags(*portion)))
}
