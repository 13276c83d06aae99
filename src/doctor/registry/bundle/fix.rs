//! Returns the fixes that make a registry trust the key of tokens.

use super::key_set;
use crate::doctor::registry::file::{RegistryFile, line};
use crate::doctor::server::keys::Keys;
use crate::doctor::server::program::Program;
use crate::doctor::token::received::Token;
use crate::domain::shell;
use std::path::PathBuf;

/// Returns the fix that makes a registry trust the key of a token.
pub(in crate::doctor) fn fix(
    file: Option<&RegistryFile>,
    token: &Token,
    keys: Option<&Keys>,
    service: &str,
    program: Program,
) -> String {
    if let Some(file) = file.filter(|file| file.is_zot) {
        return zot_fix(file, token, keys, service, program);
    }
    if token.chain.is_empty() {
        return key_set::fix(file, service, program);
    }
    let ours = keys.filter(|keys| token.chain.first().is_none_or(|leaf| keys.signed(leaf)));
    if let Some(keys) = ours {
        return line(file, "rootcertbundle", &keys.ca.display().to_string());
    }
    let signer = token.chain.last().map_or("", |last| last.issuer.as_str());
    with_authority(file, &format!(" of `{signer}`"))
}

/// The file name of the authority's certificate at a registry.
const OWN_NAME: &str = "portreeve-ca.crt";

/// Returns the fix that gives a registry the authority's certificate, in a file of its own. The file that the
/// registry's configuration names now can have another purpose, such as the registry's own TLS or the keys of the
/// token server.
fn with_authority(file: Option<&RegistryFile>, signer: &str) -> String {
    let Some(file) = file else {
        return format!(
            "`rootcertbundle: \"/PATH/{OWN_NAME}\"` under auth.token in the registry's configuration, with the certificate{signer} (`ca.crt` in the keys folder of the token server) at that path; then restart the registry"
        );
    };
    let named = file.token().and_then(|auth| auth.bundle.as_ref()).map(|path| file.resolve(path));
    let is_free = |path: &PathBuf| path.file_name().is_some_and(|name| name == OWN_NAME);
    let place = named.filter(is_free).unwrap_or_else(|| file.path.with_file_name(OWN_NAME));
    let trust = line(Some(file), "rootcertbundle", &place.display().to_string());
    format!(
        "`cp CA.crt {}`, with the certificate{signer} (`ca.crt` in the keys folder of the token server) as CA.crt; then {trust}",
        shell::path(&place)
    )
}

/// Returns the fix for a registry whose bundle cannot be read, or contains no usable certificate or key.
pub(super) fn put(file: &RegistryFile) -> String {
    if !file.is_zot {
        return with_authority(Some(file), " of the token server's authority");
    }
    format!(
        "name the certificate of the key that signs for this registry as `\"cert\"` under http.auth.bearer in {} (`portreeve services config --write DIR -- NAME` writes that certificate); then restart the registry",
        file.path.display()
    )
}

/// Returns the fix that makes zot verify the token. zot needs the certificate of the key itself, not the
/// certificate of its authority.
fn zot_fix(
    file: &RegistryFile,
    token: &Token,
    keys: Option<&Keys>,
    service: &str,
    program: Program,
) -> String {
    let own = keys.and_then(|keys| {
        let by_leaf = token.chain.first().and_then(|leaf| keys.file_of(leaf));
        by_leaf.or_else(|| keys.named(token.key_id()).map(|(path, _)| path.as_path()))
    });
    if let Some(path) = own {
        return line(Some(file), "rootcertbundle", &path.display().to_string());
    }
    let place = file.path.display();
    let rest = format!("as `\"cert\"` under http.auth.bearer in {place}; then restart the registry");
    let words = format!("name the certificate of the key that signs tokens {rest}");
    let command = format!(
        "`portreeve services config --write DIR -- {}` writes the key's file into DIR: name it {rest}",
        shell::word(service)
    );
    program.advice(&words, &command)
}

/// Returns the fix that makes a registry allow a signature algorithm.
pub(in crate::doctor) fn allow(file: Option<&RegistryFile>, algorithm: &str) -> String {
    let place = file.map_or_else(
        || "the registry's configuration, or leave `signingalgorithms` out".to_owned(),
        |file| file.path.display().to_string(),
    );
    format!(
        "add `- {algorithm}` to `signingalgorithms` under auth.token in {place}; then restart the registry"
    )
}
