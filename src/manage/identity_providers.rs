//! Identity providers, which vouch for people.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::list::{List, ListQuery};
use super::provider_lint::{lint_provider, named_groups, told};
use super::provider_object::{IdentityProvider, SecretFields, Status};
use crate::accounts::{
    Deletion, ObjectWrite, Precondition, RecordedProvider, Target, Versioned, Write, WriteError, Written,
    read, release_groups, take_back, unlink,
};
use crate::authn::{Outside, SecretError};
use crate::domain::change::Change;
use crate::domain::identity::{ProviderFields, ProviderName, ProviderSettings};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::time::Timestamp;
use crate::storage::{ProviderRow, Reader, Secret, Transaction};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// The number of people that one query reads.
const CHUNK: i64 = 500;
/// Shown fields that a write cannot change.
const READ_ONLY: &[&str] = &["has_secret", "redirect_uri", "status"];

/// The effect of a write on the secret of a provider.
#[derive(Debug, Clone)]
pub(super) enum NewSecret {
    /// The secret stays.
    Keep,
    /// The secret is replaced, or removed with `None`.
    Set(Option<Secret>),
}

/// The parts of a write of a provider that are not fields of the provider.
#[derive(Debug, Clone)]
pub(super) struct ProviderWrite {
    pub(super) secret: NewSecret,
    /// True if a provider with people may get another issuer: their identities then move with it.
    pub(super) move_identities: bool,
}

fn missing(name: &str) -> WriteError {
    WriteError::not_found(ObjectKind::IdentityProvider, name)
}

fn parse(name: &str) -> Result<ProviderName, WriteError> {
    ProviderName::parse(name).map_err(|_| missing(name))
}

/// Returns the API error for a secret that cannot be stored.
fn refused(error: &SecretError) -> ManageError {
    if error.is_read_only() {
        return WriteError::conflict(
            "secrets cannot be sealed, because the keys folder is read-only and has no secrets.key: run `portreeve keys rewrap-secrets` where the folder can be written, or give the secret as a file",
        )
        .into();
    }
    FieldErrors::one("client_secret", error).into()
}

impl Administration {
    /// Returns the identity providers. Fails if this process is not a running server.
    pub(super) fn outside(&self) -> Result<&Arc<Outside>, ManageError> {
        let serving = self.serving.as_ref().map(|serving| &serving.outside);
        serving.ok_or_else(|| WriteError::conflict("this needs a running server").into())
    }

    /// Returns a provider as the API shows it. The status counts people whose check is due at `row.updated_at`.
    async fn shown(&self, reader: &mut Reader, row: &ProviderRow) -> Result<IdentityProvider, ManageError> {
        let (outside, now) = (self.outside()?, row.updated_at);
        let settings = &row.settings;
        let people = reader.count_people(&settings.name, now, now).await?;
        let health = outside.health(&settings.name);
        let snapshot = self.snapshots.current();
        let named = named_groups(&snapshot.policy);
        let warnings = lint_provider(reader, row, people.people, outside, &named).await?;
        Ok(IdentityProvider {
            name: settings.name.clone(),
            fields: settings.fields().clone(),
            has_secret: row.secret.is_some(),
            redirect_uri: outside.upstreams().redirect_uri(settings.name.as_str()),
            status: Status {
                reachable: health.reachable,
                last_error: health.last_error,
                people: people.people,
                due: people.due,
                held: row.held_at.is_some(),
            },
            warnings,
        })
    }

    /// Finds an identity provider and its version. Fails if it does not exist.
    pub async fn find_identity_provider(
        &self,
        admin: &Admin,
        name: &str,
    ) -> Result<Versioned<IdentityProvider>, ManageError> {
        let parsed = parse(name)?;
        let mut reader = self.store.read().await?;
        let version = reader.version(ObjectKind::IdentityProvider, name).await?;
        let row = reader.find_provider(&parsed).await?.ok_or_else(|| missing(name))?;
        // The status counts the people whose check is due at the time of this request.
        let row = ProviderRow { updated_at: admin.origin.at, ..row };
        Ok(Versioned { object: self.shown(&mut reader, &row).await?, version })
    }

