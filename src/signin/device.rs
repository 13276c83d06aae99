//! Devices without a browser. A device shows a code, a person approves the code on a page, and the device gets an
//! access key.
// SPEC: RFC 8628. `http/error/devices.rs` has the names of its errors.

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

/// The shortest time between two requests of a device, in seconds.
pub const INTERVAL_SECONDS: i64 = 5;
/// The life of a device's access key, in seconds: 90 days.
pub const KEY_SECONDS: i64 = 90 * 86_400;
/// The number of wrong codes that a browser session may try.
const MOST_WRONG: i64 = 5;
/// The greatest length of a device's name, in characters. The name of the access key adds words to it, and must not
/// become too long.
const LONGEST_NAME: usize = 55;

/// A device whose flow has just begun.
#[derive(Debug)]
pub struct BegunDevice {
    /// The secret with which the device asks for its key.
    pub device_code: MachineSecret,
    /// The code that the device shows.
    pub user_code: UserCode,
}

/// A device that waits for approval, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingDevice {
    /// The name that the device gives itself; if it gives none, its address.
    pub name: String,
    /// The address from which the device asks.
    pub address: Option<String>,
    /// The time at which the device began to wait.
    pub since: Timestamp,
}

/// The result of typing a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// A device waits for this code.
    Waiting(WaitingDevice),
    /// No device waits for this code. The value is the number of tries left.
    Wrong(i64),
    /// The session has tried too many wrong codes.
    TooMany,
}

/// The access key that a device gets.
#[derive(Debug)]
pub struct DeviceKey {
    /// The secret of the key.
    pub secret: MachineSecret,
    /// The public id of the key.
    pub id: String,
    /// The owner of the key.
    pub subject: SubjectRef,
    /// The name of the key.
    pub name: String,
}

/// A reason why a device gets no access key, or not yet.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No person has decided yet.
    #[error("nobody has approved this device yet: ask again in {INTERVAL_SECONDS} seconds")]
    Pending,
    /// The device asked again too soon.
    #[error("this device asks too often: wait {INTERVAL_SECONDS} seconds between two requests")]
    TooSoon,
    /// A person refused the device, or the account that approved the device was changed, disabled or deleted since.
    #[error("the device was refused")]
    Denied,
    /// The flow has ended: no person decided in time, or the device asked too late for its key.
    #[error("nobody approved this device within 10 minutes: begin again")]
    Expired,
    /// The code is unknown, or was already used.
    #[error("there is no such device code, or it was used already: begin again")]
    Unknown,
    /// The person who approved the device cannot have another key.
    #[error(transparent)]
    Key(WriteError),
    /// The key is stored, but this server does not accept it yet.
    #[error("the key is stored, but not yet in force")]
    NotInForce(#[source] StoreError),
    /// The system provides no random bytes.
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

/// Returns the digest under which a typed code is stored.
fn code_digest(code: &UserCode) -> Digest {
    Digest::from_bytes(ring::digest::digest(&ring::digest::SHA256, code.letters()).as_ref())
}

/// Returns the name of the access key of a device.
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
    /// Begins the flow of a device that calls itself `name`.
    /// Fails with [`SignInError::TooMany`] if too many devices wait in the network of the visitor.
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

    /// Finds the device that waits for a code which was typed in a browser session. Wrong codes are counted. After the
    /// fifth wrong code the session may not try again.
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
                    // INVARIANT: a code is counted before it is looked up. So several codes that are typed at once get
                    // no extra tries.
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

    /// Stores a person's decision about the device with this code. Returns `false` if no device waits with this code
    /// any more.
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

    /// Finds the person who approved the device with this code. Stores the time at which the device asked.
    async fn approval(&self, code: &Digest, now: Timestamp) -> Result<FlowSubject, DeviceError> {
        // A guessed code must not take the turn to write. So this statement only reads. It also finds a flow that has
        // ended.
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

    /// Gives a device its access key, once, if a person has approved the device. The key is durable and in force when
    /// this function returns.
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
                    // The person may have lost the password or a right since the approval. Then the approval may come
                    // from an attacker.
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
