//! What distribution verifies tokens with: the authorities of a bundle, and keys by their ids.

use super::super::certificate::Cert;
use super::super::finding::Finding;
use super::super::token_server::Program;
use super::{Asked, Trust, no, unreadable};
use crate::domain::shell;
use serde_json::Value;
use std::path::Path;

/// A token that brings its certificate: is it under an authority of the bundle?
pub(super) fn by_chain(asked: &Asked<'_>, bundle: &Path) -> Trust {
    let path = asked.file.resolve(bundle);
    let trusted = match std::fs::read(&path) {
        Ok(text) => Cert::from_pem(&text),
        Err(error) => return unreadable(&path, &error),
    };
    let shown = path.display();
    let Some(mut current) = asked.token.chain.first() else {
        return Trust::Unknown("the token brings no certificate".to_owned());
    };
    for next in asked.token.chain.iter().skip(1).map(Some).chain([None]) {
        let roots = || trusted.iter().filter(|root| *root == current || current.is_signed_by(root));
        if roots().any(|root| root.holds_at(asked.now)) {
            return Trust::Yes;
        }
        if let Some(root) = roots().next() {
            return no(Finding::problem(
                "bundle",
                format!("the certificate of `{}` in `{shown}` has ended", root.subject),
                "the registry verifies tokens by it",
            )
            .fix(under_an_ended_one(asked)));
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
    .fix(asked.fix()))
}

/// Tokens are signed under an authority that has ended: the token server must have one that holds.
fn under_an_ended_one(asked: &Asked<'_>) -> String {
    let leaf = asked.token.chain.first();
    let Some((keys, leaf)) = asked.keys.zip(leaf).filter(|(keys, _)| keys.has_ca_key) else {
        return format!(
            "let the token server have an authority that holds, and a certificate of it; {}",
            asked.fix()
        );
    };
    let trust = super::line(Some(asked.file), "rootcertbundle", &keys.ca.display().to_string());
    let Some(file) = keys.file_of(leaf) else { return asked.fix() };
    if keys.holds_at(asked.now) {
        return format!(
            "`rm {}`, then restart the token server, which makes it anew; then {trust}",
            shell::path(file)
        );
    }
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    format!(
        "`portreeve keys revoke --replace-ca --yes -- {}` on the machine of the token server, then restart the token server; then {trust}",
        shell::word(&name)
    )
}

/// A token without certificate: its key is looked up by its id, in the bundle and in the key set.
pub(super) fn by_key_id(asked: &Asked<'_>, bundle: Option<&Path>, jwks: Option<&Path>) -> Trust {
    let kid = asked.token.key_id();
    let (mut unread, mut searched) = (None, Vec::new());
    if let Some(path) = jwks.map(|path| asked.file.resolve(path)) {
        let set = std::fs::read(&path).map_err(|error| error.to_string());
        match set.and_then(|text| serde_json::from_slice::<Value>(&text).map_err(|error| error.to_string())) {
            Ok(set) => {
                let listed = set.get("keys").and_then(Value::as_array).into_iter().flatten();
                if listed.filter_map(|key| key.get("kid")?.as_str()).any(|known| known == kid) {
                    return Trust::Yes;
                }
                searched.push(format!("`{}`", path.display()));
            }
            Err(error) => unread = Some(unreadable(&path, &error)),
        }
    }
    if let Some(path) = bundle.map(|path| asked.file.resolve(path)) {
        match std::fs::read(&path).map(|text| Cert::from_pem(&text)) {
            Ok(trusted) => {
                if trusted.iter().any(|cert| cert.libtrust() == kid) {
                    return no(key_form(
                        "the libtrust id",
                        "distribution-3",
                        asked.service,
                        None,
                        asked.program,
                    ));
                }
                if trusted.iter().any(|cert| cert.thumbprint().as_deref() == Some(kid)) {
                    return no(key_form(
                        "the RFC 7638 thumbprint",
                        "distribution-2",
                        asked.service,
                        None,
                        asked.program,
                    ));
                }
                searched.insert(0, format!("`{}`", path.display()));
            }
            Err(error) => unread = unread.or(Some(unreadable(&path, &error))),
        }
    }
    if let Some(unread) = unread {
        return unread;
    }
    let check = if jwks.is_some() { "key" } else { "bundle" };
    let what =
        format!("the key `{kid}`, which tokens are signed with, is not held by {}", searched.join(" or "));
    no(Finding::problem(check, what, "tokens without a certificate are looked up by the key's id")
        .fix(asked.fix()))
}

/// A registry that knows the key, but looks it up by another id.
pub(in super::super) fn key_form(
    form: &str,
    profile: &str,
    service: &str,
    accepted: Option<String>,
    program: Program,
) -> Finding {
    let accepted = accepted.map_or(String::new(), |forms| format!("; it takes the same key by {forms}"));
    let what = format!("tokens name their key by {form}, by which the registry does not find it{accepted}");
    let why = "distribution 2.x looks keys up by libtrust ids, 3.1 by RFC 7638 thumbprints, and neither by the other";
    let other = if profile == "distribution-2" { "libtrust ids" } else { "RFC 7638 thumbprints" };
    let command = format!(
        "`portreeve services update --profile {profile} --trust '' --key-id '' -- {}`",
        shell::word(service)
    );
    let words = format!("let the token server name its keys by {other}, or send their certificate");
    Finding::problem("key", what, why).fix(program.advice(&words, &command))
}
