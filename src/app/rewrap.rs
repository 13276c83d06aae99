//! Seals the secrets in the database again with the newest sealing key, and adds or removes sealing keys. Servers may
//! be running.

use super::error::{CommandError, RewrapError};
use super::keys::folder;
use super::runtime;
use crate::authn::{SecretError, Secrets};
use crate::config::Config;
use crate::domain::exposure::Guard;
use crate::storage::{IdentityRow, ProviderRow, Secret, Store, Transaction};
use std::time::Duration;

/// The time for which a running server may still use the sealing keys that it read before.
const STRAGGLERS: Duration = Duration::from_secs(5);
/// The greatest number of passes over the secrets. After the first pass, passes are repeated until one seals nothing.
const PASSES: usize = 5;
/// The number of people that are read at once.
const PAGE: i64 = 500;

/// The treatment of the keys that seal secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewrap {
    /// A new key replaces all older keys.
    Exchange,
    /// A new key seals, and the older keys stay to open secrets.
    KeepOlder,
    /// No key is added. Only the newest key stays, and the older keys are removed.
    DropOlder,
}

/// The result of sealing the secrets again.
#[derive(Debug, Default)]
pub struct Rewrapped {
    /// The number of secrets that were sealed again.
    pub sealed: u64,
    /// The secrets that no key of the folder opens, each with the reason.
    pub unopened: Vec<String>,
}

/// Seals every secret with the newest key. `rewrap` decides whether a key is added first, and whether the
/// older keys are removed afterwards. Makes a key if the folder has none. Changes only the keys if the SQLite file of
/// the database is missing.
pub fn rewrap_secrets(config: &Config, rewrap: Rewrap) -> Result<Rewrapped, CommandError> {
    let folder = folder(config);
    let guard = Guard { user: None, group_may_read: config.shared_secrets };
    match rewrap {
        Rewrap::Exchange | Rewrap::KeepOlder => folder.add_sealing_key()?,
        Rewrap::DropOlder => folder.make_sealing_keys()?,
    };
    let secrets = Secrets::new(folder.clone(), guard);
    let work = async {
        if Store::is_missing_file(config.database_url.expose()) {
            return Ok(Rewrapped::default());
        }
        let store = Store::join(config.database_url.expose()).await?;
        let (mut all, mut is_settled) = (pass(&store, &secrets).await?, false);
        for _ in 1..PASSES {
            tokio::time::sleep(STRAGGLERS).await;
            let more = pass(&store, &secrets).await?;
            all = Rewrapped { sealed: all.sealed + more.sealed, unopened: more.unopened };
            is_settled = more.sealed == 0;
            if is_settled {
                break;
            }
        }
        store.close().await;
        // Without a removal of keys, the older keys still open what a server sealed meanwhile.
        if is_settled || rewrap == Rewrap::KeepOlder { Ok(all) } else { Err(RewrapError::Unsettled) }
    };
    let rewrapped = runtime::for_command().map_err(CommandError::Start)?.block_on(work)?;
    if rewrap != Rewrap::KeepOlder {
        folder.drop_older_sealing_keys()?;
    }
    Ok(rewrapped)
}

/// Seals again each secret that an older key sealed.
async fn pass(store: &Store, secrets: &Secrets) -> Result<Rewrapped, RewrapError> {
    let mut done = Rewrapped::default();
    for row in store.read().await?.list_providers().await? {
        let resealed = reseal_provider(store, secrets, &row).await;
        done.note(resealed, || {
            format!("the client secret of the identity provider `{}`", row.settings.name)
        })?;
        let mut after = String::new();
        loop {
            let people = store.read().await?.list_identities(&row.settings.name, &after, PAGE).await?;
            let Some(last) = people.last() else { break };
            after.clone_from(&last.id);
            for person in people {
                let resealed = reseal_person(store, secrets, &person).await;
                let what = || {
                    format!("the refresh token that `{}` gave for `{}`", row.settings.name, person.subject)
                };
                done.note(resealed, what)?;
            }
        }
    }
    Ok(done)
}

impl Rewrapped {
    /// Counts a secret that was sealed again, or notes a secret that cannot be opened. Fails with any other error.
    fn note(
        &mut self,
        resealed: Result<bool, RewrapError>,
        what: impl FnOnce() -> String,
    ) -> Result<(), RewrapError> {
        match resealed {
            Ok(is_sealed) => self.sealed += u64::from(is_sealed),
            Err(RewrapError::Secret(SecretError::Seal(why))) => {
                self.unopened.push(format!("{}: {why}", what()))
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

async fn reseal_provider(store: &Store, secrets: &Secrets, row: &ProviderRow) -> Result<bool, RewrapError> {
    let Some(old @ Secret::Sealed(_)) = row.secret.clone() else { return Ok(false) };
    let name = row.settings.name.clone();
    let Some(new) = secrets.reseal_of_client(&name, &old)? else { return Ok(false) };
    Ok(store
        .write(move |tx: &mut Transaction| {
            Box::pin(async move { tx.reseal_provider(&name, &old, &new).await })
        })
        .await?)
}

async fn reseal_person(store: &Store, secrets: &Secrets, person: &IdentityRow) -> Result<bool, RewrapError> {
    let Some(old) = person.upstream_token.clone() else { return Ok(false) };
    let (id, identity) = (person.id.clone(), &person.identity);
    let new = secrets.reseal_token(&identity.provider, &identity.external_id, &old)?;
    let Some(new) = new else { return Ok(false) };
    Ok(store
        .write(move |tx: &mut Transaction| {
            Box::pin(async move { tx.replace_upstream_token(&id, &old, &new).await })
        })
        .await?)
}
