//! Whether what a registry's file trusts fits the key that signed a token.

mod zot;

use super::certificate::Cert;
use super::finding::{Finding, word};
use super::keys::Keys;
use super::registry_file::{RegistryFile, TokenAuth, line};
use super::token::Token;
use serde_json::Value;
use std::path::Path;

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

/// The line that makes a registry trust the token's certificate.
pub(super) fn fix(file: Option<&RegistryFile>, token: &Token, keys: Option<&Keys>, service: &str) -> String {
    if let Some(file) = file.filter(|file| file.is_zot) {
        return zot::fix(file, token, keys, service);
    }
    let ours = keys.filter(|keys| token.chain.first().is_none_or(|leaf| keys.signed(leaf)));
    if let Some(keys) = ours {
        return line(file, "rootcertbundle", &keys.ca.display().to_string());
    }
    let signer = token.chain.last().map_or_else(String::new, |last| format!(" of `{}`", last.issuer));
    let place = file.and_then(RegistryFile::token).and_then(|auth| auth.bundle.as_ref());
    let place = place.map_or_else(
        || "the file that `rootcertbundle:` of the registry's configuration names".to_owned(),
        |bundle| file.map_or(bundle.clone(), |file| file.resolve(bundle)).display().to_string(),
    );
    format!(
        "put the certificate{signer} (`ca.crt` in the keys folder of the token server) into {place}; then restart the registry"
    )
}

