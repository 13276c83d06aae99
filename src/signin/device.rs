//! Devices without a browser of their own: they show a code, a person approves it on a page, and they get an access key.
// SPEC: RFC 8628. The names of its errors are in `http/device.rs`.

use super::error::SignInError;
use super::flows::new_row;
use super::sign_in::{SignIn, Visit};
use crate::accounts::{WriteError, insert_key};
use crate::authn::{Authenticated, BrowserSession, digest};
use crate::domain::change::{Actor, Origin};
use crate::domain::key_origin::KeyOrigin;
use crate::domain::secret::{Digest, MachineCredential, MachineSecret, SigninSecret};
use crate::domain::subject::SubjectRef;
use crate::domain::time::Timestamp;
use crate::domain::unseen::is_plain;
use crate::domain::user_code::UserCode;
use crate::entropy::{self, NoEntropy};
use crate::storage::{
    AccessKeyRow, FlowKind, FlowOutcome, FlowRow, FlowSubject, NewAccessKey, NewFlow, Polled, StoreError,
    Transaction,
};
use serde_json::{Value, json};
use std::net::IpAddr;

/// How often a device may ask, seconds.
pub const INTERVAL_SECONDS: i64 = 5;
/// For how long its access key is good: 90 days.
pub const KEY_SECONDS: i64 = 90 * 86_400;
/// How many wrong codes a browser session may try.
const MOST_WRONG: i64 = 5;
/// Longest name of a device, characters. With the words around it, it fits into the name of a key.
const LONGEST_NAME: usize = 55;

/// A device that has just begun to wait.
#[derive(Debug)]
pub struct BegunDevice {
    /// What it asks with.
    pub device_code: MachineSecret,
    /// What it shows.
    pub user_code: UserCode,
}

/// A device that waits for its approval, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingDevice {
    /// What it calls itself.
    pub name: String,
    /// From where it asks.
    pub address: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

/// What a code that was typed leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// A device waits under it.
    Waiting(WaitingDevice),
    /// No device waits under it. So many tries are left.
    Wrong(i64),
    /// The session has tried too many wrong codes.
    TooMany,
}

/// The access key that a device gets.
#[derive(Debug)]
pub struct DeviceKey {
    /// The key.
    pub secret: MachineSecret,
    /// Its public id.
    pub id: String,
    /// Whose key it is.
    pub subject: SubjectRef,
    /// Its name.
    pub name: String,
}

/// Why a device gets no access key (yet).
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Nobody has decided yet.
    #[error("nobody has approved this device yet: ask again in {INTERVAL_SECONDS} seconds")]
    Pending,
    /// It asked again too soon.
    #[error("this device asks too often: wait {INTERVAL_SECONDS} seconds between two requests")]
    TooSoon,
    /// A person refused it.
    #[error("the device was refused")]
    Denied,
    /// Nobody decided in time.
    #[error("nobody approved this device within 10 minutes: begin again")]
    Expired,
    /// The code is unknown, or was used.
    #[error("there is no such device code, or it was used already: begin again")]
    Unknown,
    /// The person who approved cannot have another key.
    #[error(transparent)]
    Key(WriteError),
    /// The key is stored, but not yet in force here.
    #[error("the key is stored, but not yet in force")]
    NotInForce(#[source] StoreError),
    /// The system gave no random bytes.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<WriteError> for DeviceError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => Self::Store(error),
            other => Self::Key(other),
        }
    }
}

/// The digest under which the code that a person types is stored.
fn code_digest(code: &UserCode) -> Digest {
    Digest::from_bytes(ring::digest::digest(&ring::digest::SHA256, code.letters()).as_ref())
}

/// What the key of a device is called.
fn key_name(row: &FlowRow) -> String {
    format!("command line on {}", device_name(row))
}

fn device_name(row: &FlowRow) -> String {
    let named = row.details.get("device").and_then(Value::as_str).unwrap_or_default();
    match (named, &row.address) {
        ("", Some(address)) => address.clone(),
        ("", None) => "an unknown device".to_owned(),
        (named, _) => named.to_owned(),
    }
}

fn waiting(row: &FlowRow) -> WaitingDevice {
    WaitingDevice { name: device_name(row), address: row.address.clone(), since: row.created_at }
}

impl SignIn {
    /// Begins to wait for the approval of a device, which calls itself `name`.
    ///
    /// # Errors
    /// [`SignInError::TooMany`] when too many wait.
    pub async fn begin_device(
        &self,
        name: &str,
        visit: &Visit,
        now: Timestamp,
    ) -> Result<BegunDevice, SignInError> {
        let device_code = SigninSecret::Device.generate(&entropy::bytes()?);
        let user_code = UserCode::generate(entropy::bytes()?);
        let name: String = name.chars().filter(|c| is_plain(*c)).take(LONGEST_NAME).collect();
        let new = NewFlow {
            digest: digest(&device_code),
            user_code: Some(code_digest(&user_code)),
            network: Some(visit.network()),
            row: new_row(FlowKind::Device, json!({"device": name.trim()}), visit, now),
        };
        self.insert_flow(new).await?;
        Ok(BegunDevice { device_code, user_code })
    }

