//! Finds the certain causes of a refusal.

use super::facts::{Facts, LISTED};
use crate::doctor::registry::bundle::KeyTrust;
use crate::doctor::report::finding::Finding;

/// The beginnings of the names of signature algorithms that registries accept.
const ALGORITHMS: [&str; 4] = ["ES", "RS", "PS", "EdDSA"];
impl Facts<'_> {
    /// Returns the certain causes. The form of key id and a list as `aud` count only if there is no other cause.
    pub(super) fn certain(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        if self.configured_issuer().is_some_and(|configured| configured != self.token.issuer()) {
            found.push(self.issuer());
        }
        let zot = self.is_zot();
        if !zot && !self.token.is_for(self.service) {
            found.push(self.service());
        }
        let now = self.registry_time();
        if self.is_late() || self.is_early() {
            found.push(self.clock(self.is_late()));
        }
        if !zot && self.token.chain.iter().any(|cert| !cert.holds_at(now)) {
            found.push(self.certificate());
        }
        if !zot && self.token.time("exp").is_none() {
            let what = "the token's `exp` is missing or is not a whole number";
            let why = "every version of distribution refuses such tokens";
            found.push(
                Finding::problem("token", what, why)
                    .fix("let the token server write `exp` as a whole number"),
            );
        }
        let algorithm = self.token.algorithm();
        if !ALGORITHMS.iter().any(|known| algorithm.starts_with(known)) {
            let what = format!("tokens are signed with `{algorithm}`");
            let why = "registries verify signatures with public keys only";
            found.push(
                Finding::problem("key", what, why).fix("let the token server sign with ES256 or RS256"),
            );
        }
        match self.trust() {
            Some(KeyTrust::No(finding)) => found.push(*finding),
            trust if found.is_empty() => {
                if !zot && !self.trials.accepted.is_empty() {
                    found.push(self.key_form());
                } else if matches!(trust, Some(KeyTrust::Yes)) && self.has_listed_audience() {
                    let (what, fix) = LISTED;
                    found.push(
                        Finding::problem(
                            "token",
                            format!("the token's `aud` is a list: {what}"),
                            self.refused_so(),
                        )
                        .fix(fix),
                    );
                }
            }
            _ => {}
        }
        found
    }
}
