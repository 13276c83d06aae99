//! What a registry's own configuration file has to say, so that it accepts the tokens of a service.

use super::service::{Issuer, Service};
use super::verifier::{Profile, Trust};
use serde_json::{Value, json};

/// The block to paste.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryConfiguration {
    /// `yaml` or `json`.
    pub format: &'static str,
    /// The block.
    pub text: String,
}

/// What a registry is called that is configured like this, with the folder that it usually reads from, and
/// the name of the file that it must hold.
#[must_use]
pub fn usual_place(service: &Service) -> (&'static str, &'static str) {
    let folder = match service.verifier.profile() {
        Profile::Zot => "/etc/zot",
        Profile::Distribution3 => "/etc/distribution",
        Profile::Gitlab => "/etc/gitlab/registry",
        Profile::Distribution2 | Profile::Custom => "/etc/docker/registry",
    };
    let file = match service.verifier.trust() {
        Trust::Bundle => "portreeve-ca.crt",
        Trust::Jwks => "portreeve-jwks.json",
        Trust::Certificate => "portreeve.crt",
    };
    (folder, file)
}

/// The block for a registry that holds what it trusts in `file`.
// SPEC: distribution "Configuring a registry", section `auth`; zot "Authentication", section bearer.
#[must_use]
pub fn render(service: &Service, realm: &str, issuer: &Issuer, file: &str) -> RegistryConfiguration {
    let name = service.name.as_str();
    if service.verifier.profile() == Profile::Zot {
        let bearer = json!({"http": {"auth": {"bearer": {"realm": realm, "service": name, "cert": file}}}});
        let text = serde_json::to_string_pretty(&bearer).unwrap_or_default();
        return RegistryConfiguration { format: "json", text: text + "\n" };
    }
    let holds = match service.verifier.trust() {
        Trust::Jwks => "jwks",
        Trust::Bundle | Trust::Certificate => "rootcertbundle",
    };
    // A JSON string is a YAML string.
    let [realm, name, issuer, file] = [realm, name, issuer.as_str(), file].map(Value::from);
    RegistryConfiguration {
        format: "yaml",
        text: format!(
            "auth:\n  token:\n    realm: {realm}\n    service: {name}\n    issuer: {issuer}\n    {holds}: {file}\n"
        ),
    }
}
