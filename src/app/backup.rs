//! Backs up a SQLite database while servers run, restores a backup, and ends every session after another
//! program restored a database. The database of events is not part of a backup.

use super::error::{CommandError, Unrecorded};
use super::runtime;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::change::{Change, Origin};
use crate::domain::kind::ChangeAction;
use crate::storage::{RestoreError, Restored, Saved, Store, StoreError, Transaction};
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The greatest number of attempts to record a backup in the audit trail.
const TRIES: u32 = 3;

/// A finished backup.
#[derive(Debug)]
pub struct MadeBackup {
    /// The content of the backup.
    pub saved: Saved,
    /// The reason why the audit trail has no record of the backup; `None` if the trail has a record.
    pub unrecorded: Option<Unrecorded>,
}

fn origin(what: &str) -> Origin {
    Origin::system(what, Clock::System.now())
}

/// Writes the whole present state of the database to the file `path`. Fails if the file exists, unless `replace`
/// is true.
pub fn back_up(config: &Config, path: &Path, replace: bool) -> Result<MadeBackup, CommandError> {
    let url = config.database_url.expose();
    if !Store::is_one_file(url) {
        return Err(CommandError::NotSqlite(
            "back a PostgreSQL database up with pg_dump, or copy it into a file with `portreeve copy --from postgres://… --to sqlite://FILE`",
        ));
    }
    runtime::for_command().map_err(CommandError::Start)?.block_on(async {
        let (store, is_older) = Store::join_to_read(url).await?;
        let result = store.back_up(url, path, replace).await;
        let made = match result {
            Ok(saved) => {
                let recorded = if is_older {
                    Err(Unrecorded::Older)
                } else {
                    record(&store, saved).await.map_err(Unrecorded::from)
                };
                Ok(MadeBackup { saved, unrecorded: recorded.err() })
            }
            Err(error) => Err(error.into()),
        };
        store.close().await;
        made
    })
}

/// Writes the whole present state of the database to a pipe. The backup is complete and checked before its
/// first byte is written.
pub fn back_up_into(config: &Config, pipe: &mut impl Write) -> Result<MadeBackup, CommandError> {
    let (_folder, path) = aside(config)?;
    let made = back_up(config, &path, false)?;
    let mut file = File::open(&path).map_err(CommandError::Aside)?;
    let broken =
        |error| CommandError::Pipe("the program that reads the backup did not read all of it", error);
    io::copy(&mut file, pipe).and_then(|_| pipe.flush()).map_err(broken)?;
    Ok(made)
}

/// Reads a whole backup from a pipe, and then replaces the database with it, as [`restore`] does.
pub fn restore_from(
    config: &Config,
    pipe: &mut impl Read,
    keep_sessions: bool,
) -> Result<Restored, CommandError> {
    let (_folder, path) = aside(config)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut file = file.map_err(CommandError::Aside)?;
    fill(&mut file, pipe)?;
    restore(config, &path, keep_sessions).map_err(|error| match error {
        CommandError::Restore(RestoreError::Backup { source, .. }) => {
            CommandError::Restore(RestoreError::Backup { path: PathBuf::from("-"), source })
        }
        other => other,
    })
}

/// Writes everything that arrives through the pipe to the file. Tells a pipe that broke from a file that cannot be
/// written, such as on a full disk.
fn fill(file: &mut File, pipe: &mut impl Read) -> Result<(), CommandError> {
    let mut part = vec![0; 64 * 1024];
    loop {
        let length = match pipe.read(&mut part) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CommandError::Pipe("the backup did not arrive completely", error)),
        };
        file.write_all(part.get(..length).unwrap_or_default()).map_err(CommandError::Aside)?;
    }
}

/// Makes a temporary folder beside the database. Returns the folder, and a path in the folder for a backup.
/// Dropping the folder deletes the backup too.
fn aside(config: &Config) -> Result<(TempDir, PathBuf), CommandError> {
    let url = config.database_url.expose();
    if !Store::is_one_file(url) {
        return Err(CommandError::NotSqlite("use pg_dump and pg_restore for PostgreSQL"));
    }
    let folder = Store::folder_beside(url).map_err(CommandError::Aside)?;
    let path = folder.path().join("backup");
    Ok((folder, path))
}

async fn record(store: &Store, saved: Saved) -> Result<(), StoreError> {
    let mut left = TRIES;
    loop {
        let note = Change::of_database(ChangeAction::Backup, "backup", json!({"changes": saved.seq}));
        let written = store.change::<_, StoreError, _>(origin("backup"), move |tx: &mut Transaction| {
            tx.note(note);
            Box::pin(async { Ok(()) })
        });
        left -= 1;
        match written.await {
            // A server that writes a lot may have held the lock of the database during the attempt.
            Err(StoreError::Unavailable(_)) if left > 0 => {}
            other => return other.map(|_| ()),
        }
    }
}

/// Replaces the database with the backup `path`. In the restored database, deletes browser sessions, unfinished
/// sign-ins, invitations and the stored refresh tokens of identity providers. Also deletes clients' refresh tokens,
/// unless `keep_sessions` is true.
pub fn restore(config: &Config, path: &Path, keep_sessions: bool) -> Result<Restored, CommandError> {
    let url = config.database_url.expose();
    if !Store::is_one_file(url) {
        return Err(CommandError::NotSqlite(
            "restore a PostgreSQL database with pg_restore while no server runs, then run `portreeve admin end-sessions`",
        ));
    }
    let work = Store::restore(url, path, keep_sessions, origin("restore"));
    Ok(runtime::for_command().map_err(CommandError::Start)?.block_on(work)?)
}

/// Deletes all refresh tokens, browser sessions, invitations and unfinished sign-ins, and the stored refresh
/// tokens of identity providers. Returns the number of deleted refresh tokens, without those of identity
/// providers. Servers may be running.
pub fn end_sessions(config: &Config) -> Result<u64, CommandError> {
    runtime::for_command().map_err(CommandError::Start)?.block_on(async {
        let store = Store::join(config.database_url.expose()).await?;
        let result = end_all(&store).await;
        store.close().await;
        Ok(result?)
    })
}

async fn end_all(store: &Store) -> Result<u64, StoreError> {
    let origin = origin("end-sessions");
    let mut tx = store.begin_long(origin.clone()).await?;
    let ended = tx.end_sessions().await?;
    tx.delete_flows().await?;
    tx.delete_browser_sessions().await?;
    // After another program restored the database, a stored token of a provider may be outdated.
    tx.forget_all_upstream_tokens().await?;
    // The change is recorded even if there were no sessions, because it makes servers drop sessions that they
    // keep in memory.
    let after = json!({"refresh_tokens": "revoked"});
    tx.seal(origin, Change::of_database(ChangeAction::Revoke, "sessions", after)).await?;
    Ok(ended)
}
