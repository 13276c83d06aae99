//! The registries, shown to people who set up a client.

use super::administration::Administration;
use super::caller::Caller;
use super::error::ManageError;
use crate::domain::service::ServiceName;
use serde::Serialize;
use utoipa::ToSchema;

/// The registries, and the URL at which their clients get tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnServices {
    /// The URL at which clients reach the token endpoint; null if this process issues no tokens.
    pub realm: Option<String>,
    /// The names of the services, sorted.
    pub services: Vec<ServiceName>,
}

impl Administration {
    /// Returns the registries. Everybody who signs in may see them, except with a restricted access key.
    pub fn own_services(&self, caller: &Caller) -> Result<OwnServices, ManageError> {
        caller.unrestricted()?;
        let services = self.snapshots.current().services.keys().cloned().collect();
        Ok(OwnServices { realm: self.serving.as_ref().map(|serving| serving.realm.clone()), services })
    }
}
