//! Writes the text that a start prints for operators: how to configure their registries.

use crate::domain::registry_configuration::{Form, render};
use crate::domain::service::{Issuer, Service};
use crate::domain::shell;
use crate::domain::verifier::Trust;

/// Returns one block for each service, to paste into the configuration of its registry. For a registry that needs
/// a file with the key, the block is a comment with the command to run.
pub(super) fn registry_configuration<'s>(
    realm: &str,
    services: impl Iterator<Item = &'s Service>,
    issuer: &Issuer,
    ca: &std::path::Path,
) -> String {
    let mut text = String::from("# Paste this into the registry's configuration file:");
    for service in services {
        text.push('\n');
        match service.verifier.trust() {
            Trust::Bundle => {
                let told = render(service, realm, issuer, &ca.to_string_lossy(), Form::Yaml);
                text.push_str(&told.map(|told| told.text).unwrap_or_default());
            }
            Trust::Jwks | Trust::Certificate => text.push_str(&format!(
                "# for `{}` ({}): run `portreeve services config{}`\n",
                service.name,
                service.verifier.profile(),
                shell::argument(service.name.as_str())
            )),
        }
    }
    text
}
