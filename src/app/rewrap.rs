//! A new key for the secrets that the database keeps: everything is sealed anew, beside running servers.

use super::error::{CommandError, RewrapError};
use super::keys::folder;
use super::runtime;
use crate::authn::Secrets;
use crate::config::Config;
use crate::domain::exposure::Guard;
use crate::storage::{Secret, Store, Transaction};
use std::time::Duration;

/// How long a running server may go on to seal with the key that it read before.
const STRAGGLERS: Duration = Duration::from_secs(5);
/// How many people are read at once.
const PAGE: i64 = 500;

/// Makes a key that seals secrets, if there is none; else adds a new one, seals everything with it, and removes the older
/// ones. Returns how many secrets were sealed anew.
pub fn rewrap_secrets(config: &Config) -> Result<u64, CommandError> {
    let folder = folder(config);
    let guard = Guard { user: None, group_may_read: config.shared_secrets };
    folder.add_sealing_key()?;
    let secrets = Secrets::new(folder.clone(), guard);
    let work = async {
        if Store::is_missing_file(config.database_url.expose()) {
            return Ok(0);
        }
        let store = Store::join(config.database_url.expose()).await?;
        let mut sealed = reseal(&store, &secrets).await?;
        tokio::time::sleep(STRAGGLERS).await;
        sealed += reseal(&store, &secrets).await?;
        store.close().await;
        Ok::<_, RewrapError>(sealed)
    };
    let sealed = runtime::for_command().map_err(CommandError::Start)?.block_on(work)?;
    folder.drop_older_sealing_keys()?;
    Ok(sealed)
}

/// Seals everything that is not sealed with the newest key.
async fn reseal(store: &Store, secrets: &Secrets) -> Result<u64, RewrapError> {
    let mut sealed = 0;
    for row in store.read().await?.list_providers().await? {
        let name = row.settings.name.clone();
        if let Some(old @ Secret::Sealed(_)) = row.secret
            && let Some(new) = secrets.reseal_of_client(&name, &old)?
        {
            sealed += 1;
            store
                .write(move |tx: &mut Transaction| {
                    Box::pin(async move { tx.reseal_provider(&name, &old, &new).await })
                })
                .await?;
        }
        let mut after = String::new();
        loop {
            let people = store.read().await?.list_identities(&row.settings.name, &after, PAGE).await?;
            let Some(last) = people.last() else { break };
            after.clone_from(&last.id);
            for person in people {
                let Some(old) = person.upstream_token else { continue };
                let external_id = &person.identity.external_id;
                if let Some(new) = secrets.reseal_token(&row.settings.name, external_id, &old)? {
                    sealed += 1;
                    let id = person.id;
                    store
                        .write(move |tx: &mut Transaction| {
                            Box::pin(async move { tx.replace_upstream_token(&id, &old, &new).await })
                        })
                        .await?;
                }
            }
        }
    }
    Ok(sealed)
}
