//! Examines the registry's file without a token: can a registry start with it, and how long is its bundle valid?
//! With a token, finds out whether the bundle contains only the token server's own certificate.

use super::fix::{fix, put};
use super::start;
use super::zot::Key;
use crate::doctor::registry::file::{RegistryFile, line};
use crate::doctor::report::finding::Finding;
use crate::doctor::server::keys::Keys;
use crate::doctor::server::program::Program;
use crate::doctor::token::certificate::Cert;
use crate::doctor::token::received::Token;

/// The doctor warns if a certificate in a bundle ends within this time, seconds.
const SOON: i64 = 30 * 86_400;

/// Examines the registry's file and its bundle without a token. `runs` is true if a registry is running.
pub(in crate::doctor) fn examine_alone(
    file: &RegistryFile,
    keys: Option<&Keys>,
    runs: bool,
    now: i64,
) -> Vec<Finding> {
    let mut findings = if runs { Vec::new() } else { start::examine(file, keys) };
    let Some(path) = file.token().and_then(|auth| auth.bundle.as_ref()) else { return findings };
    let path = file.resolve(path);
    let shown = path.display();
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if runs => {
            findings.push(Finding::note(
                "bundle",
                format!("`{shown}` cannot be read here: {error}"),
                "the registry runs elsewhere or as another user; the doctor cannot tell which keys the registry trusts",
            ));
            return findings;
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
                    "a registry on this machine does not start without this file",
                )
                .fix(fix),
            );
            return findings;
        }
    };
    let certs = Cert::from_pem(&text);
    let other_key = file.is_zot && Key::read(&text).is_some();
    if certs.is_empty() && !other_key {
        let what = if file.is_zot {
            format!("`{shown}` holds no certificate, public key or key set")
        } else {
            format!("`{shown}` holds no certificate in PEM form")
        };
        let why = "a registry with this file does not start, or refuses every token";
        findings.push(Finding::problem("bundle", what, why).fix(put(file)));
    }
    for cert in &certs {
        if cert.is_ed25519 && !file.is_zot {
            findings.push(Finding::warning(
                "bundle",
                format!("`{shown}` holds the Ed25519 certificate of `{}`", cert.subject),
                "distribution 2.x does not start with an Ed25519 certificate",
            ));
        }
        if cert.holds_at(now) && !cert.holds_at(now + SOON) {
            findings.push(Finding::warning(
                "bundle",
                format!("the certificate of `{}` in `{shown}` ends within 30 days", cert.subject),
                "from then on the registry refuses the tokens of this certificate",
            ));
        }
    }
    findings
}

/// Returns the finding about a bundle that contains the token server's own certificate instead of the certificate
/// of its authority. Tokens fail as soon as that certificate is renewed.
pub(in crate::doctor) fn fragile(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::finding::Level;
    use std::path::Path;

    #[test]
    fn what_cannot_be_read_here_is_no_fault_of_a_registry_that_runs() {
        let text = "auth: {token: {realm: r, service: s, rootcertbundle: /nonexistent/ca}}";
        let file = RegistryFile::parse(Path::new("/etc/r.yml"), text.to_owned()).unwrap();
        let look = |runs: bool| {
            let findings = examine_alone(&file, None, runs, 0);
            findings.iter().map(|it| (it.check, it.level)).collect::<Vec<_>>()
        };
        assert_eq!(look(true), [("bundle", Level::Note)]);
        // The file has no issuer either, so there is a second finding.
        assert_eq!(look(false), [("config", Level::Problem), ("bundle", Level::Problem)]);
    }
}