/// The bundle by itself: can a registry start with it, and for how long.
pub(super) fn examine_alone(
    file: &RegistryFile,
    keys: Option<&Keys>,
    answers: bool,
    now: i64,
    findings: &mut Vec<Finding>,
) {
    let Some(path) = file.token().and_then(|auth| auth.bundle.as_ref()) else { return };
    let path = file.resolve(path);
    let shown = path.display();
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if answers => {
            findings.push(Finding::note(
                "bundle",
                format!("`{shown}` cannot be read here: {error}"),
                "the registry runs elsewhere or as another user; what it trusts is unknown",
            ));
            return;
        }
        Err(error) => {
            let fix = match keys {
                Some(keys) => line(Some(file), "rootcertbundle", &keys.ca.display().to_string()),
                None => format!("put the token server's `ca.crt` into {shown}; then restart the registry"),
            };
            findings.push(
                Finding::problem(
                    "bundle",
                    format!("`{shown}` cannot be read: {error}"),
                    "a registry does not start without its `rootcertbundle`",
                )
                .fix(fix),
            );
            return;
        }
    };
    let certs = Cert::from_pem(&text);
    let other_key = file.is_zot && zot::Key::read(&text).is_some();
    if certs.is_empty() && !other_key {
        findings.push(
            Finding::problem(
                "bundle",
                format!("`{shown}` holds no certificate in PEM form"),
                "a registry does not start without its `rootcertbundle`, or trusts nobody",
            )
            .fix(format!("put the token server's `ca.crt` into {shown}; then restart the registry")),
        );
    }
    for cert in &certs {
        if cert.is_ed25519 {
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

/// A bundle that verifies tokens only until the token server renews its certificate.
pub(super) fn fragile(file: &RegistryFile, token: &Token, keys: Option<&Keys>) -> Option<Finding> {
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
    Some(Finding::warning("bundle", what, why).fix(fix(Some(file), token, keys, token.audience())))
}

/// Why the registry with this file does not take the key of this token, which it has refused.
pub(super) fn examine(
    file: &RegistryFile,
    token: &Token,
    keys: Option<&Keys>,
    service: &str,
    now: i64,
) -> Trust {
    let Some(auth) = file.token() else { return Trust::Unknown("there is no token section".to_owned()) };
    let fits = |algorithm: &String| algorithm == token.algorithm();
    if !auth.algorithms.is_empty() && !auth.algorithms.iter().any(fits) {
        return no(Finding::problem(
            "key",
            format!("`signingalgorithms` does not allow {}, which tokens are signed with", token.algorithm()),
            "the registry refuses every token",
        )
        .fix(format!(
            "add `- {}` to `signingalgorithms` under auth.token in {}; then restart the registry",
            token.algorithm(),
            file.path.display()
        )));
    }
    let field = if file.is_zot { "cert" } else { "rootcertbundle" };
    match (&auth.bundle, &auth.jwks) {
        (None, None) => no(Finding::problem(
            "bundle",
            format!("the registry's configuration names no `{field}`"),
            "without it no token can be verified",
        )
        .fix(fix(Some(file), token, keys, service))),
        (None, Some(path)) => by_jwks(file, path, token, keys, service),
        (Some(path), _) => match std::fs::read(file.resolve(path)) {
            Err(error) => Trust::Unknown(format!("`{}` cannot be read here: {error}", path.display())),
            Ok(text) if file.is_zot => {
                zot::examine(file, &file.resolve(path).display().to_string(), &text, token, keys, service)
            }
            Ok(text) => by_bundle(file, auth, &text, token, keys, service, now),
        },
    }
}

fn by_jwks(file: &RegistryFile, path: &Path, token: &Token, keys: Option<&Keys>, service: &str) -> Trust {
    if !token.chain.is_empty() {
        return no(Finding::problem(
            "bundle",
            "the registry has a key set (`jwks`) only, but tokens bring a certificate",
            "distribution 3 tries the certificate first and fails without a `rootcertbundle`",
        )
        .fix(fix(Some(file), token, keys, service)));
    }
    let shown = file.resolve(path);
    let set = std::fs::read(&shown).ok();
    let Some(set) = set.and_then(|text| serde_json::from_slice::<Value>(&text).ok()) else {
        return Trust::Unknown(format!("`{}` cannot be read here as a key set", shown.display()));
    };
    let listed = set.get("keys").and_then(Value::as_array).into_iter().flatten();
    let mut ids = listed.filter_map(|key| key.get("kid").and_then(Value::as_str));
    if ids.any(|kid| kid == token.key_id()) {
        return Trust::Yes;
    }
    no(Finding::problem(
        "key",
        format!("`{}` lacks the key `{}`, which tokens are signed with", shown.display(), token.key_id()),
        "the registry finds keys by their id",
    )
    .fix(format!(
        "write the token server's key set (`/.well-known/jwks.json` there) into {}; then restart the registry",
        shown.display()
    )))
}

fn by_bundle(
    file: &RegistryFile,
    auth: &TokenAuth,
    text: &[u8],
    token: &Token,
    keys: Option<&Keys>,
    service: &str,
    now: i64,
) -> Trust {
    let trusted = Cert::from_pem(text);
    let shown = auth.bundle.as_deref().map(|path| file.resolve(path).display().to_string());
    let shown = shown.unwrap_or_default();
    let Some(leaf) = token.chain.first() else {
        return by_key_id(&trusted, &shown, file, token, keys, service);
    };
    let mut current = leaf;
    for next in token.chain.iter().skip(1).map(Some).chain([None]) {
        let root = trusted.iter().find(|root| *root == current || current.is_signed_by(root));
        if let Some(root) = root {
            if root.holds_at(now) {
                return Trust::Yes;
            }
            return no(Finding::problem(
                "bundle",
                format!("the certificate of `{}` in `{shown}` has ended", root.subject),
                "the registry verifies tokens by it",
            )
            .fix(fix(Some(file), token, keys, service)));
        }
        match next {
            Some(next) if current.is_signed_by(next) => current = next,
            _ => break,
        }
    }
    let inside: Vec<String> = trusted.iter().map(|cert| format!("`{}`", cert.subject)).collect();
    let inside = if inside.is_empty() { "no certificate".to_owned() } else { inside.join(", ") };
    no(Finding::problem(
        "bundle",
        format!(
            "`{shown}` does not verify tokens: it holds {inside}, but they are signed under `{}`",
            current.issuer
        ),
        "the registry refuses every token",
    )
    .fix(fix(Some(file), token, keys, service)))
}

/// Without a certificate in the token, the key is looked up by its id.
fn by_key_id(
    trusted: &[Cert],
    shown: &str,
    file: &RegistryFile,
    token: &Token,
    keys: Option<&Keys>,
    service: &str,
) -> Trust {
    let kid = token.key_id();
    if trusted.iter().any(|cert| cert.libtrust() == kid) {
        return no(key_form("the libtrust id", "distribution-3", service, None));
    }
    if trusted.iter().any(|cert| cert.thumbprint().as_deref() == Some(kid)) {
        return no(key_form("the RFC 7638 thumbprint", "distribution-2", service, None));
    }
    no(Finding::problem(
        "bundle",
        format!("`{shown}` does not hold the key `{kid}`, which tokens are signed with"),
        "tokens without a certificate are looked up by the key's id",
    )
    .fix(fix(Some(file), token, keys, service)))
}

/// A registry that knows the key, but looks it up by another id.
pub(super) fn key_form(form: &str, profile: &str, service: &str, accepted: Option<String>) -> Finding {
    let accepted = accepted.map_or(String::new(), |forms| format!("; it takes the same key by {forms}"));
    let what = format!("tokens name their key by {form}, by which the registry does not find it{accepted}");
    let why = "distribution 2.x looks keys up by libtrust ids, 3.1 by RFC 7638 thumbprints, and neither by the other";
    Finding::problem("key", what, why).fix(format!(
        "`portreeve services update --profile {profile} --trust '' --key-id '' -- {}`",
        word(service)
    ))
}
