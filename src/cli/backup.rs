//! `portreeve backup` and `portreeve restore`: a SQLite database as one file, and back.

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
/// The file holds everything that was answered before the command began, and is whole and on the disk when the
/// command ends. It is readable for you alone. Missing folders are made. The keys folder is not part of it.
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

/// Put a backup in the place of a SQLite database, while the server is stopped
///
/// Everything is again as it was when the backup was made: passwords, access keys, rules. Sessions are ended
/// unless told otherwise. The database that was there is kept beside it, under a name with the time.
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

/// Whether a file is a pipe that programs read or write. Nobody reads a database at a terminal.
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
    let keys =
        format!("the signing keys are not in it: back up the folder `{}` as well", shown(&config.keys_dir));
    if piped {
        aside!("wrote the state after change {seq} ({bytes} bytes)\n{keys}");
    } else {
        say!("saved the state after change {seq} to `{}` ({bytes} bytes)\n{keys}", shown(&args.file))?;
    }
    if let Some(error) = made.unrecorded {
        aside!(
            "portreeve: warning: the backup is good, but the audit trail does not tell of it: {}",
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
        say!("sessions are as they were then: those revoked since are good again")?;
    } else {
        say!("ended all sessions ({}): docker logins are needed again", restored.ended)?;
    }
    say!(
        "passwords, access keys and rules are as they were then: access keys revoked since are good again, \
         changed passwords are the old ones"
    )?;
    if let Some(kept) = restored.kept {
        let state = if restored.was_damaged { ", which is damaged," } else { "" };
        say!("the database that was there{state} is now `{}`", shown(&kept))?;
    }
    Ok(())
}
