//! When somebody last signed in, as far as what they sign in with tells.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use crate::domain::subject::SubjectKind;
use crate::domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// When somebody last signed in. Sessions and keys that are gone are not counted, and passwords of clients that keep
/// no session are not noted anywhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastSignIn {
    /// The last use of a browser session, to the minute.
    pub browser: Option<Timestamp>,
    /// The last use of a refresh token, to the minute: that is what docker keeps.
    pub client: Option<Timestamp>,
    /// The last use of an access key, to the minute.
    pub access_key: Option<Timestamp>,
}

impl Administration {
    /// When a user or robot last signed in.
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
