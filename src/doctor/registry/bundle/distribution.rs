//! Decides whether distribution trusts the key of a token: by an authority in its bundle, or by the key's id.

use super::question::{KeyQuestion, KeyTrust};
use crate::doctor::registry::file::line;
use crate::doctor::report::finding::Finding;
use crate::doctor::server::program::Program;
use crate::doctor::token::certificate::Cert;
use crate::domain::shell;
use serde_json::Value;
use std::path::Path;

/// Decides whether the bundle contains the certificate in a token, or an authority above it.
pub(in crate::doctor) fn by_chain(asked: &KeyQuestion<'_>, bundle: &Path) -> KeyTrust {
    let path = asked.file.resolve(bundle);
    let trusted = match std::fs::read(&path) {
        Ok(text) => Cert::from_pem(&text),
        Err(error) => return KeyTrust::unreadable(&path, &error),
    };
    let shown = path.display();
    let Some(mut current) = asked.token.chain.first() else {
        return KeyTrust::Unknown("the token brings no certificate".to_owned());
    };
    for next in asked.token.chain.iter().skip(1).map(Some).chain([None]) {
        let roots = || trusted.iter().filter(|root| *root == current || current.is_signed_by(root));
        if roots().any(|root| root.holds_at(asked.now)) {
            return KeyTrust::Yes;
        }
        if let Some(root) = roots().next() {
            return KeyTrust::no(
                Finding::problem(
                    "bundle",
                    format!("the certificate of `{}` in `{shown}` has ended", root.subject),
                    "the registry verifies tokens with this certificate",
                )
                .fix(under_an_ended_one(asked)),
            );
        }
        match next {
            Some(next) if current.is_signed_by(next) => current = next,
            _ => break,
        }
    }
    let inside: Vec<String> = trusted.iter().map(|cert| format!("`{}`", cert.subject)).collect();
    let inside = if inside.is_empty() { "no certificate".to_owned() } else { inside.join(", ") };
    KeyTrust::no(
        Finding::problem(
            "bundle",
            format!(
                "`{shown}` does not verify tokens: it holds {inside}, but tokens are signed under `{}`",
                current.issuer
            ),
            "the registry refuses every token",
        )
        .fix(asked.fix()),
    )
}

/// Returns the fix for tokens under an expired authority: the token server needs a certificate from a valid
/// authority.
fn under_an_ended_one(asked: &KeyQuestion<'_>) -> String {
    let leaf = asked.token.chain.first();
    let Some((keys, leaf)) = asked.keys.zip(leaf).filter(|(keys, _)| keys.has_ca_key) else {
        return format!(
            "give the token server a valid authority, and a certificate that this authority signed; {}",
            asked.fix()
        );
    };
    let trust = line(Some(asked.file), "rootcertbundle", &keys.ca.display().to_string());
    let Some(file) = keys.file_of(leaf) else { return asked.fix() };
    if keys.holds_at(asked.now) {
        return format!(
            "`rm {}`, then restart the token server, which makes a new certificate; then {trust}",
            shell::path(file)
        );
    }
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    format!(
        "`portreeve keys revoke --replace-ca --yes -- {}` on the machine of the token server, then restart the token server; then {trust}",
        shell::word(&name)
    )
}

/// Looks for the key of a token without a certificate by its id: in the bundle, and in the key set. If only the
/// bundle has the key, the answer is `No`: the doctor concludes that the registry looks up keys by another form of
/// id.
pub(in crate::doctor) fn by_key_id(
    asked: &KeyQuestion<'_>,
    bundle: Option<&Path>,
    jwks: Option<&Path>,
) -> KeyTrust {
    let kid = asked.token.key_id();
    let (mut unread, mut searched) = (None, Vec::new());
    if let Some(path) = jwks.map(|path| asked.file.resolve(path)) {
        let set = std::fs::read(&path).map_err(|error| error.to_string());
        match set.and_then(|text| serde_json::from_slice::<Value>(&text).map_err(|error| error.to_string())) {
            Ok(set) => {
                let listed = set.get("keys").and_then(Value::as_array).into_iter().flatten();
                if listed.filter_map(|key| key.get("kid")?.as_str()).any(|known| known == kid) {
                    return KeyTrust::Yes;
                }
                searched.push(format!("`{}`", path.display()));
            }
            Err(error) => unread = Some(KeyTrust::unreadable(&path, &error)),
        }
    }
    if let Some(path) = bundle.map(|path| asked.file.resolve(path)) {
        match std::fs::read(&path).map(|text| Cert::from_pem(&text)) {
            Ok(trusted) => {
                if trusted.iter().any(|cert| cert.libtrust() == kid) {
                    return KeyTrust::no(key_form(
                        "the libtrust id",
                        "distribution-3",
                        asked.service,
                        None,
                        asked.program,
                    ));
                }
                if trusted.iter().any(|cert| cert.thumbprint().as_deref() == Some(kid)) {
                    return KeyTrust::no(key_form(
                        "the RFC 7638 thumbprint",
                        "distribution-2",
                        asked.service,
                        None,
                        asked.program,
                    ));
                }
                searched.insert(0, format!("`{}`", path.display()));
            }
            Err(error) => unread = unread.or(Some(KeyTrust::unreadable(&path, &error))),
        }
    }
    if let Some(unread) = unread {
        return unread;
    }
    let check = if jwks.is_some() { "key" } else { "bundle" };
    let what =
        format!("the key `{kid}`, which tokens are signed with, is not held by {}", searched.join(" or "));
    KeyTrust::no(
        Finding::problem(
            check,
            what,
            "the registry looks up the key of a token without a certificate by the key's id",
        )
        .fix(asked.fix()),
    )
}

/// Returns the finding that the registry finds keys by another form of key id than the token has.
pub(in crate::doctor) fn key_form(
    form: &str,
    profile: &str,
    service: &str,
    accepted: Option<String>,
    program: Program,
) -> Finding {
    let accepted =
        accepted.map_or(String::new(), |forms| format!("; the registry accepts the same key by {forms}"));
    let what =
        format!("tokens name their key by {form}, and the registry finds no key by that form{accepted}");
    let why = "distribution 2.x looks keys up only by libtrust ids, and 3.1 only by RFC 7638 thumbprints";
    let other = if profile == "distribution-2" { "libtrust ids" } else { "RFC 7638 thumbprints" };
    let command = format!(
        "`portreeve services update --profile {profile} --trust '' --key-id '' -- {}`",
        shell::word(service)
    );
    let words = format!("let the token server name its keys by {other}, or send their certificate");
    Finding::problem("key", what, why).fix(program.advice(&words, &command))
}
