//! The discovery document, in which a provider names its endpoints.
// SPEC: OpenID Connect Discovery 1.0; RFC 8414.

use super::call::Caller;
use crate::outbound::{Hosts, safe_address};
use serde::Deserialize;
use url::Url;

/// The fields of the discovery document that this server uses.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Document {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    pub(super) userinfo_endpoint: Option<String>,
    #[serde(default)]
    pub(super) id_token_signing_alg_values_supported: Vec<String>,
    pub(super) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub(super) code_challenge_methods_supported: Option<Vec<String>>,
    pub(super) scopes_supported: Option<Vec<String>>,
    pub(super) claims_supported: Option<Vec<String>>,
    pub(super) response_modes_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// A document whose URLs were checked: the server may call them, except `authorize`, which the browser opens.
#[derive(Debug, Clone)]
pub(super) struct Discovery {
    pub(super) document: Document,
    pub(super) authorize: Url,
    pub(super) token: Url,
    pub(super) keys: Url,
    pub(super) userinfo: Option<Url>,
}

/// Returns the URL of an issuer's discovery document.
// SPEC: OpenID Connect Discovery 1.0 section 4: a slash at the end of the issuer is removed first.
pub(super) fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

/// Reads the discovery document of an issuer. The error says what is wrong and what to do.
pub(super) async fn read(issuer: &str, hosts: &Hosts, caller: &Caller) -> Result<Document, String> {
    let url = hosts.permit(&address(issuer)).map_err(|error| error.to_string())?;
    let body =
        caller.get(url, None).await.map_err(|why| format!("the discovery document cannot be read: {why}"))?;
    let document: Document = serde_json::from_slice(&body).map_err(|error| {
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or_default();
        format!("the discovery document cannot be used: {why}")
    })?;
    if document.issuer == issuer {
        return Ok(document);
    }
    let told: String = document.issuer.chars().filter(|c| !c.is_control()).take(200).collect();
    let slash = told.trim_end_matches('/') == issuer.trim_end_matches('/');
    let advice = if slash { ": they differ in the slash at the end" } else { "" };
    Err(format!(
        "the provider calls itself `{told}`, and `issuer` is `{issuer}`{advice}: set `issuer` to exactly what the provider says"
    ))
}

impl Discovery {
    /// Checks the URLs of the document: all but the authorization endpoint must be URLs that the server may call.
    pub(super) fn of(document: Document, hosts: &Hosts) -> Result<Self, String> {
        let permit = |text: &str| hosts.permit(text).map_err(|error| error.to_string());
        Ok(Self {
            // The browser opens this URL. The server does not call it.
            authorize: safe_address(&document.authorization_endpoint).map_err(|error| error.to_string())?,
            token: permit(&document.token_endpoint)?,
            keys: permit(&document.jwks_uri)?,
            userinfo: document.userinfo_endpoint.as_deref().map(permit).transpose()?,
            document,
        })
    }

    /// Returns the algorithms with which the provider signs ID tokens.
    // SPEC: OpenID Connect Core 1.0 section 3.1.3.7: RS256 if the document names no algorithm.
    pub(super) fn algorithms(&self) -> Vec<String> {
        let said = &self.document.id_token_signing_alg_values_supported;
        if said.is_empty() { vec!["RS256".to_owned()] } else { said.clone() }
    }

    /// Returns true if a client must send its secret in the body, because the provider does not accept it in the
    /// header.
    pub(super) fn wants_secret_in_body(&self) -> bool {
        let methods = self.document.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
        let has = |wanted: &str| methods.iter().any(|method| method == wanted);
        has("client_secret_post") && !has("client_secret_basic")
    }
}