    /// Returns a page of the identity providers, sorted by name.
    pub async fn list_identity_providers(
        &self,
        admin: &Admin,
        query: &ListQuery,
    ) -> Result<List<IdentityProvider>, ManageError> {
        let page = query.page()?;
        let mut reader = self.store.read().await?;
        let mut providers = Vec::new();
        for row in reader.list_providers_page(&page).await? {
            let row = ProviderRow { updated_at: admin.origin.at, ..row };
            providers.push(self.shown(&mut reader, &row).await?);
        }
        Ok(List::new(&page, providers, |provider| provider.name.as_str()))
    }

    /// Takes the secret out of a body, and seals it.
    fn take_secret(&self, name: &ProviderName, write: &mut Write) -> Result<NewSecret, ManageError> {
        let Some(value) = write.object()?.remove("client_secret") else {
            return Ok(NewSecret::Keep);
        };
        let wrong = || FieldErrors::one("client_secret", "must be a text, `{\"file\": PATH}` or null");
        let outside = self.outside()?;
        match serde_json::from_value::<Option<SecretFields>>(value).map_err(|_| wrong())? {
            None => Ok(NewSecret::Set(None)),
            Some(SecretFields::Text(text)) if text.is_empty() || text.len() > 4096 => {
                Err(FieldErrors::one("client_secret", "must be 1 to 4,096 bytes").into())
            }
            Some(SecretFields::Text(text)) => {
                let sealed = outside.secrets.seal_of_client(name, &text).map_err(|error| refused(&error))?;
                Ok(NewSecret::Set(Some(sealed)))
            }
            // The transaction checks the file, as it does for an applied file.
            Some(SecretFields::File { file }) => Ok(NewSecret::Set(Some(Secret::File(file)))),
        }
    }

    /// Removes read-only fields from a body. Fails if the body would change a read-only field.
    async fn take_read_only(&self, name: &ProviderName, write: &mut Write) -> Result<(), ManageError> {
        let object = write.object()?;
        // A client may send back the warnings that it read.
        object.remove("warnings");
        let sent: Vec<_> = READ_ONLY.iter().filter_map(|key| Some((*key, object.remove(*key)?))).collect();
        if sent.is_empty() {
            return Ok(());
        }
        let mut reader = self.store.read().await?;
        let shown = match reader.find_provider(name).await? {
            Some(row) => serde_json::to_value(self.shown(&mut reader, &row).await?).unwrap_or_default(),
            None => Value::Null,
        };
        let keys = |value: &Value| value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>());
        let mut errors = FieldErrors::default();
        for (key, value) in sent {
            let is = shown.get(key);
            // The status changes without a write, so only its keys are compared.
            let is_same =
                is == Some(&value) || (key == "status" && is.and_then(keys) == keys(&value) && is.is_some());
            if !is_same {
                errors.push(key, "is read-only: leave it out");
            }
        }
        Ok(errors.into_result()?)
    }

    /// Creates, replaces or patches a provider. Only `move_identities` lets the issuer of existing people change.
    pub async fn write_identity_provider(
        &self,
        admin: &Admin,
        name: &str,
        mut write: Write,
        precondition: Precondition,
        move_identities: bool,
    ) -> Result<Written<IdentityProvider>, ManageError> {
        let name = ProviderName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        self.take_read_only(&name, &mut write).await?;
        let secret = self.take_secret(&name, &mut write)?;
        let write = ObjectWrite::single(write, precondition, admin.origin.at);
        let (more, outside) = (ProviderWrite { secret, move_identities }, self.outside()?.clone());
        let named = name.clone();
        let written = self
            .commit(&admin.origin, move |tx| {
                Box::pin(async move { write_identity_provider(tx, name, write, more, &outside).await })
            })
            .await?;
        let mut reader = self.store.read().await?;
        let row = reader.find_provider(&named).await?.ok_or_else(|| missing(named.as_str()))?;
        let row = ProviderRow { updated_at: admin.origin.at, ..row };
        let object = self.shown(&mut reader, &row).await?;
        Ok(written.map(|_| object))
    }

    /// Deletes an identity provider. With `cascade` it also unlinks its people, whose keys and sessions end.
    pub async fn delete_identity_provider(
        &self,
        admin: &Admin,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        let (name, at) = (parse(name)?, admin.origin.at);
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move { delete_identity_provider(tx, &name, &deletion, at).await })
        })
        .await
    }

    /// Lets the server cut off people of a provider again, after very many of them disappeared at once.
    pub async fn release_identity_provider(&self, admin: &Admin, name: &str) -> Result<(), ManageError> {
        let (name, at) = (parse(name)?, admin.origin.at);
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move {
                let row = tx.find_provider(&name).await?.ok_or_else(|| missing(name.as_str()))?;
                if row.held_at.is_none() {
                    return Err(WriteError::conflict(format_args!(
                        "`{name}` is not held: nothing to release"
                    )));
                }
                let until = at.plus_seconds(row.settings.recheck.max(3600));
                tx.release_provider(&name, until).await?;
                let (before, after) =
                    (RecordedProvider::of(&row).held(true), RecordedProvider::of(&row).held(false));
                tx.note(Change::updated(ObjectKind::IdentityProvider, &name, &before, &after));
                Ok(())
            })
        })
        .await
    }
}

