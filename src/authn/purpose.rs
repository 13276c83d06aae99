//! What an endpoint accepts as proof, and how fresh that proof must be.

use super::identities::Lookup;
use crate::domain::service::ServiceName;

/// What a caller signs in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// A token for a registry. A refresh token must be for this service; `None` accepts it for the
    /// service that it was made for.
    Token(Option<&'a ServiceName>),
    /// The administration API, which does not accept refresh tokens.
    Administration,
    /// A browser session, which only a password begins.
    Browser,
}

impl Purpose<'_> {
    /// Where the account and the credential are looked up: tokens are issued from memory, the
    /// administration API and the pages ask the database each time.
    pub(super) fn lookup(self) -> Lookup {
        match self {
            Self::Token(_) => Lookup::Memory,
            Self::Administration | Self::Browser => Lookup::Database,
        }
    }
}
