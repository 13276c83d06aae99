//! The SQL of crawls. The statements that write several rows are in `statements.rs`.
//!
//! INVARIANT: the statements use `$1` placeholders, no function that only one database has, and bytewise comparison.

/// Names the statements and lists them in [`ALL`].
macro_rules! statements {
    ($($name:ident = $text:expr;)+) => {
        $(pub(super) const $name: &str = $text;)+
        const ALL: &[&str] = &[$($text),+];
    };
}

macro_rules! columns {
    () => {
        "service, started_at, cursor, finished_at, error, registry, replica, seen_at, all_tags, requests, repositories, \
         tags, looked_up, skipped, refused, gone, holder, all_tags_at, kept"
    };
}

statements! {
    LIST_CRAWLS = concat!("SELECT ", columns!(), " FROM crawl ORDER BY service");
    FIND_CRAWL = concat!("SELECT ", columns!(), " FROM crawl WHERE service = $1");
    // Nothing is written if the row has another holder than $20.
    PUT_CRAWL = concat!("INSERT INTO crawl (", columns!(), ") \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) \
        ON CONFLICT (service) DO UPDATE SET started_at = excluded.started_at, cursor = excluded.cursor, \
        finished_at = excluded.finished_at, error = excluded.error, registry = excluded.registry, \
        replica = excluded.replica, seen_at = excluded.seen_at, all_tags = excluded.all_tags, \
        requests = excluded.requests, repositories = excluded.repositories, tags = excluded.tags, \
        looked_up = excluded.looked_up, skipped = excluded.skipped, refused = excluded.refused, gone = excluded.gone, \
        holder = excluded.holder, all_tags_at = excluded.all_tags_at, kept = excluded.kept WHERE crawl.holder = $20");
    FIND_HOLDER = "SELECT holder FROM crawl WHERE service = $1";
    LIST_KNOWN_TAGS = "SELECT name, digest FROM live_tags WHERE service = $1 AND repository = $2 AND name > $3 \
        ORDER BY name LIMIT $4";
    // Repositories in the inventory that neither this crawl nor a later event saw. $3 is the time of the crawl's
    // findings.
    LIST_UNSEEN = "SELECT name FROM repositories WHERE service = $1 AND name > $2 AND crawled_at < $3 AND seen_at <= $3 \
        AND seen_at > gone_at ORDER BY name LIMIT $4";
    // The table `crawl_missing` holds the tags in the inventory that the registry did not list for the unfinished
    // crawl.
    FORGET_MISSING = "DELETE FROM crawl_missing WHERE service = $1";
    FORGET_MISSING_OF = "DELETE FROM crawl_missing WHERE service = $1 AND repository = $2";
    FORGET_MISSING_UP_TO = "DELETE FROM crawl_missing WHERE service = $1 AND (repository, name) <= ($2, $3)";
    LIST_MISSING = "SELECT repository, name FROM crawl_missing WHERE service = $1 ORDER BY repository, name LIMIT $2";
}

/// Returns every statement of this file.
pub(super) fn all() -> impl Iterator<Item = String> {
    ALL.iter().map(|text| (*text).to_owned())
}