/// Creates, replaces or patches an identity provider inside a transaction.
pub(super) async fn write_identity_provider(
    tx: &mut Transaction,
    name: ProviderName,
    write: ObjectWrite,
    more: ProviderWrite,
    outside: &Outside,
) -> Result<Written<RecordedProvider>, WriteError> {
    let at = write.at();
    let before = tx.find_provider(&name).await?;
    let was = before.as_ref().map(RecordedProvider::of);
    let shown = before.as_ref().map(|row| row.settings.fields().clone());
    let target = Target::new(ObjectKind::IdentityProvider, name.as_str(), shown.as_ref());
    let (fields, version) = write.open(tx, target).await?;
    let fields: ProviderFields = read(Value::Object(fields))?;
    let settings = ProviderSettings::parse(name, fields)?;
    outside.upstreams().check_issuer(&settings.issuer).map_err(|why| FieldErrors::one("issuer", why))?;
    check_moved(tx, before.as_ref(), &settings, more.move_identities).await?;
    let secret = secret_after(before.as_ref(), &settings, more.secret, outside)?;
    if before.as_ref().is_some_and(|before| before.settings.client_id != settings.client_id) {
        // A provider refuses a refresh token for good once a client other than its owner presents it.
        tx.forget_upstream_tokens(&settings.name).await?;
    }
    let created_at = before.as_ref().map_or(at, |row| row.created_at);
    let row =
        ProviderRow { settings, secret, held_at: None, unbraked_until: None, created_at, updated_at: at };
    let object = RecordedProvider::of(&row);
    match &before {
        Some(before) if before.settings == row.settings && before.secret == row.secret => {
            return Ok(Written::unchanged(object, version));
        }
        Some(before) => {
            tx.update_provider(&row).await?;
            if gives_less(&before.settings, &row.settings) {
                take_back_from_all(tx, (&before.settings, &row.settings), at).await?;
            }
            if row.settings.gives_otherwise(&before.settings) {
                tx.make_identities_due(&row.settings.name, at).await?;
            }
        }
        None => {
            // Groups that already had the new provider's mark may have members that the provider does not know.
            release_groups(tx, &row.settings.owner(), at).await?;
            tx.insert_provider(&row).await?;
        }
    }
    let secret_changed = before.as_ref().is_some_and(|before| before.secret != row.secret);
    let object = object.changed(secret_changed);
    Ok(Written::noted(tx, ObjectKind::IdentityProvider, row.settings.name.as_str(), was.as_ref(), object))
}

