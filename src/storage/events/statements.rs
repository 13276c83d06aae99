//! The SQL that writes events, counts and the findings of crawls, and the SQL of notes, alarms and sizes, as text that
//! SQLite and PostgreSQL both accept. [`all`] also returns the statements of `crawl_statements.rs`,
//! `keep_statements.rs` and `read_statements.rs`.
//!
//! INVARIANT: `$1` placeholders, no function that only one database has, and bytewise comparison. `tests/storage/`
//! prepares each of [`all`] on both databases.

use super::{crawl_statements, keep_statements, read_statements};
use std::fmt::Write;

/// The numbers of rows that one statement can write or look up, greatest first.
pub(super) const PORTIONS: [usize; 3] = [32, 8, 1];

/// Names the statements and lists them in [`ALL`].
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$doc])* pub(super) const $name: &str = $text;)+
        const ALL: &[&str] = &[$($text),+];
    };
}

/// Keeps the greater of the stored value and the new value: the later time, or the greater size.
macro_rules! latest {
    ($table:literal, $column:literal) => {
        concat!(
            $column,
            " = CASE WHEN excluded.",
            $column,
            " > ",
            $table,
            ".",
            $column,
            " THEN excluded.",
            $column,
            " ELSE ",
            $table,
            ".",
            $column,
            " END"
        )
    };
}

/// Keeps the earlier of the stored time and the new time.
macro_rules! earliest {
    ($table:literal, $column:literal) => {
        concat!(
            $column,
            " = CASE WHEN excluded.",
            $column,
            " < ",
            $table,
            ".",
            $column,
            " THEN excluded.",
            $column,
            " ELSE ",
            $table,
            ".",
            $column,
            " END"
        )
    };
}

/// Keeps the column of the later row. The columns `$new` and `$old` decide which row is later.
macro_rules! of_latest {
    ($table:literal, $column:literal, $new:literal, $old:literal) => {
        concat!(
            $column,
            " = CASE WHEN (",
            $new,
            ") > (",
            $old,
            ") THEN excluded.",
            $column,
            " ELSE ",
            $table,
            ".",
            $column,
            " END"
        )
    };
}

macro_rules! tag_column {
    ($column:literal) => {
        of_latest!(
            "tags",
            $column,
            "excluded.changed_at, excluded.changed_digest, excluded.changed_by",
            "tags.changed_at, tags.changed_digest, tags.changed_by"
        )
    };
}

macro_rules! seen_tag_column {
    ($column:literal) => {
        of_latest!("tags", $column, "excluded.seen_at, excluded.digest", "tags.seen_at, tags.digest")
    };
}

macro_rules! manifest_column {
    ($column:literal) => {
        of_latest!(
            "manifests",
            $column,
            "excluded.pushed_at, excluded.pushed_by",
            "manifests.pushed_at, manifests.pushed_by"
        )
    };
}

macro_rules! usage_column {
    ($column:literal) => {
        of_latest!(
            "daily_usage",
            $column,
            "excluded.last_at, excluded.last_address, excluded.last_agent",
            "daily_usage.last_at, daily_usage.last_address, daily_usage.last_agent"
        )
    };
}

/// A statement that writes several rows. No two rows may have the same key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows {
    into: &'static str,
    columns: usize,
    then: &'static str,
}

impl Rows {
    /// Returns the text of the statement for this number of rows.
    pub(super) fn text(self, rows: usize) -> String {
        self.text_after(0, rows)
    }

    /// Returns the number of values of one row.
    pub(super) fn columns(self) -> usize {
        self.columns
    }

    /// Returns the text of the statement for `rows` rows. Its placeholders follow the `values` placeholders of the
    /// statements before it.
    pub(super) fn text_after(self, values: usize, rows: usize) -> String {
        let mut text = format!("INSERT INTO {} VALUES ", self.into);
        for row in 0..rows {
            text.push_str(if row > 0 { ", (" } else { "(" });
            for column in 1..=self.columns {
                let comma = if column > 1 { ", " } else { "" };
                // Writing to a text never fails.
                let _ = write!(text, "{comma}${}", values + row * self.columns + column);
            }
            text.push(')');
        }
        text.push_str(self.then);
        text
    }
}

