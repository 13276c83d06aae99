//! What a secret of signing in is good for once: a sign-in with a provider that is under way, a device that waits for
//! its approval, an invitation. Only digests of the secrets are stored.

use super::reader::{Reader, field, parsed, time};
use super::statements::{
    COUNT_DEVICE, COUNT_FLOWS, COUNT_FLOWS_FROM, CROWD_OUT_FLOW, DECIDE_DEVICE, DELETE_ALL_FLOWS,
    DELETE_INVITATIONS, INSERT_FLOW, LIST_INVITATIONS, POLL_DEVICE, PURGE_FLOWS, SELECT_DEVICE, SELECT_FLOW,
    TAKE_FLOW,
};
use super::subjects::subject_ref;
use super::transaction::Transaction;
use super::{Page, StoreError};
use crate::domain::secret::Digest;
use crate::domain::subject::SubjectRef;
use crate::domain::time::Timestamp;
use serde_json::Value;
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use strum::{EnumString, IntoStaticStr};

/// For how long a flow that has ended is kept, seconds: whoever asks for it is told that it has ended.
const ENDED_KEPT: i64 = 600;

/// What a flow is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum FlowKind {
    /// A sign-in with a provider.
    Browser,
    /// A device that waits for its approval (RFC 8628).
    Device,
    /// An invitation to set the first password.
    Invitation,
}

impl FlowKind {
    /// The word, as it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What somebody said to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum FlowOutcome {
    /// It may have a key.
    Approved,
    /// It may not.
    Denied,
}

/// A subject, as of one version of its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowSubject {
    /// Its internal id.
    pub id: String,
    /// Its credential version at that time.
    pub credential_version: i64,
}

/// A flow as it is stored, without anything secret.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowRow {
    /// What it is for.
    pub kind: FlowKind,
    /// What its maker noted.
    pub details: Value,
    /// From where it was begun.
    pub address: Option<String>,
    /// Whom it is for, or who decided it.
    pub subject: Option<FlowSubject>,
    /// What was decided.
    pub outcome: Option<FlowOutcome>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What is needed to store a flow.
#[derive(Debug)]
pub struct NewFlow {
    /// SHA-256 of its secret.
    pub digest: Digest,
    /// SHA-256 of the code that a person types, for devices.
    pub user_code: Option<Digest>,
    /// What its address is counted under.
    pub network: Option<String>,
    /// The flow.
    pub row: FlowRow,
}

/// An invitation that can still be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRow {
    /// Whom it is for.
    pub subject: SubjectRef,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a device that asks is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Polled {
    /// There is no such flow.
    Unknown,
    /// It asked again too soon.
    TooSoon,
    /// The flow as it stands.
    Flow(FlowRow),
}

fn flow_row(row: &AnyRow) -> Result<FlowRow, StoreError> {
    let subject: Option<String> = field(row, "subject_id")?;
    let version: Option<i64> = field(row, "credential_version")?;
    let outcome: Option<String> = field(row, "outcome")?;
    Ok(FlowRow {
        kind: parsed(row, "kind", str::parse)?,
        details: parsed(row, "details", |text| serde_json::from_str(text))?,
        address: field(row, "address")?,
        subject: subject.zip(version).map(|(id, credential_version)| FlowSubject { id, credential_version }),
        outcome: match outcome {
            None => None,
            Some(_) => Some(parsed(row, "outcome", str::parse)?),
        },
        created_at: time(row, "created_at")?,
        expires_at: time(row, "expires_at")?,
    })
}

fn with<'q>(
    statement: &'static str,
    digest: &'q Digest,
    kind: FlowKind,
    now: Timestamp,
) -> Query<'q, Any, AnyArguments> {
    sqlx::query(statement).bind(digest.as_str()).bind(kind.as_str()).bind(now.as_micros())
}

