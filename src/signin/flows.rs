//! Sign-in flows. A flow stores the details of a sign-in until the browser or device returns with the secret of the
//! flow. Each flow can be used once.

use super::error::SignInError;
use super::sign_in::{SignIn, Visit};
use crate::authn::digest;
use crate::domain::secret::{MachineSecret, SigninSecret};
use crate::domain::time::Timestamp;
use crate::entropy;
use crate::storage::{FlowKind, FlowRow, NewFlow, StoreError, Transaction};
use serde_json::Value;

/// The life of a flow, in seconds: 10 minutes.
pub const FLOW_SECONDS: i64 = 600;
/// The greatest number of flows of a kind. Beyond that number, a new flow replaces an old flow.
const MOST: i64 = 20_000;
/// The greatest number of sign-ins with a provider that may be in progress from one network. The number is high,
/// because a whole company may share one address.
const MOST_BROWSERS: i64 = 5_000;
/// The greatest number of devices that may wait for approval from one network.
const MOST_DEVICES: i64 = 100;
/// The greatest number of ended flows that are deleted when a new flow is stored.
const CLEARED: i64 = 50;

impl SignIn {
    /// Begins a sign-in with a provider. `details` is stored for the request that takes the flow, and contains no
    /// secret. Returns the secret with which the flow is taken. The secret is valid for [`FLOW_SECONDS`].
    /// Fails with [`SignInError::TooMany`] if too many sign-ins are in progress in the network of the visitor.
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

    /// Takes a sign-in with a provider. If several requests present the same secret, only one of them gets the flow.
    /// The other requests get `None`. A request after the end of the flow also gets `None`.
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

    /// Stores a new flow. Fails if its network has too many flows. If all networks together have too many flows,
    /// deletes the oldest undecided flow of the network that has the most undecided flows. So an attacker with many
    /// networks cannot lock other people out.
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

/// Builds the row of a flow that begins now.
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
