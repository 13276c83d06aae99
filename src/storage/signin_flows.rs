//! Sign-in flows: a sign-in with a provider in progress, a device that waits for approval, or an invitation. Each flow
//! is used once, by its secret. The database stores only the digests of the secrets.

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

/// The time for which an ended flow is kept, in seconds. Meanwhile a client that asks for the flow gets the answer that
/// the flow has ended.
const ENDED_KEPT: i64 = 600;

/// The purpose of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum FlowKind {
    /// A sign-in with a provider.
    Browser,
    /// A device that waits for approval (RFC 8628).
    Device,
    /// An invitation to set the first password.
    Invitation,
}

impl FlowKind {
    /// Returns the word that is stored for the kind.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A person's decision about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum FlowOutcome {
    /// The device may get an access key.
    Approved,
    /// The device may not get an access key.
    Denied,
}

/// A subject, with its credential version when the flow was created or decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowSubject {
    /// The internal id of the subject.
    pub id: String,
    /// The credential version of the subject when the flow was created or decided.
    pub credential_version: i64,
}

/// A flow as stored, without its secret.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowRow {
    /// The purpose of the flow.
    pub kind: FlowKind,
    /// The details that the creator of the flow stored.
    pub details: Value,
    /// The address of the client that began the flow.
    pub address: Option<String>,
    /// The user of the flow, or the person who decided about the device.
    pub subject: Option<FlowSubject>,
    /// The decision about the device.
    pub outcome: Option<FlowOutcome>,
    /// The time at which the flow began.
    pub created_at: Timestamp,
    /// The time at which the flow ends.
    pub expires_at: Timestamp,
}

/// A flow to be stored.
#[derive(Debug)]
pub struct NewFlow {
    /// The SHA-256 of the secret.
    pub digest: Digest,
    /// The SHA-256 of the code that a person types; `None` for flows that are not of a device.
    pub user_code: Option<Digest>,
    /// The network of the client's address. Flows are counted for each network.
    pub network: Option<String>,
    /// The flow without its secret.
    pub row: FlowRow,
}

/// An invitation that can still be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRow {
    /// The invited user.
    pub subject: SubjectRef,
    /// The time at which the invitation was created.
    pub created_at: Timestamp,
    /// The time at which the invitation ends.
    pub expires_at: Timestamp,
}

/// The answer to a device that asks for its key.
#[derive(Debug, Clone, PartialEq)]
pub enum Polled {
    /// No device has this digest.
    Unknown,
    /// The device asked again too soon.
    TooSoon,
    /// The present state of the flow.
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
    /// Finds a flow by the digest of its secret. Ignores a flow that has ended.
    pub async fn find_flow(
        &mut self,
        kind: FlowKind,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<FlowRow>, StoreError> {
        self.one(with(SELECT_FLOW, digest, kind, now)).await?.as_ref().map(flow_row).transpose()
    }

    /// Reads a page of the usable invitations, sorted by the names of their users, and one more if it exists.
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

    /// Finds a device that waits for approval, by the digest of the code that a person types.
    pub async fn find_device(
        &mut self,
        user_code: &Digest,
        now: Timestamp,
    ) -> Result<Option<FlowRow>, StoreError> {
        let query = sqlx::query(SELECT_DEVICE).bind(user_code.as_str()).bind(now.as_micros());
        self.one(query).await?.as_ref().map(flow_row).transpose()
    }

    /// Counts the flows of a kind that have not ended. Returns the number of all these flows, and the number of those
    /// that began in `network`; without a network, the second number is 0.
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

    /// Counts the flows of a kind that began in `network` and have not ended. Returns 0 without a network.
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

    /// Deletes a flow that has not ended, and returns the flow. If several requests try, only one request gets the
    /// flow.
    pub async fn take_flow(
        &mut self,
        kind: FlowKind,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<FlowRow>, StoreError> {
        self.one(with(TAKE_FLOW, digest, kind, now)).await?.as_ref().map(flow_row).transpose()
    }

    /// Deletes one undecided flow of a kind: the oldest flow of the network that has the most undecided flows.
    pub async fn crowd_out_flow(&mut self, kind: FlowKind) -> Result<(), StoreError> {
        self.run(sqlx::query(CROWD_OUT_FLOW).bind(kind.as_str())).await.map(|_| ())
    }

    /// Stores the decision of `who` about the device with this code. Returns `false` if no device waits with this code
    /// any more.
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

    /// Stores that a device asked at `now`, and returns its flow. Returns [`Polled::TooSoon`], and stores nothing, if
    /// the device already asked after `before`. A noted time after `now` is ignored.
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

    /// Deletes the invitations of a subject. Returns the number of deleted invitations.
    pub async fn delete_invitations(&mut self, subject_id: &str) -> Result<u64, StoreError> {
        self.run(sqlx::query(DELETE_INVITATIONS).bind(subject_id)).await
    }

    /// Deletes every flow. Returns the number of deleted flows.
    pub async fn delete_flows(&mut self) -> Result<u64, StoreError> {
        self.run(sqlx::query(DELETE_ALL_FLOWS)).await
    }

    /// Deletes at most `limit` flows that ended at least [`ENDED_KEPT`] seconds before `now`. Returns their number.
    pub async fn purge_flows(&mut self, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let ended = now.plus_seconds(-ENDED_KEPT);
        self.run(sqlx::query(PURGE_FLOWS).bind(ended.as_micros()).bind(limit)).await
    }
}