impl Reader {
    /// A flow that has not ended, by the digest of its secret.
    pub async fn find_flow(
        &mut self,
        kind: FlowKind,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<FlowRow>, StoreError> {
        self.one(with(SELECT_FLOW, digest, kind, now)).await?.as_ref().map(flow_row).transpose()
    }

    /// A page of the invitations that can still be used, by the names of their users.
    pub async fn list_invitations(
        &mut self,
        page: &Page,
        now: Timestamp,
    ) -> Result<Vec<InvitationRow>, StoreError> {
        let rows = self.all(page.bind(sqlx::query(LIST_INVITATIONS)).bind(now.as_micros())).await?;
        let read = |row: &AnyRow| {
            let (created_at, expires_at) = (time(row, "created_at")?, time(row, "expires_at")?);
            Ok(InvitationRow { subject: subject_ref(row)?, created_at, expires_at })
        };
        rows.iter().map(read).collect()
    }

    /// A device that waits for its approval, by the digest of the code that a person types.
    pub async fn find_device(
        &mut self,
        user_code: &Digest,
        now: Timestamp,
    ) -> Result<Option<FlowRow>, StoreError> {
        let query = sqlx::query(SELECT_DEVICE).bind(user_code.as_str()).bind(now.as_micros());
        self.one(query).await?.as_ref().map(flow_row).transpose()
    }

    /// How many flows of a kind have not ended: all, and those that were begun from `network`.
    pub async fn count_flows(
        &mut self,
        kind: FlowKind,
        network: Option<&str>,
        now: Timestamp,
    ) -> Result<(i64, i64), StoreError> {
        let of_all = sqlx::query(COUNT_FLOWS).bind(kind.as_str()).bind(now.as_micros());
        let all = self.count(of_all).await?;
        Ok((all, self.count_flows_from(kind, network, now).await?))
    }

    /// How many flows of a kind that were begun from `network` have not ended.
    pub async fn count_flows_from(
        &mut self,
        kind: FlowKind,
        network: Option<&str>,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let from = sqlx::query(COUNT_FLOWS_FROM).bind(kind.as_str()).bind(now.as_micros()).bind(network);
        self.count(from).await
    }
}

impl Transaction {
    /// Stores a new flow.
    pub async fn insert_flow(&mut self, new: &NewFlow) -> Result<(), StoreError> {
        let subject = new.row.subject.as_ref();
        let query = sqlx::query(INSERT_FLOW)
            .bind(new.digest.as_str())
            .bind(new.row.kind.as_str())
            .bind(new.user_code.as_ref().map(Digest::as_str))
            .bind(new.row.details.to_string())
            .bind(new.row.address.as_deref())
            .bind(new.network.as_deref())
            .bind(subject.map(|subject| subject.id.as_str()))
            .bind(subject.map(|subject| subject.credential_version))
            .bind(new.row.created_at.as_micros())
            .bind(new.row.expires_at.as_micros());
        self.run(query).await.map(|_| ())
    }

    /// Takes a flow that has not ended out of the store: of several who try, one gets it.
    pub async fn take_flow(
        &mut self,
        kind: FlowKind,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<FlowRow>, StoreError> {
        self.one(with(TAKE_FLOW, digest, kind, now)).await?.as_ref().map(flow_row).transpose()
    }

    /// Ends one flow that nobody has decided: the oldest from the network that has most of them.
    pub async fn crowd_out_flow(&mut self, kind: FlowKind) -> Result<(), StoreError> {
        self.run(sqlx::query(CROWD_OUT_FLOW).bind(kind.as_str())).await.map(|_| ())
    }

    /// Notes what `who` said to the device of this code. `false` if nothing waits under it any more.
    pub async fn decide_device(
        &mut self,
        user_code: &Digest,
        outcome: FlowOutcome,
        who: &FlowSubject,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let outcome: &'static str = outcome.into();
        let query = sqlx::query(DECIDE_DEVICE)
            .bind(user_code.as_str())
            .bind(outcome)
            .bind(who.id.as_str())
            .bind(who.credential_version)
            .bind(now.as_micros());
        Ok(self.run(query).await? > 0)
    }

    /// Notes that a device asked at `now`, unless it asked after `before` already.
    pub async fn poll_device(
        &mut self,
        digest: &Digest,
        now: Timestamp,
        before: Timestamp,
    ) -> Result<Polled, StoreError> {
        let query = sqlx::query(POLL_DEVICE).bind(digest.as_str()).bind(now.as_micros());
        if let Some(row) = self.one(query.bind(before.as_micros())).await? {
            return Ok(Polled::Flow(flow_row(&row)?));
        }
        let is_known = self.count(sqlx::query(COUNT_DEVICE).bind(digest.as_str())).await? > 0;
        Ok(if is_known { Polled::TooSoon } else { Polled::Unknown })
    }

    /// Ends the invitations of a subject, and returns how many there were.
    pub async fn delete_invitations(&mut self, subject_id: &str) -> Result<u64, StoreError> {
        self.run(sqlx::query(DELETE_INVITATIONS).bind(subject_id)).await
    }

    /// Ends every flow and returns how many there were.
    pub async fn delete_flows(&mut self) -> Result<u64, StoreError> {
        self.run(sqlx::query(DELETE_ALL_FLOWS)).await
    }

    /// Deletes flows that ended a while before `now`: at most `limit`. Returns how many.
    pub async fn purge_flows(&mut self, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let ended = now.plus_seconds(-ENDED_KEPT);
        self.run(sqlx::query(PURGE_FLOWS).bind(ended.as_micros()).bind(limit)).await
    }
}