    /// The device that waits under a code that was typed in a browser session. Wrong ones are counted, and after the
    /// fifth the session may type no more.
    // SPEC: RFC 8628 section 5.1.
    pub async fn type_code(
        &self,
        cookie: &MachineSecret,
        session: &BrowserSession,
        typed: &str,
        now: Timestamp,
    ) -> Result<Typed, StoreError> {
        if session.wrong_codes >= MOST_WRONG {
            return Ok(Typed::TooMany);
        }
        let (session, code) = (digest(cookie), UserCode::parse(typed).map(|code| code_digest(&code)));
        self.store
            .write(move |tx: &mut Transaction| {
                Box::pin(async move {
                    // INVARIANT: a code is counted before it is looked up, so that codes that are typed at once are
                    // no more tries.
                    let Some(counted) = tx.count_typed_code(&session, MOST_WRONG).await? else {
                        return Ok(Typed::TooMany);
                    };
                    let found = match &code {
                        Some(code) => tx.find_device(code, now).await?,
                        None => None,
                    };
                    if let Some(row) = found {
                        tx.uncount_typed_code(&session).await?;
                        return Ok(Typed::Waiting(waiting(&row)));
                    }
                    Ok(match MOST_WRONG - counted {
                        0 => Typed::TooMany,
                        left => Typed::Wrong(left),
                    })
                })
            })
            .await
    }

    /// Notes what somebody says to the device of this code. `false` if none waits under it any more.
    pub async fn decide_device(
        &self,
        who: &Authenticated,
        code: &UserCode,
        outcome: FlowOutcome,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (code, row) = (code_digest(code), &who.found.row);
        let who = FlowSubject { id: row.id.clone(), credential_version: row.credential_version };
        self.store
            .write(move |tx: &mut Transaction| {
                Box::pin(async move { tx.decide_device(&code, outcome, &who, now).await })
            })
            .await
    }

    /// Who has approved the device of this code. Notes that the device asked.
    async fn approval(&self, code: &Digest, now: Timestamp) -> Result<FlowSubject, DeviceError> {
        // Nobody who guesses takes the turn to write. A flow that has ended is found as well.
        let known =
            self.store.read().await?.find_flow(FlowKind::Device, code, Timestamp::from_micros(0)).await?;
        match known {
            None => return Err(DeviceError::Unknown),
            Some(row) if row.expires_at <= now => return Err(DeviceError::Expired),
            Some(_) => {}
        }
        let (asked, before) = (code.clone(), now.plus_seconds(-INTERVAL_SECONDS));
        let polled = self
            .store
            .write(move |tx: &mut Transaction| {
                Box::pin(async move { tx.poll_device(&asked, now, before).await })
            })
            .await?;
        let row = match polled {
            Polled::Unknown => return Err(DeviceError::Unknown),
            Polled::TooSoon => return Err(DeviceError::TooSoon),
            Polled::Flow(row) => row,
        };
        match (row.outcome, row.subject) {
            (Some(FlowOutcome::Denied), _) => Err(DeviceError::Denied),
            (Some(FlowOutcome::Approved), Some(subject)) => Ok(subject),
            _ => Err(DeviceError::Pending),
        }
    }

    /// Gives a device its access key, once, if a person has approved it. Durable and in force when it returns.
    pub async fn redeem_device(
        &self,
        device_code: &MachineSecret,
        address: Option<IpAddr>,
        request_id: &str,
        now: Timestamp,
    ) -> Result<DeviceKey, DeviceError> {
        let code = digest(device_code);
        let subject = self.approval(&code, now).await?;
        let owner = self.store.read().await?.find_subject_by_id(&subject.id).await?;
        let owner = owner.ok_or(DeviceError::Denied)?.row.subject;
        let origin = Origin::new(Actor::Subject(owner.clone()), address, request_id.to_owned(), now);
        let secret = MachineCredential::new_access_key(&entropy::bytes()?);
        let key_digest = digest(&secret);
        let committed = self
            .store
            .change(origin, move |tx: &mut Transaction| {
                Box::pin(async move {
                    let taken =
                        tx.take_flow(FlowKind::Device, &code, now).await?.ok_or(DeviceError::Unknown)?;
                    let found = tx.find_subject_by_id(&subject.id).await?;
                    // Whoever lost the password or a right since may not have meant it.
                    let found = found.filter(|found| {
                        found.row.credential_version == subject.credential_version && !found.row.disabled
                    });
                    let found = found.ok_or(DeviceError::Denied)?;
                    let key = AccessKeyRow {
                        id: uuid::Uuid::now_v7().to_string(),
                        name: key_name(&taken),
                        restriction: None,
                        created_at: now,
                        expires_at: Some(now.plus_seconds(KEY_SECONDS)),
                        last_used_at: None,
                        origin: KeyOrigin::Device,
                        last_address: None,
                    };
                    let new = NewAccessKey { subject_id: &found.row.id, key: &key, digest: &key_digest };
                    insert_key(tx, &found.row, &new).await?;
                    Ok::<_, DeviceError>((key.id, key.name))
                })
            })
            .await?;
        self.snapshots.at_least(committed.seq).await.map_err(DeviceError::NotInForce)?;
        let (id, name) = committed.value;
        Ok(DeviceKey { secret, id, subject: owner, name })
    }
}