/// Returns the secret after a write. Fails if a new issuer would get the old secret, or for an unusable file.
fn secret_after(
    before: Option<&ProviderRow>,
    settings: &ProviderSettings,
    secret: NewSecret,
    outside: &Outside,
) -> Result<Option<Secret>, WriteError> {
    let stored = before.and_then(|row| row.secret.as_ref());
    let secret = match secret {
        NewSecret::Keep
            if stored.is_some() && before.is_some_and(|row| row.settings.issuer != settings.issuer) =>
        {
            let why = "another `issuer` must not get the secret of the earlier one: set `client_secret` to the new one or to `{\"file\": PATH}` (`--client-secret`, `--client-secret-file`), or to null (`--no-client-secret`)";
            return Err(FieldErrors::one("client_secret", why).into());
        }
        NewSecret::Keep => return Ok(stored.cloned()),
        NewSecret::Set(secret) => secret,
    };
    match &secret {
        Some(Secret::File(file)) if secret.as_ref() != stored => {
            let checked = outside.secrets.check_file(Path::new(file));
            checked.map_err(|error| FieldErrors::one("client_secret", error))?;
        }
        _ => {}
    }
    Ok(secret)
}

/// Returns true if the new settings lack a label or an administrator group of the old settings.
fn gives_less(before: &ProviderSettings, after: &ProviderSettings) -> bool {
    before.labels.keys().any(|key| !after.labels.contains_key(key))
        || after.makes_fewer_administrators(before)
}

/// Removes from all people of a provider the labels and the administrator flag that its settings no longer give.
async fn take_back_from_all(
    tx: &mut Transaction,
    (before, settings): (&ProviderSettings, &ProviderSettings),
    at: Timestamp,
) -> Result<(), WriteError> {
    let mut after = String::new();
    loop {
        let people = tx.list_identities(&settings.name, &after, CHUNK).await?;
        let Some(last) = people.last() else { return Ok(()) };
        after.clone_from(&last.id);
        for row in &people {
            take_back(tx, row, (before, settings), at).await?;
        }
    }
}

/// If the issuer of a provider with people changes: moves the people with `move_identities`, and fails without it.
async fn check_moved(
    tx: &mut Transaction,
    before: Option<&ProviderRow>,
    settings: &ProviderSettings,
    move_identities: bool,
) -> Result<(), WriteError> {
    let Some(before) = before.filter(|before| before.settings.issuer != settings.issuer) else {
        return Ok(());
    };
    let at = before.updated_at;
    let people = tx.count_people(&settings.name, at, at).await?.people;
    if people == 0 {
        return Ok(());
    }
    if !move_identities {
        return Err(WriteError::conflict(format_args!(
            "`{}` knows {} by their ids at `{}`: if these ids mean the same people at the new issuer, repeat with `?move_identities=true`",
            settings.name,
            told(people),
            before.settings.issuer
        )));
    }
    Ok(tx.move_identities(&settings.name, &settings.issuer).await?)
}

/// Deletes an identity provider inside a transaction.
pub(super) async fn delete_identity_provider(
    tx: &mut Transaction,
    name: &ProviderName,
    deletion: &Deletion,
    at: Timestamp,
) -> Result<(), WriteError> {
    let row = tx.find_provider(name).await?.ok_or_else(|| missing(name.as_str()))?;
    deletion.precondition.check(tx, ObjectKind::IdentityProvider, name.as_str(), true).await?;
    let people = tx.count_people(name, at, at).await?.people;
    if people > 0 && !deletion.cascade {
        return Err(WriteError::conflict(format_args!(
            "`{name}` vouches for {}: repeat with `?cascade=true` to unlink them, which ends their keys and sessions and keeps the users",
            told(people)
        )));
    }
    let owner = row.settings.owner();
    loop {
        let linked = tx.list_identities(name, "", CHUNK).await?;
        if linked.is_empty() {
            break;
        }
        for identity in &linked {
            unlink(tx, identity, &owner, at).await?;
        }
        tx.record_noted().await?;
    }
    release_groups(tx, &owner, at).await?;
    tx.delete_provider(name).await?;
    tx.note(Change::deleted(ObjectKind::IdentityProvider, name, &RecordedProvider::of(&row)));
    Ok(())
}
