//! Decides whether a registry trusts the key of a token, by the rules of each kind of registry.

use super::fix::allow;
use super::question::{KeyQuestion, KeyTrust};
use super::{distribution, key_set, zot};
use crate::doctor::report::finding::Finding;

/// Decides whether the registry trusts the token's key.
pub(in crate::doctor) fn examine(asked: &KeyQuestion<'_>) -> KeyTrust {
    let Some(auth) = asked.file.token() else {
        return KeyTrust::Unknown("the registry's file has no token section".to_owned());
    };
    let algorithm = asked.token.algorithm();
    if !auth.algorithms.is_empty() && !auth.algorithms.iter().any(|allowed| allowed == algorithm) {
        return KeyTrust::no(
            Finding::problem(
                "key",
                format!("`signingalgorithms` does not allow {algorithm}, which tokens are signed with"),
                "the registry refuses every token",
            )
            .fix(allow(Some(asked.file), algorithm)),
        );
    }
    let is_zot = asked.file.is_zot;
    match (&auth.bundle, &auth.jwks) {
        (None, None) => {
            let field = if is_zot { "cert" } else { "rootcertbundle" };
            KeyTrust::no(
                Finding::problem(
                    "bundle",
                    format!("the registry's configuration names no `{field}`"),
                    "without that file the registry cannot verify tokens",
                )
                .fix(asked.fix()),
            )
        }
        (Some(path), _) if is_zot => zot::examine(asked, path),
        (bundle, jwks) if asked.token.chain.is_empty() => {
            distribution::by_key_id(asked, bundle.as_deref(), jwks.as_deref())
        }
        (None, Some(_)) => KeyTrust::no(
            Finding::problem(
                "bundle",
                "the registry has a key set (`jwks`) only, but tokens bring a certificate",
                "distribution 3 tries the certificate first and fails without a `rootcertbundle`",
            )
            .fix(key_set::without_certificate(asked.service, asked.program, &asked.fix())),
        ),
        (Some(path), _) => distribution::by_chain(asked, path),
    }
}
