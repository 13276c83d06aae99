//! Backs up the database while servers run; restores a backup; ends every session, for a database that was
//! restored by other means.

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

/// How often we try to record a backup in the audit trail.
const TRIES: u32 = 3;

/// A backup, and whether the audit trail tells of it.
#[derive(Debug)]
pub struct MadeBackup {
    /// What it holds.
    pub saved: Saved,
    /// Why the audit trail does not tell of it.
    pub unrecorded: Option<Unrecorded>,
}

fn origin(what: &str) -> Origin {
    Origin::system(what, Clock::System.now())
}

/// Writes everything as of now to the new file `path`.
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

/// Writes everything as of now to a pipe. The backup is whole and looked through before its first byte is written.
pub fn back_up_into(config: &Config, pipe: &mut impl Write) -> Result<MadeBackup, CommandError> {
    let (_folder, path) = aside(config)?;
    let made = back_up(config, &path, false)?;
    let mut file = File::open(&path).map_err(CommandError::Aside)?;
    let broken = |error| CommandError::Pipe("the backup was not taken whole by what reads it", error);
    io::copy(&mut file, pipe).and_then(|_| pipe.flush()).map_err(broken)?;
    Ok(made)
}

/// Puts the backup that comes through a pipe in the place of the database, once it is there whole.
pub fn restore_from(
    config: &Config,
    pipe: &mut impl Read,
    keep_sessions: bool,
) -> Result<Restored, CommandError> {
    let (_folder, path) = aside(config)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut file = file.map_err(CommandError::Aside)?;
    let broken = |error| CommandError::Pipe("the backup did not come whole", error);
    io::copy(pipe, &mut file).map_err(broken)?;
    restore(config, &path, keep_sessions).map_err(|error| match error {
        CommandError::Restore(RestoreError::Backup { source, .. }) => {
            CommandError::Restore(RestoreError::Backup { path: PathBuf::from("-"), source })
        }
        other => other,
    })
}

/// A place for a backup on its way, and the folder that it goes away with.
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
            // A server that writes a lot may have kept the database locked.
            Err(StoreError::Unavailable(_)) if left > 0 => {}
            other => return other.map(|_| ()),
        }
    }
}

/// Puts the backup `path` in the place of the database.
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

/// Deletes every refresh token, browser session, invitation and other flow of signing in, and forgets the refresh tokens
/// of identity providers. Returns how many refresh tokens of ours there were; servers may be running.
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
    // After a restore by other means.
    tx.forget_all_upstream_tokens().await?;
    // Recorded even if there were none, so that servers forget the sessions they remember.
    let after = json!({"refresh_tokens": "revoked"});
    tx.seal(origin, Change::of_database(ChangeAction::Revoke, "sessions", after)).await?;
    Ok(ended)
}
