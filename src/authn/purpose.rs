//! The credentials that an endpoint accepts, and the place where they are looked up.

use super::identities::Lookup;
use crate::domain::service::ServiceName;

/// The purpose of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// A token for a registry. A refresh token must be for this service. With `None`, the service of the refresh
    /// token counts.
    Token(Option<&'a ServiceName>),
    /// A request to the administration API, which does not accept refresh tokens.
    Administration,
    /// A new browser session, which begins only with a password.
    Browser,
}

impl Purpose<'_> {
    /// Returns the place where account and credential are looked up. Tokens are issued from memory; the
    /// administration API and the pages ask the database each time.
    pub(super) fn lookup(self) -> Lookup {
        match self {
            Self::Token(_) => Lookup::Memory,
            Self::Administration | Self::Browser => Lookup::Database,
        }
    }
}
