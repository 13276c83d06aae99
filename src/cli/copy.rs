//! `portreeve copy`: copies all data from one database to another.

use super::error::CliError;
use super::escape::clean;
use super::progress::Teller;
use crate::app;
use crate::config::DatabaseUrl;
use crate::domain::policy::Alike;
use clap::Args;
use std::time::{Duration, Instant};

const EXAMPLE: &str = "\
Examples:
  portreeve copy --from sqlite://portreeve.db --to postgres://portreeve@db.example.org/portreeve
  portreeve copy --from postgres://portreeve@db.example.org/portreeve --to sqlite://moved.db

Leave passwords out of the URLs: PGPASSWORD and the password file of PostgreSQL (PGPASSFILE) are read.";

/// Copy all data into another, empty database: from SQLite to PostgreSQL, back, or between two databases of
/// one kind
///
/// Copies users with their passwords, robots, groups, services, identity providers, rules, access keys,
/// sessions and the audit trail. All data is of one moment, and one transaction writes it. Before the commit,
/// the command verifies every row, the hash chain of the trail, and 100,000 random decisions. A server may
/// use the source meanwhile, but changes after the copy began are not copied. The keys folder and the reports
/// of registries are not copied.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Copy {
    /// The database to copy: sqlite://FILE or postgres://…
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database to fill, which must be empty; the command makes a missing SQLite file
    #[arg(long, value_name = "URL")]
    to: String,
}

pub(super) fn run(args: &Copy) -> Result<(), CliError> {
    let parse = |flag: &str, text: &str| {
        DatabaseUrl::parse(text).map_err(|error| CliError::Usage(format!("{flag}: {error}")))
    };
    let (from, to) = (parse("--from", &args.from)?, parse("--to", &args.to)?);
    let began = Instant::now();
    let mut teller = Teller::new();
    let result = app::copy(&from, &to, &mut |what, count| {
        let count = if count > 0 { format!(" {count}") } else { String::new() };
        teller.tell(&format!("{}{count}", what.replace('_', " ")));
    });
    teller.end();
    say!("{}", summary(&result.map_err(CliError::local)?, began.elapsed()))?;
    Ok(())
}

fn summary(copied: &app::Copied, took: Duration) -> String {
    let told = |table: &'static str| match table {
        "subjects" => Some(("user or robot", "users and robots")),
        "subject_groups" => Some(("group", "groups")),
        "memberships" => Some(("membership", "memberships")),
        "services" => Some(("service", "services")),
        "rules" => Some(("rule", "rules")),
        "access_keys" => Some(("access key", "access keys")),
        "refresh_tokens" => Some(("session", "sessions")),
        "changes" => Some(("change of the audit trail", "changes of the audit trail")),
        _ => None,
    };
    let count = |rows: u64, (one, many)| format!("{rows} {}", if rows == 1 { one } else { many });
    let counts: Vec<String> =
        copied.tables.iter().filter_map(|one| Some(count(one.rows, told(one.table)?))).collect();
    let verified = match copied.decisions {
        Alike { cases: 0, .. } => {
            "every row and the audit trail; no decisions: there are no rules and no services".to_owned()
        }
        Alike { cases, granted } => format!(
            "every row, the audit trail, and {}, of which {granted} grant something",
            count(cases, ("random decision", "random decisions"))
        ),
    };
    clean(&format!(
        "copied the state after change {} in {:.1} s: {}",
        copied.seq,
        took.as_secs_f64(),
        counts.join(", ")
    )) + &format!(
        "\nverified: {verified}\n\
         later changes of the source are not in the target; the keys folder was not copied: both databases use the same keys;\n\
         the events of registries were not copied: they stay where they are, and the target starts without any"
    )
}
