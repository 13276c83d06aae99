//! The registries that there are, for those who set up a client.

use super::administration::Administration;
use super::caller::Caller;
use super::error::ManageError;
use crate::domain::service::ServiceName;
use serde::Serialize;
use utoipa::ToSchema;

/// The registries, and where their clients get tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnServices {
    /// The URL that clients reach the token endpoint at; null when nothing is served.
    pub realm: Option<String>,
    /// The names of the services, sorted.
    pub services: Vec<ServiceName>,
}

impl Administration {
    /// The registries, which everybody who signs in may know.
    pub fn own_services(&self, caller: &Caller) -> Result<OwnServices, ManageError> {
        caller.unrestricted()?;
        let services = self.snapshots.current().services.keys().cloned().collect();
        Ok(OwnServices { realm: self.serving.as_ref().map(|serving| serving.realm.clone()), services })
    }
}