pub(super) const PUT_REPOSITORIES: Rows = Rows {
    into: "repositories (service, name, first_seen_at, seen_at, last_push_at, last_pull_at, gone_at)",
    columns: 7,
    then: concat!(
        " ON CONFLICT (service, name) DO UPDATE SET ",
        earliest!("repositories", "first_seen_at"),
        ", ",
        latest!("repositories", "seen_at"),
        ", ",
        latest!("repositories", "last_push_at"),
        ", ",
        latest!("repositories", "last_pull_at"),
        ", ",
        latest!("repositories", "gone_at")
    ),
};
pub(super) const PUT_TAGS: Rows = Rows {
    into: "tags (service, repository, name, digest, seen_at, changed_digest, changed_at, changed_by, dropped_at)",
    columns: 9,
    then: concat!(
        " ON CONFLICT (service, repository, name) DO UPDATE SET ",
        seen_tag_column!("digest"),
        ", ",
        seen_tag_column!("seen_at"),
        ", ",
        tag_column!("changed_digest"),
        ", ",
        tag_column!("changed_at"),
        ", ",
        tag_column!("changed_by"),
        ", ",
        latest!("tags", "dropped_at")
    ),
};
pub(super) const PUT_MANIFESTS: Rows = Rows {
    into: "manifests (service, repository, digest, media_type, size, children, seen_at, pushed_at, pushed_by, \
        last_pull_at, dropped_at)",
    columns: 11,
    then: concat!(
        " ON CONFLICT (service, repository, digest) DO UPDATE SET \
        media_type = CASE WHEN excluded.media_type <> '' THEN excluded.media_type ELSE manifests.media_type END, \
        children = COALESCE(excluded.children, manifests.children), ",
        latest!("manifests", "size"),
        ", ",
        latest!("manifests", "seen_at"),
        ", ",
        manifest_column!("pushed_at"),
        ", ",
        manifest_column!("pushed_by"),
        ", ",
        latest!("manifests", "last_pull_at"),
        ", ",
        latest!("manifests", "dropped_at")
    ),
};
pub(super) const PUT_PARENTS: Rows = Rows {
    into: "manifest_parents (service, repository, digest, parent)",
    columns: 4,
    then: " ON CONFLICT (service, repository, digest, parent) DO NOTHING",
};
pub(super) const PUT_USAGE: Rows = Rows {
    into: "daily_usage (day, service, repository, subject, action, count, first_at, last_at, last_address, last_agent)",
    columns: 10,
    then: concat!(
        " ON CONFLICT (day, service, repository, subject, action) DO UPDATE SET \
        count = daily_usage.count + excluded.count, ",
        earliest!("daily_usage", "first_at"),
        ", ",
        usage_column!("last_at"),
        ", ",
        usage_column!("last_address"),
        ", ",
        usage_column!("last_agent")
    ),
};
pub(super) const PUT_DIGEST_PULLS: Rows = Rows {
    into: "digest_pulls (service, repository, digest, subject, count, first_at, last_at)",
    columns: 7,
    then: concat!(
        " ON CONFLICT (service, repository, digest, subject) DO UPDATE SET \
        count = digest_pulls.count + excluded.count, ",
        earliest!("digest_pulls", "first_at"),
        ", ",
        latest!("digest_pulls", "last_at")
    ),
};
pub(super) const INSERT_RECENT: Rows = Rows {
    into: "recent_events (seq, at, service, action, repository, tag, digest, subject, address, agent)",
    columns: 10,
    then: "",
};
pub(super) const PUT_SOURCES: Rows = Rows {
    into: "event_sources (service, instance, last_ids, last_delete, events, first_seen_at, last_seen_at)",
    columns: 7,
    then: concat!(
        " ON CONFLICT (service, instance) DO UPDATE SET last_ids = excluded.last_ids, \
        last_delete = excluded.last_delete, events = event_sources.events + excluded.events, ",
        latest!("event_sources", "last_seen_at")
    ),
};
pub(super) const PUT_GRANTS: Rows = Rows {
    into: "daily_grants (day, service, repository, subject, action, granted, refused, last_at)",
    columns: 8,
    then: concat!(
        " ON CONFLICT (day, service, repository, subject, action) DO UPDATE SET \
        granted = daily_grants.granted + excluded.granted, refused = daily_grants.refused + excluded.refused, ",
        latest!("daily_grants", "last_at")
    ),
};

/// Returns a statement for each table that events or tokens change. Each statement writes one row, as for a single
/// event. The placeholders are numbered through all statements.
pub(super) fn one_row_each() -> Vec<String> {
    let mut values = 0;
    let text = |rows: &Rows| {
        let text = rows.text_after(values, 1);
        values += rows.columns;
        text
    };
    ROWS.iter().map(text).collect()
}

pub(super) const PUT_CRAWLED: Rows = Rows {
    into: "repositories (service, name, first_seen_at, seen_at, crawled_at)",
    columns: 5,
    then: concat!(
        " ON CONFLICT (service, name) DO UPDATE SET ",
        earliest!("repositories", "first_seen_at"),
        ", ",
        latest!("repositories", "seen_at"),
        ", ",
        latest!("repositories", "crawled_at")
    ),
};

pub(super) const PUT_MISSING: Rows = Rows {
    into: "crawl_missing (service, repository, name)",
    columns: 3,
    then: " ON CONFLICT (service, repository, name) DO NOTHING",
};

