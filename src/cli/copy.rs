//! `portreeve copy`: everything from one database to another.

use super::error::CliError;
use super::escape::clean;
use crate::app;
use crate::config::DatabaseUrl;
use crate::domain::policy::Alike;
use clap::Args;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often progress is told where nobody watches.
const SELDOM: Duration = Duration::from_secs(5);
const OFTEN: Duration = Duration::from_millis(200);

const EXAMPLE: &str = "\
Examples:
  portreeve copy --from sqlite://portreeve.db --to postgres://portreeve@db.example.org/portreeve
  portreeve copy --from postgres://portreeve@db.example.org/portreeve --to sqlite://moved.db

Leave passwords out of the URLs: PGPASSWORD and the password file of PostgreSQL (PGPASSFILE) are read.";

/// Copy everything into another, empty database: from SQLite to PostgreSQL, back, or within a kind
///
/// Users with their passwords, robots, groups, services, rules, access keys, sessions and the audit trail are
/// copied as of one moment, in one transaction, and verified before it is committed: every row, the hash
/// chain of the trail, and 100,000 random decisions. A server may be running on the source, but what is written
/// there afterwards is not in the target. The keys folder is not part of it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Copy {
    /// The database to copy: sqlite://FILE or postgres://…
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database to fill, which must be empty; a file is made
    #[arg(long, value_name = "URL")]
    to: String,
}

/// Tells what is being done on standard error.
struct Teller {
    began: Instant,
    last: Instant,
    watched: bool,
}

impl Teller {
    fn tell(&mut self, what: &str, count: u64) {
        let pause = if self.watched { OFTEN } else { SELDOM };
        if self.last.elapsed() < pause {
            return;
        }
        self.last = Instant::now();
        let seconds = self.began.elapsed().as_secs();
        let count = if count > 0 { format!(" {count}") } else { String::new() };
        let line = format!("{seconds} s: {}{count}", what.replace('_', " "));
        // What cannot be told is not a reason to stop.
        let _ = if self.watched {
            write!(std::io::stderr(), "\r\x1b[K{line}")
        } else {
            writeln!(std::io::stderr(), "{line}")
        };
    }

    fn end(&self) {
        if self.watched {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

pub(super) fn run(args: &Copy) -> Result<(), CliError> {
    let parse = |flag: &str, text: &str| {
        DatabaseUrl::parse(text).map_err(|error| CliError::Usage(format!("{flag}: {error}")))
    };
    let (from, to) = (parse("--from", &args.from)?, parse("--to", &args.to)?);
    let began = Instant::now();
    let mut teller = Teller { began, last: began, watched: std::io::stderr().is_terminal() };
    let result = app::copy(&from, &to, &mut |what, count| teller.tell(what, count));
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
         what is written to the source from now on is not in the target; the keys folder was not copied, and is good for both"
    )
}
