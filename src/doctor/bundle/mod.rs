//! Whether what a registry's file trusts fits the key that signed a token.

mod distribution;
mod key_set;
mod start;
mod zot;

pub(super) use distribution::key_form;
pub(super) use start::examine_log;
pub(super) use zot::verifies;

use super::certificate::Cert;
use super::finding::Finding;
use super::keys::Keys;
use super::registry_file::{RegistryFile, line};
use super::token::Token;
use super::token_server::Program;
use crate::domain::shell;
use std::path::{Path, PathBuf};

/// A bundle warns so long before a certificate in it ends, seconds.
const SOON: i64 = 30 * 86_400;

/// Whether the key of a token is trusted.
pub(super) enum Trust {
    Yes,
    /// It cannot be told, for this reason.
    Unknown(String),
    No(Box<Finding>),
}

fn no(finding: Finding) -> Trust {
    Trust::No(Box::new(finding))
}

/// What makes a registry trust the key of a token.
pub(super) fn fix(
    file: Option<&RegistryFile>,
    token: &Token,
    keys: Option<&Keys>,
    service: &str,
    program: Program,
) -> String {
    if let Some(file) = file.filter(|file| file.is_zot) {
        return zot::fix(file, token, keys, service, program);
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

/// The name that the authority's certificate gets at a registry.
const OWN_NAME: &str = "portreeve-ca.crt";

/// How a registry gets the authority's certificate. What it names now may serve something else (its own
/// TLS, the keys of the token server): the certificate gets a file of its own.
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

/// The file by itself: can a registry start with it, and for how long. `runs` is whether one does.
pub(super) fn examine_alone(
    file: &RegistryFile,
    keys: Option<&Keys>,
    runs: bool,
    now: i64,
    findings: &mut Vec<Finding>,
) {
    if !runs {
        start::examine(file, keys, findings);
    }
    let Some(path) = file.token().and_then(|auth| auth.bundle.as_ref()) else { return };
    let path = file.resolve(path);
    let shown = path.display();
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if runs => {
            findings.push(Finding::note(
                "bundle",
                format!("`{shown}` cannot be read here: {error}"),
                "the registry runs elsewhere or as another user; what it trusts is unknown",
            ));
            return;
        }
        Err(error) => {
            let fix = match keys.filter(|_| !file.is_zot) {
                Some(keys) => line(Some(file), "rootcertbundle", &keys.ca.display().to_string()),
                None => put(file),
            };
            findings.push(
                Finding::problem(
                    "bundle",
                    format!("`{shown}` cannot be read: {error}"),
                    "a registry on this machine does not start without it",
                )
                .fix(fix),
            );
            return;
        }
    };
    let certs = Cert::from_pem(&text);
    let other_key = file.is_zot && zot::Key::read(&text).is_some();
    if certs.is_empty() && !other_key {
        let what = if file.is_zot {
            format!("`{shown}` holds no certificate, public key or key set")
        } else {
            format!("`{shown}` holds no certificate in PEM form")
        };
        let why = "a registry does not start with it, or trusts nobody";
        findings.push(Finding::problem("bundle", what, why).fix(put(file)));
    }
    for cert in &certs {
        if cert.is_ed25519 && !file.is_zot {
            findings.push(Finding::warning(
                "bundle",
                format!("`{shown}` holds the Ed25519 certificate of `{}`", cert.subject),
                "distribution 2.x does not start with such a certificate",
            ));
        }
        if cert.holds_at(now) && !cert.holds_at(now + SOON) {
            findings.push(Finding::warning(
                "bundle",
                format!("the certificate of `{}` in `{shown}` ends within 30 days", cert.subject),
                "then every token is refused",
            ));
        }
    }
}

/// What to give a registry whose file to verify tokens with is none.
fn put(file: &RegistryFile) -> String {
    if !file.is_zot {
        return with_authority(Some(file), " of the token server's authority");
    }
    format!(
        "name the certificate of the key that signs for it as `\"cert\"` under http.auth.bearer in {} (Portreeve writes it: `portreeve services config --write DIR -- NAME`); then restart the registry",
        file.path.display()
    )
}

/// A bundle that verifies tokens only until the token server renews its certificate.
pub(super) fn fragile(
    file: &RegistryFile,
    token: &Token,
    keys: Option<&Keys>,
    program: Program,
) -> Option<Finding> {
    let path = file.token()?.bundle.as_ref().filter(|_| !file.is_zot)?;
    let trusted = Cert::from_pem(&std::fs::read(file.resolve(path)).ok()?);
    let leaf = token.chain.first()?;
    if !trusted.contains(leaf) || trusted.iter().any(|root| root != leaf && leaf.is_signed_by(root)) {
        return None;
    }
    let what = format!(
        "`{}` holds the certificate that tokens bring, not the authority above it",
        file.resolve(path).display()
    );
    let why = "the token server renews that certificate every 60 days; then the registry refuses every token";
    Some(Finding::warning("bundle", what, why).fix(fix(Some(file), token, keys, token.audience(), program)))
}

/// A token that was refused, and the file of the registry that refused it.
pub(super) struct Asked<'a> {
    pub(super) file: &'a RegistryFile,
    pub(super) token: &'a Token,
    pub(super) keys: Option<&'a Keys>,
    pub(super) service: &'a str,
    /// Which program the token server is.
    pub(super) program: Program,
    /// The registry's time, seconds since the epoch.
    pub(super) now: i64,
}

impl Asked<'_> {
    fn fix(&self) -> String {
        fix(Some(self.file), self.token, self.keys, self.service, self.program)
    }

    /// Why the registry does not take the token's key.
    pub(super) fn examine(&self) -> Trust {
        let Some(auth) = self.file.token() else {
            return Trust::Unknown("there is no token section".to_owned());
        };
        let algorithm = self.token.algorithm();
        if !auth.algorithms.is_empty() && !auth.algorithms.iter().any(|allowed| allowed == algorithm) {
            return no(Finding::problem(
                "key",
                format!("`signingalgorithms` does not allow {algorithm}, which tokens are signed with"),
                "the registry refuses every token",
            )
            .fix(allow(Some(self.file), algorithm)));
        }
        let is_zot = self.file.is_zot;
        match (&auth.bundle, &auth.jwks) {
            (None, None) => {
                let field = if is_zot { "cert" } else { "rootcertbundle" };
                no(Finding::problem(
                    "bundle",
                    format!("the registry's configuration names no `{field}`"),
                    "without it no token can be verified",
                )
                .fix(self.fix()))
            }
            (Some(path), _) if is_zot => zot::examine(self, path),
            (bundle, jwks) if self.token.chain.is_empty() => {
                distribution::by_key_id(self, bundle.as_deref(), jwks.as_deref())
            }
            (None, Some(_)) => no(Finding::problem(
                "bundle",
                "the registry has a key set (`jwks`) only, but tokens bring a certificate",
                "distribution 3 tries the certificate first and fails without a `rootcertbundle`",
            )
            .fix(key_set::without_certificate(self.service, self.program, &self.fix()))),
            (Some(path), _) => distribution::by_chain(self, path),
        }
    }
}

/// How a registry comes to allow an algorithm.
pub(super) fn allow(file: Option<&RegistryFile>, algorithm: &str) -> String {
    let place = file.map_or_else(
        || "the registry's configuration, or leave `signingalgorithms` out".to_owned(),
        |file| file.path.display().to_string(),
    );
    format!(
        "add `- {algorithm}` to `signingalgorithms` under auth.token in {place}; then restart the registry"
    )
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Trust {
    Trust::Unknown(format!("`{}` cannot be read here: {error}", path.display()))
}
