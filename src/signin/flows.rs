//! What a secret is good for once: begun with whatever must be known later, taken by one of those who present it.

use super::error::SignInError;
use super::sign_in::{SignIn, Visit};
use crate::authn::digest;
use crate::domain::secret::{MachineSecret, SigninSecret};
use crate::domain::time::Timestamp;
use crate::entropy;
use crate::storage::{FlowKind, FlowRow, NewFlow, StoreError, Transaction};
use serde_json::Value;

/// For how long a flow of signing in waits: 10 minutes.
pub const FLOW_SECONDS: i64 = 600;
/// How many flows of a kind there may be at once. Beyond that, a new one takes the place of another.
const MOST: i64 = 20_000;
/// How many sign-ins with a provider may be under way from one network: a whole company may be behind one address.
const MOST_BROWSERS: i64 = 5_000;
/// How many devices may wait for their approval from one network.
const MOST_DEVICES: i64 = 100;
/// How many flows that have ended are deleted when a new one is stored.
const CLEARED: i64 = 50;

impl SignIn {
    /// Begins a sign-in with a provider. `details` is kept for whoever takes it, and holds nothing secret. Returns the
    /// secret that takes it, which is good for [`FLOW_SECONDS`].
    ///
    /// # Errors
    /// [`SignInError::TooMany`] when too many are under way.
    pub async fn begin_flow(
        &self,
        details: Value,
        visit: &Visit,
        now: Timestamp,
    ) -> Result<MachineSecret, SignInError> {
        let secret = SigninSecret::Flow.generate(&entropy::bytes()?);
        let row = new_row(FlowKind::Browser, details, visit, now);
        let network = Some(visit.network());
        self.insert_flow(NewFlow { digest: digest(&secret), user_code: None, network, row }).await?;
        Ok(secret)
    }

    /// Takes a sign-in with a provider that was begun. Of several who present its secret, one gets it; the others, and
    /// whoever comes too late, get `None`.
    pub async fn take_flow(
        &self,
        secret: &MachineSecret,
        now: Timestamp,
    ) -> Result<Option<FlowRow>, StoreError> {
        let digest = digest(secret);
        self.store
            .write(move |tx: &mut Transaction| {
                Box::pin(async move { tx.take_flow(FlowKind::Browser, &digest, now).await })
            })
            .await
    }

    /// Stores a new flow, unless there are too many from its network. If there are too many in all, the network that
    /// has most of them loses its oldest: who asks from many networks shuts out nobody else.
    pub(super) async fn insert_flow(&self, new: NewFlow) -> Result<(), SignInError> {
        let (kind, now) = (new.row.kind, new.row.created_at);
        let most = if kind == FlowKind::Device { MOST_DEVICES } else { MOST_BROWSERS };
        let mut reader = self.store.read().await?;
        let from_here = reader.count_flows_from(kind, new.network.as_deref(), now).await?;
        drop(reader);
        if from_here >= most {
            return Err(SignInError::TooMany);
        }
        let is_stored = self
            .store
            .write(move |tx: &mut Transaction| {
                Box::pin(async move {
                    tx.purge_flows(now, CLEARED).await?;
                    let (all, from_here) = tx.count_flows(kind, new.network.as_deref(), now).await?;
                    if from_here >= most {
                        return Ok(false);
                    }
                    if all >= MOST {
                        tx.crowd_out_flow(kind).await?;
                    }
                    tx.insert_flow(&new).await?;
                    Ok(true)
                })
            })
            .await?;
        if is_stored { Ok(()) } else { Err(SignInError::TooMany) }
    }
}

/// A flow that begins now.
pub(super) fn new_row(kind: FlowKind, details: Value, visit: &Visit, now: Timestamp) -> FlowRow {
    FlowRow {
        kind,
        details,
        address: visit.address_text(),
        subject: None,
        outcome: None,
        created_at: now,
        expires_at: now.plus_seconds(FLOW_SECONDS),
    }
}
