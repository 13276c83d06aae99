//! The times at which a user or robot last used a browser session, a refresh token and an access key.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use crate::domain::subject::SubjectKind;
use crate::domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The last sign-ins of a user or robot. Deleted sessions and keys do not count. The server does not note the use of
/// a password by a client that keeps no session.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastSignIn {
    /// The last use of a browser session, to the minute.
    pub browser: Option<Timestamp>,
    /// The last use of a refresh token, to the minute. docker and other clients keep a refresh token.
    pub client: Option<Timestamp>,
    /// The last use of an access key, to the minute.
    pub access_key: Option<Timestamp>,
}

impl Administration {
    /// Finds the last sign-ins of a user or robot.
    pub async fn last_sign_in(
        &self,
        _: &Admin,
        kind: SubjectKind,
        name: &str,
    ) -> Result<LastSignIn, ManageError> {
        let row = self.existing(kind, name).await?;
        let found = self.store.read().await?.last_uses(&row.id).await?;
        Ok(LastSignIn { browser: found.browser, client: found.client, access_key: found.access_key })
    }
}
