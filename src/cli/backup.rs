//! `portreeve backup` writes a SQLite database to one file. `portreeve restore` restores the database from
//! such a file.

use super::error::CliError;
use super::escape::clean;
use super::local::{DatabaseArgs, load, sqlite_only};
use crate::app::{self, CommandError};
use crate::causes::causes;
use clap::Args;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Back up a SQLite database to one file; also while the server runs
///
/// The file contains everything that the server had confirmed before the command began. When the command
/// ends, the file is complete and on the disk. Only you can read it. Missing folders are made. The backup
/// does not contain the keys folder or the reports of registries.
#[derive(Debug, Args)]
#[command(mut_arg("database_url", sqlite_only))]
#[command(
    after_help = "Examples:\n  portreeve backup backup/portreeve.db\n  portreeve backup - | gzip > portreeve.db.gz\n  \
    portreeve backup \"backup/$(date +%F).db\" --database-url sqlite:///var/lib/portreeve/portreeve.db"
)]
pub(super) struct Backup {
    /// The file to make; `-` writes it to standard output, for a program that encrypts or stores it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Replace a SQLite database with a backup, while the server is stopped
///
/// The database returns to the state of the backup: passwords, access keys, rules. Sessions end unless you
/// give --keep-sessions. The command keeps the old database in the same folder, under a name with the time.
#[derive(Debug, Args)]
#[command(mut_arg("database_url", sqlite_only))]
#[command(after_help = "Examples:\n  portreeve restore backup/portreeve.db\n  \
    portreeve restore backup/portreeve.db --database-url sqlite:///var/lib/portreeve/portreeve.db --keep-sessions")]
pub(super) struct Restore {
    /// The backup; `-` reads it from standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Do not end the sessions that are in the backup (docker logins)
    #[arg(long)]
    keep_sessions: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

fn shown(path: &Path) -> String {
    clean(&path.display().to_string())
}

fn failed(error: CommandError) -> CliError {
    match error {
        CommandError::NotSqlite(_) => CliError::settings(error),
        _ => CliError::local(error),
    }
}

/// Returns true if `file` is `-`, which means `stream`. Fails if `file` is `-` and `stream` is a terminal,
/// because a database is binary data. `example` is a correct command for the error message.
fn is_pipe(file: &Path, stream: &impl IsTerminal, example: &str) -> Result<bool, CliError> {
    if file != Path::new("-") {
        return Ok(false);
    }
    if stream.is_terminal() {
        return Err(CliError::Usage(format!("`-` is for a pipe, not for a terminal: `{example}`")));
    }
    Ok(true)
}

pub(super) fn back_up(args: Backup) -> Result<(), CliError> {
    let mut out = std::io::stdout();
    let piped = is_pipe(&args.file, &out, "portreeve backup - | gzip > portreeve.db.gz")?;
    let (config, _) = load(args.database)?;
    let made = match piped {
        true => app::back_up_into(&config, &mut out),
        false => app::back_up(&config, &args.file, args.force),
    };
    let made = made.map_err(failed)?;
    let (seq, bytes) = (made.saved.seq, made.saved.bytes);
    let keys = format!(
        "the signing keys are not in the backup: back up the folder `{}` as well\n\
         the events of registries are not in the backup: they are in `{}`",
        shown(&config.keys_dir),
        clean(&config.events_database_url.shown())
    );
    if piped {
        aside!("wrote the state after change {seq} ({bytes} bytes)\n{keys}");
    } else {
        say!("saved the state after change {seq} to `{}` ({bytes} bytes)\n{keys}", shown(&args.file))?;
    }
    if let Some(error) = made.unrecorded {
        aside!(
            "portreeve: warning: the backup is good, but the audit trail has no record of it: {}",
            causes(&error)
        );
    }
    Ok(())
}

pub(super) fn restore(args: Restore) -> Result<(), CliError> {
    let mut input = std::io::stdin();
    let piped = is_pipe(&args.file, &input, "gunzip < portreeve.db.gz | portreeve restore -")?;
    let (config, _) = load(args.database)?;
    let restored = match piped {
        true => app::restore_from(&config, &mut input, args.keep_sessions),
        false => app::restore(&config, &args.file, args.keep_sessions),
    };
    let restored = restored.map_err(failed)?;
    match restored.last {
        Some(last) => say!("restored the state after change {} of {}", last.seq, last.at)?,
        None => say!("restored a database without any change")?,
    }
    if args.keep_sessions {
        say!("sessions are as in the backup: sessions revoked since then are valid again")?;
    } else {
        say!("ended all sessions ({}): docker logins are needed again", restored.ended)?;
    }
    say!(
        "passwords, access keys and rules are as in the backup: access keys revoked since then are valid again, \
         and passwords changed since then are the old ones"
    )?;
    say!(
        "reports of registries are not in a backup: lists and searches use the database `{}`, if it exists",
        clean(&config.events_database_url.shown())
    )?;
    if let Some(kept) = restored.kept {
        let state = if restored.was_damaged { ", which is damaged," } else { "" };
        say!("the previous database{state} is now `{}`", shown(&kept))?;
    }
    Ok(())
}
