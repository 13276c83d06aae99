//! Lists the causes of a refusal that the facts do not exclude.

use super::facts::{Facts, LISTED};
use crate::doctor::registry::bundle::{self, KeyTrust};
use crate::doctor::registry::file::line;
use crate::doctor::registry::reception::Refusal;

impl Facts<'_> {
    /// Returns the possible causes in words, the likeliest first, each with its fix.
    pub(super) fn possible_causes(&self) -> Vec<(String, String)> {
        let mut possible = Vec::new();
        if self.has_listed_audience() {
            let (what, fix) = LISTED;
            possible.push((what.to_owned(), fix.to_owned()));
        }
        // For a token without a certificate the registry needs exactly that token's key, so a missing key is
        // likelier than a wrong issuer.
        if self.token.chain.is_empty() {
            possible.extend(self.missing_key());
            possible.extend(self.wrong_issuer());
        } else {
            possible.extend(self.wrong_issuer());
            possible.extend(self.missing_key());
        }
        if let Refusal::Silent(_) = self.refusal
            && !self.is_zot()
        {
            // INTEROP: distribution 3 gives no `error=` for a wrong signature.
            let words = format!("the registry holds a different key under the id `{}`", self.token.key_id());
            possible.push((words, self.trust_fix()));
        }
        if self.token.chain.is_empty() && !self.trials.tried && self.file.is_none() && !self.is_zot() {
            let words = "the registry looks keys up by another form of key id".to_owned();
            possible.push((words, self.key_form().fix.unwrap_or_default()));
        }
        if self.file.is_none() && !self.is_zot() {
            let algorithm = self.token.algorithm();
            let words = format!(
                "the registry is distribution 3, and its `signingalgorithms` does not list {algorithm}"
            );
            possible.push((words, bundle::allow(None, algorithm)));
        }
        if self.clocks.registry.is_none() {
            possible.push((
                "the registry's clock is wrong".to_owned(),
                "`timedatectl set-ntp true` on the registry's machine".to_owned(),
            ));
        }
        possible
    }

    fn wrong_issuer(&self) -> Option<(String, String)> {
        if self.configured_issuer().is_some() || self.is_zot() {
            return None;
        }
        let issuer = self.token.issuer();
        Some((format!("the registry's `issuer` is not `{issuer}`"), line(self.file, "issuer", issuer)))
    }

    fn missing_key(&self) -> Option<(String, String)> {
        let trust = self.trust().unwrap_or_else(|| KeyTrust::Unknown(String::new()));
        let KeyTrust::Unknown(why) = trust else { return None };
        let field = match (self.is_zot(), self.token.chain.is_empty(), self.file) {
            (true, _, _) => "`cert`",
            (_, true, None) => "`jwks` or `rootcertbundle` (`cert` of zot)",
            (_, true, Some(_)) => "`jwks` or `rootcertbundle`",
            (_, false, _) => "`rootcertbundle`",
        };
        let held = self.token.chain.last().map_or_else(
            || format!("the key `{}`", self.token.key_id()),
            |last| format!("`{}`", last.issuer),
        );
        let why = if why.is_empty() { why } else { format!(" ({why})") };
        Some((format!("the registry's {field} does not hold {held}{why}"), self.trust_fix()))
    }
}
