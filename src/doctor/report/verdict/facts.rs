//! The facts about a refused token.

use crate::doctor::registry::bundle::{self, KeyQuestion, KeyTrust};
use crate::doctor::registry::file::RegistryFile;
use crate::doctor::registry::log::{LogEvidence, Reason};
use crate::doctor::registry::reception::Refusal;
use crate::doctor::server::keys::Keys;
use crate::doctor::server::program::Program;
use crate::doctor::token::clocks::Clocks;
use crate::doctor::token::received::Token;
use crate::doctor::token::trials::Trials;

/// The clock difference that distribution allows, seconds.
pub(super) const LEEWAY: i64 = 60;
/// The cause and the fix if a registry refuses a list as `aud`.
pub(super) const LISTED: (&str, &str) = (
    "the registry is distribution up to 2.8, which refuses a list as `aud`",
    "let the token server write `aud` as one text, or run distribution 3",
);

/// The facts about a token that the registry refused.
pub(in crate::doctor) struct Facts<'a> {
    pub(in crate::doctor) token: &'a Token,
    /// The service in the registry's challenge.
    pub(in crate::doctor) service: &'a str,
    pub(in crate::doctor) file: Option<&'a RegistryFile>,
    pub(in crate::doctor) keys: Option<&'a Keys>,
    pub(in crate::doctor) log: Option<LogEvidence>,
    /// The form of the registry's refusal.
    pub(in crate::doctor) refusal: &'a Refusal,
    /// The program of the token server.
    pub(in crate::doctor) program: Program,
    pub(in crate::doctor) clocks: Clocks,
    /// The doctor's time, seconds since the epoch.
    pub(in crate::doctor) now: i64,
    /// The results of the trials with tokens that the doctor signed.
    pub(in crate::doctor) trials: Trials,
}

impl Facts<'_> {
    pub(super) fn registry_time(&self) -> i64 {
        self.now + self.clocks.registry.unwrap_or_default()
    }

    /// Returns true if the registry is zot. zot checks neither issuer, audience, certificate nor key id, and
    /// allows no clock difference. Without the registry's file, the refusal tells: only zot refuses without a
    /// challenge.
    pub(super) fn is_zot(&self) -> bool {
        self.file.map_or(*self.refusal == Refusal::Bare, |file| file.is_zot)
    }

    /// Returns the words that the registry refuses every token, with the form of the refusal.
    pub(super) fn refused_so(&self) -> String {
        format!(
            "the registry refuses every token ({}), which clients show as `unauthorized: authentication required`",
            self.refusal.words()
        )
    }

    /// Returns the fix that makes the registry trust the token's key.
    pub(super) fn trust_fix(&self) -> String {
        bundle::fix(self.file, self.token, self.keys, self.service, self.program)
    }

    pub(super) fn configured_issuer(&self) -> Option<&str> {
        self.file?.token()?.issuer.as_deref()
    }

    /// Returns true if the token has ended according to the registry's clock. distribution accepts a token for
    /// another [`LEEWAY`].
    pub(super) fn is_late(&self) -> bool {
        let leeway = if self.is_zot() { 0 } else { LEEWAY };
        self.token.time("exp").is_some_and(|end| end + leeway < self.registry_time())
    }

    pub(super) fn is_early(&self) -> bool {
        let (names, leeway): (&[_], _) =
            if self.is_zot() { (&["nbf", "iat"], 0) } else { (&["nbf"], LEEWAY) };
        let begin = names.iter().filter_map(|name| self.token.time(name)).max();
        begin.is_some_and(|begin| begin - leeway > self.registry_time())
    }

    /// Decides whether the registry's file trusts the token's key. Returns `None` without a file.
    pub(super) fn trust(&self) -> Option<KeyTrust> {
        let (token, keys, service, program) = (self.token, self.keys, self.service, self.program);
        let asked =
            KeyQuestion { file: self.file?, token, keys, service, program, now: self.registry_time() };
        Some(bundle::examine_trust(&asked))
    }

    /// Returns true if `aud` of the token is a list with the service, and the registry is perhaps an old release,
    /// which refuses lists.
    pub(super) fn has_listed_audience(&self) -> bool {
        let auth = self.file.and_then(RegistryFile::token);
        let is_new = auth.is_some_and(|auth| auth.jwks.is_some() || !auth.algorithms.is_empty());
        self.token.audience().is_empty() && self.token.is_for(self.service) && !is_new && !self.is_zot()
    }

    /// Returns true if the cause in an older log line is also possible for this refusal.
    pub(super) fn may_be(&self, reason: &Reason) -> bool {
        match reason {
            Reason::Issuer => self.configured_issuer().is_none_or(|issuer| issuer != self.token.issuer()),
            Reason::Service => !self.token.is_for(self.service),
            Reason::Late | Reason::Early => self.clocks.registry.is_none(),
            Reason::CertificateEnded => false,
            Reason::UnknownAuthority => !self.token.chain.is_empty(),
            Reason::UnknownKey { .. } => self.token.chain.is_empty(),
            Reason::Algorithm => self.file.is_none(),
            Reason::Signature | Reason::Other => true,
        }
    }
}
