//! A parsed request for a token.

use crate::authn::{Credentials, Presented};
use crate::domain::refusal::Cause;
use crate::domain::scope::ScopeList;
use crate::domain::secret::MachineCredential;
use crate::domain::service::ClientId;
use crate::metrics::RequestKind;
use std::net::IpAddr;
use strum::EnumString;

/// The OAuth2 `grant_type` values for which tokens are issued.
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

/// A request for a token.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// The client's credentials.
    pub presented: Presented,
    /// The parameter `service`, as sent. An empty text counts as absent.
    pub service: Option<String>,
    /// The parameter `scope`, parsed.
    pub scopes: ScopeList,
    /// True if the client wants a refresh token.
    pub offline: bool,
    /// The parameter `client_id`, for the log and for a new session.
    pub client_id: ClientId,
    /// The `grant_type` of a POST; `None` for a GET.
    pub grant_type: Option<GrantType>,
    /// The address of the client.
    pub address: Option<IpAddr>,
    /// The id of the request, for the log.
    pub request_id: String,
}

impl TokenRequest {
    /// Returns true if the client presents a password by `grant_type=password`. Returns false for an access key that is
    /// presented in the same way.
    // INTEROP: containerd, BuildKit and helm send every password and access key in this way first.
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

    /// Returns true if the client probably presents a stored login.
    // INTEROP: docker, podman, crane and helm send no scope during a login. A pull or a push has a scope and uses the
    // stored login. A refresh token always comes from a stored login.
    pub(super) fn is_stored_login(&self) -> bool {
        let is_session = matches!(self.presented, Presented::Machine(MachineCredential::RefreshToken(_)));
        is_session || !self.scopes.scopes().is_empty() || self.scopes.has_dropped()
    }

    /// Returns the label of the request in the metrics.
    pub(super) fn kind(&self) -> RequestKind {
        match (&self.presented, self.grant_type) {
            (_, Some(GrantType::Password)) => RequestKind::Password,
            (_, Some(GrantType::RefreshToken)) => RequestKind::RefreshToken,
            (Presented::Nothing, None) => RequestKind::Anonymous,
            (Presented::Server(_), None) => RequestKind::Server,
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