const ROWS: [Rows; 9] = [
    PUT_REPOSITORIES,
    PUT_TAGS,
    PUT_MANIFESTS,
    PUT_PARENTS,
    PUT_USAGE,
    PUT_DIGEST_PULLS,
    INSERT_RECENT,
    PUT_SOURCES,
    PUT_GRANTS,
];

statements! {
    // Events and their numbers.
    TAKE_SEQ = "UPDATE event_counter SET seq = seq + $1 RETURNING seq";
    SELECT_SEQ = "SELECT seq AS n FROM event_counter";
    RAISE_SEQ = "UPDATE event_counter SET seq = (SELECT MAX(seq) FROM recent_events) \
        WHERE seq < (SELECT MAX(seq) FROM recent_events)";
    SELECT_SOURCE = "SELECT last_ids, last_delete FROM event_sources WHERE service = $1 AND instance = $2";

    // Notes.
    SELECT_MARK = "SELECT value FROM event_marks WHERE name = $1";
    PUT_MARK = "INSERT INTO event_marks (name, value) VALUES ($1, $2) \
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";

    // Alarms: the changes in the registries, and the number of grants on the days $1, $2 and $3 that permit a change.
    SELECT_CHANGES = "SELECT seq, at, service, action, repository, tag, digest, subject, address, agent \
        FROM recent_events WHERE seq > $1 AND seq <= $2 AND action <> 'pull' ORDER BY seq LIMIT $3";
    COUNT_GRANTS = "SELECT COUNT(*) AS n FROM daily_grants WHERE (day = $1 OR day = $2 OR day = $3) AND service = $4 \
        AND repository = $5 AND subject = $6 AND (action = $7 OR action = '*') AND granted > 0";

    // The reports of each service, its last grants, and the processes with a named endpoint. A service with grants but
    // without reports probably does not report its events.
    SELECT_SERVICES_SEEN = "SELECT service, CAST(SUM(events) AS BIGINT) AS events, COUNT(*) AS sources, \
        MIN(first_seen_at) AS first_seen_at, MAX(last_seen_at) AS last_seen_at FROM event_sources \
        GROUP BY service ORDER BY service";
    SELECT_LAST_GRANTS = "SELECT service, MAX(last_at) AS last_at, \
        MAX(CASE WHEN action = 'pull' THEN last_at ELSE 0 END) AS pull_at, \
        MAX(CASE WHEN action = 'pull' THEN 0 ELSE last_at END) AS change_at FROM daily_grants \
        WHERE day >= $1 AND granted > 0 AND action IN ('pull', 'push', 'delete') GROUP BY service";
    SELECT_NAMED_SOURCES = "SELECT service, instance, first_seen_at, last_seen_at FROM event_sources \
        WHERE instance LIKE '% %' ORDER BY last_seen_at DESC LIMIT $1";
}

/// Builds the statement that reads when subjects last pulled an index that lists a manifest. The statement answers
/// `questions` questions at once. Each question is a service, a repository, a digest and a subject.
pub(super) fn select_parent_pulls(questions: usize) -> String {
    let mut text = String::from(
        "SELECT k.column1 AS service, k.column2 AS repository, k.column3 AS digest, k.column4 AS subject, \
         MAX(d.last_at) AS last_at FROM (VALUES ",
    );
    for question in 0..questions {
        let comma = if question > 0 { ", " } else { "" };
        let [a, b, c, d] = [1, 2, 3, 4].map(|column| question * 4 + column);
        // Writing to a text never fails.
        let _ = write!(
            text,
            "{comma}(CAST(${a} AS TEXT), CAST(${b} AS TEXT), CAST(${c} AS TEXT), CAST(${d} AS TEXT))"
        );
    }
    // `CROSS JOIN` makes SQLite begin with the questions, not with the larger tables.
    text.push_str(
        ") AS k CROSS JOIN manifest_parents p CROSS JOIN digest_pulls d \
         WHERE p.service = k.column1 AND p.repository = k.column2 AND p.digest = k.column3 \
         AND d.service = p.service AND d.repository = p.repository AND d.digest = p.parent AND d.subject = k.column4 \
         GROUP BY k.column1, k.column2, k.column3, k.column4",
    );
    text
}

/// Returns every statement about events.
pub(super) fn all() -> Vec<String> {
    let rows = ROWS
        .iter()
        .chain([&PUT_CRAWLED, &PUT_MISSING])
        .flat_map(|rows| PORTIONS.map(|portion| rows.text(portion)));
    let parents = PORTIONS.map(select_parent_pulls);
    let own = ALL.iter().map(|text| (*text).to_owned()).chain(rows).chain(parents);
    own.chain(keep_statements::all())
        .chain(crawl_statements::all())
        .chain(read_statements::all(&PORTIONS))
        .collect()
}
