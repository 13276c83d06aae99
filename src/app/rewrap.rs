//! A new key for the secrets that the database keeps: everything is sealed anew, beside running servers.

use super::error::{CommandError, RewrapError};
use super::keys::folder;
use super::runtime;
use crate::authn::{SecretError, Secrets};
use crate::config::Config;
use crate::domain::exposure::Guard;
use crate::storage::{IdentityRow, ProviderRow, Secret, Store, Transaction};
use std::time::Duration;

/// How long a running server may go on to seal, and to open, with the keys that it read before.
const STRAGGLERS: Duration = Duration::from_secs(5);
/// How often the secrets are looked through at most, until none is sealed with an older key.
const PASSES: usize = 5;
/// How many people are read at once.
const PAGE: i64 = 500;

/// What is done with the keys that seal secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewrap {
    /// A new key takes the place of the older ones.
    Exchange,
    /// A new key seals, and the older ones go on to open.
    KeepOlder,
    /// The newest key stays alone.
    DropOlder,
}

/// What was sealed anew.
#[derive(Debug, Default)]
pub struct Rewrapped {
    /// How many secrets were sealed anew.
    pub sealed: u64,
    /// What cannot be opened with any key of the folder, each with the reason.
    pub unopened: Vec<String>,
}

/// Adds a key that seals secrets, or makes the first one, seals everything with it, and removes the older ones, as far as
/// `rewrap` says so.
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
        let mut all = pass(&store, &secrets).await?;
        for _ in 1..PASSES {
            tokio::time::sleep(STRAGGLERS).await;
            let more = pass(&store, &secrets).await?;
            all = Rewrapped { sealed: all.sealed + more.sealed, unopened: more.unopened };
            if more.sealed == 0 {
                break;
            }
        }
        store.close().await;
        Ok::<_, RewrapError>(all)
    };
    let rewrapped = runtime::for_command().map_err(CommandError::Start)?.block_on(work)?;
    if rewrap != Rewrap::KeepOlder {
        folder.drop_older_sealing_keys()?;
    }
    Ok(rewrapped)
}

/// Seals everything that is not sealed with the newest key.
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
    /// Notes whether something was sealed anew, or that it cannot be opened.
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
