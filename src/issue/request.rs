//! A request for a token, parsed.

use crate::authn::Credentials;
use crate::domain::refusal::Cause;
use crate::domain::scope::ScopeList;
use crate::domain::secret::MachineCredential;
use crate::domain::service::ClientId;
use crate::metrics::RequestKind;
use std::net::IpAddr;
use strum::EnumString;

/// The `grant_type` of OAuth2, as far as tokens are issued for it.
// SPEC: RFC 6749 sections 4.3.2 and 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum GrantType {
    /// `password`
    Password,
    /// `refresh_token`
    RefreshToken,
}

impl GrantType {
    /// Reads the parameter; `None` for a grant type that is not supported.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// What the client presents.
#[derive(Debug, Clone)]
pub enum Presented {
    /// No credentials at all.
    Nothing,
    /// User name and password, by Basic or by `grant_type=password`.
    Login(Credentials),
    /// A credential of our own making without a user name: by `grant_type=refresh_token`, or an access
    /// key by Bearer.
    Machine(MachineCredential),
    /// Something that cannot be a credential of ours, and why.
    Unusable(Cause),
}

/// A request for a token.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// What the client presents.
    pub presented: Presented,
    /// `service`, as sent; empty counts as absent.
    pub service: Option<String>,
    /// `scope`.
    pub scopes: ScopeList,
    /// Whether a refresh token is wanted.
    pub offline: bool,
    /// `client_id`, for the log.
    pub client_id: ClientId,
    /// `grant_type` of a POST, for the log; a GET has none.
    pub grant_type: Option<GrantType>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The request's id, for the log.
    pub request_id: String,
}

impl TokenRequest {
    /// Whether a password is presented by `grant_type=password`. Access keys are presented that way too.
    // INTEROP: containerd, BuildKit and helm know no other way to present an access key.
    pub(super) fn is_password_grant(&self) -> bool {
        let is_password = |login: &Credentials| {
            let text = std::str::from_utf8(login.password.expose()).unwrap_or_default();
            MachineCredential::parse(text).is_none()
        };
        match (&self.presented, self.grant_type) {
            (Presented::Login(login), Some(GrantType::Password)) => is_password(login),
            _ => false,
        }
    }

    /// What the metrics count it as.
    pub(super) fn kind(&self) -> RequestKind {
        match (&self.presented, self.grant_type) {
            (_, Some(GrantType::Password)) => RequestKind::Password,
            (_, Some(GrantType::RefreshToken)) => RequestKind::RefreshToken,
            (Presented::Nothing, None) => RequestKind::Anonymous,
            (Presented::Login(_), None) => RequestKind::Basic,
            (Presented::Unusable(Cause::MalformedAuthorization), None) => RequestKind::Other,
            (Presented::Machine(_) | Presented::Unusable(_), None) => RequestKind::Bearer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_type_is_read_as_it_is_written() {
        for (text, expected) in [
            ("password", Some(GrantType::Password)),
            ("refresh_token", Some(GrantType::RefreshToken)),
            ("Password", None),
            ("authorization_code", None),
            ("", None),
        ] {
            assert_eq!(GrantType::parse(text), expected, "{text}");
        }
    }
}
