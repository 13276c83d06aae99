//! The URL to which the browser is sent.

use super::discovery::Discovery;
use crate::domain::identity::{ProviderSettings, is_entra};
use url::Url;

impl Discovery {
    /// Returns true if the provider announces the response mode `query`.
    pub(super) fn sends_in_query(&self) -> bool {
        let modes = self.document.response_modes_supported.as_deref().unwrap_or_default();
        modes.iter().any(|mode| mode == "query")
    }
}

/// Returns the URL of a sign-in, with its state, nonce and PKCE challenge. If `with_mode` is true, the URL names the
/// response mode `query`, which is the default of the code flow. The cookie needs this mode, because `SameSite=Lax`
/// sends the cookie only with a GET.
// SPEC: OpenID Connect Core 1.0 section 3.1.2.1; RFC 7636 section 4.3.
#[must_use]
pub(super) fn authorize_url(
    mut endpoint: Url,
    settings: &ProviderSettings,
    redirect_uri: &str,
    (state, nonce, challenge): (&str, &str, &str),
    with_mode: bool,
) -> Url {
    let mut query = endpoint.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &settings.client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", &settings.scopes.join(" "))
        .append_pair("state", state)
        .append_pair("nonce", nonce)
        .append_pair("code_challenge", challenge)
        .append_pair("code_challenge_method", "S256");
    if with_mode {
        query.append_pair("response_mode", "query");
    }
    // SPEC: OpenID Connect Core 1.0 section 11: without consent a provider may return no refresh token.
    // INTEROP: Entra returns a refresh token without consent. With this parameter it asks people for a consent that
    // only an administrator may give.
    if !is_entra(&settings.issuer) && settings.scopes.iter().any(|scope| scope == "offline_access") {
        query.append_pair("prompt", "consent");
    }
    drop(query);
    endpoint
}
