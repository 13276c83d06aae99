//! From what was seen to the one cause of a refused token; where that cannot be told, to what is
//! not ruled out.

mod config;
mod possible;

pub(super) use config::{compare, contradiction};

use super::acceptance::Refusal;
use super::bundle::{self, Asked, Trust};
use super::clock::Clocks;
use super::finding::Finding;
use super::keys::Keys;
use super::registry_file::{RegistryFile, line};
use super::registry_log::{LogEvidence, Reason, Said};
use super::token::Token;
use super::token_server::Program;
use super::trials::Trials;
use crate::domain::shell;
use crate::domain::time::Timestamp;
use crate::token::KeyForm;

/// What distribution allows clocks to differ, seconds.
const LEEWAY: i64 = 60;
/// How the names of algorithms begin that a registry takes.
const ALGORITHMS: [&str; 4] = ["ES", "RS", "PS", "EdDSA"];
/// What a list as `aud` comes to, and what to do.
const LISTED: (&str, &str) = (
    "it is distribution up to 2.8, which takes no list as `aud`",
    "let the token server write `aud` as one text, or run distribution 3",
);

/// What is known when a registry has refused a token.
pub(super) struct Facts<'a> {
    pub(super) token: &'a Token,
    /// The service of the challenge.
    pub(super) service: &'a str,
    pub(super) file: Option<&'a RegistryFile>,
    pub(super) keys: Option<&'a Keys>,
    pub(super) log: Option<Said>,
    /// How the registry refused the token.
    pub(super) refusal: &'a Refusal,
    /// Which program the token server is.
    pub(super) program: Program,
    pub(super) clocks: Clocks,
    /// Our time, seconds since the epoch.
    pub(super) now: i64,
    /// What the registry takes of tokens made here.
    pub(super) trials: Trials,
}

impl Facts<'_> {
    fn registry_time(&self) -> i64 {
        self.now + self.clocks.registry.unwrap_or_default()
    }

    /// zot looks at neither issuer, audience, certificate nor key id, and allows clocks nothing. Without its
    /// file it is known by its answer.
    fn is_zot(&self) -> bool {
        self.file.map_or(*self.refusal == Refusal::Bare, |file| file.is_zot)
    }

    /// What the registry did, as it was seen.
    fn refused_so(&self) -> String {
        format!(
            "the registry refuses every token ({}), which clients show as `unauthorized: authentication required`",
            self.refusal.words()
        )
    }

    /// What makes the registry trust the token's key.
    fn trust_fix(&self) -> String {
        bundle::fix(self.file, self.token, self.keys, self.service, self.program)
    }

    fn configured_issuer(&self) -> Option<&str> {
        self.file?.token()?.issuer.as_deref()
    }

    fn issuer(&self) -> Finding {
        let issuer = self.token.issuer();
        let what = match self.configured_issuer().filter(|configured| *configured != issuer) {
            Some(configured) => {
                format!("the registry expects the issuer `{configured}`, but tokens are issued by `{issuer}`")
            }
            None => format!("the registry does not expect the issuer of the tokens, `{issuer}`"),
        };
        Finding::problem("issuer", what, self.refused_so()).fix(line(self.file, "issuer", issuer))
    }

    fn service(&self) -> Finding {
        let audience = self.token.audience();
        let what = format!("the registry is `{}`, but the token is for `{audience}`", self.service);
        Finding::problem("service", what, self.refused_so()).fix(line(self.file, "service", audience))
    }

    /// Whether the token has ended by the registry's clock.
    fn is_late(&self) -> bool {
        let leeway = if self.is_zot() { 0 } else { LEEWAY };
        self.token.time("exp").is_some_and(|end| end + leeway < self.registry_time())
    }

    fn is_early(&self) -> bool {
        let (names, leeway): (&[_], _) =
            if self.is_zot() { (&["nbf", "iat"], 0) } else { (&["nbf"], LEEWAY) };
        let begin = names.iter().filter_map(|name| self.token.time(name)).max();
        begin.is_some_and(|begin| begin - leeway > self.registry_time())
    }

    fn clock(&self, late: bool) -> Finding {
        let (realm, registry) =
            (self.clocks.realm.unwrap_or_default(), self.clocks.registry.unwrap_or_default());
        let what = if realm.abs().max(registry.abs()) <= LEEWAY / 2 {
            format!("the token has {} for the registry", if late { "ended" } else { "not begun" })
        } else {
            self.clocks.blame()
        };
        let why = "a token holds from 30 s before it is made until some minutes later, by the clock of the token server";
        Finding::problem("clock", what, why).fix(self.clocks.fix())
    }

    fn certificate(&self) -> Finding {
        let leaf = self.token.chain.iter().find(|cert| !cert.holds_at(self.registry_time()));
        let (Some(leaf), check) = (leaf.or(self.token.chain.first()), "certificate") else {
            return self.bundle();
        };
        let what = if leaf.not_after < self.registry_time() {
            format!("the certificate that tokens bring ended at {}", Timestamp::from_seconds(leaf.not_after))
        } else if leaf.not_before > self.registry_time() {
            format!(
                "the certificate that tokens bring begins only at {}",
                Timestamp::from_seconds(leaf.not_before)
            )
        } else {
            "a certificate above the one that tokens bring has ended".to_owned()
        };
        let fix = match self.keys.and_then(|keys| Some((keys, keys.file_of(leaf)?))) {
            Some((keys, file)) if keys.signed(leaf) && keys.has_ca_key => format!(
                "`rm {}`, then restart the token server, which issues a new one",
                shell::path(file)
            ),
            Some((_, file)) => format!("bring a new certificate of the same key as {}, then restart the token server", file.display()),
            None => self.program.advice(
                "bring a new certificate of the key to the token server, and restart it",
                "remove the signing key's `.crt` from the keys folder of the token server and restart it: with `ca.key` beside it, it issues a new one",
            ),
        };
        Finding::problem(check, what, self.refused_so()).fix(fix)
    }

    fn bundle(&self) -> Finding {
        if let Some(Trust::No(finding)) = self.trust() {
            return *finding;
        }
        if self.token.chain.is_empty() {
            return self.unknown_key();
        }
        let signer = self.token.chain.last().map_or("", |last| last.issuer.as_str());
        let what = format!("the registry does not trust the signer of the tokens, `{signer}`");
        Finding::problem("bundle", what, self.refused_so()).fix(self.trust_fix())
    }

    fn unknown_key(&self) -> Finding {
        let what = format!(
            "the registry does not hold the key `{}`, which tokens are signed with",
            self.token.key_id()
        );
        Finding::problem("key", what, self.refused_so()).fix(self.trust_fix())
    }

    fn algorithm(&self) -> Finding {
        let algorithm = self.token.algorithm();
        let what = format!(
            "the registry does not take tokens that are signed with {algorithm}: its `signingalgorithms` does not list it"
        );
        Finding::problem("key", what, self.refused_so()).fix(bundle::allow(self.file, algorithm))
    }

    fn signature(&self) -> Finding {
        let what =
            format!("the key that the registry holds as `{}` did not sign the token", self.token.key_id());
        Finding::problem("key", what, self.refused_so()).fix(self.trust_fix())
    }

    fn key_form(&self) -> Finding {
        let accepted = Some(self.trials.words()).filter(|words| !words.is_empty());
        let form = if !self.token.chain.is_empty() {
            "their certificate"
        } else if self.token.key_id().contains(':') {
            "the libtrust id"
        } else {
            "the RFC 7638 thumbprint"
        };
        let newer = if self.trials.accepted.is_empty() {
            form == "the libtrust id"
        } else {
            self.trials.has(KeyForm::Thumbprint)
        };
        let profile = if newer { "distribution-3" } else { "distribution-2" };
        let finding = bundle::key_form(form, profile, self.service, accepted, self.program);
        if self.token.chain.is_empty() {
            return finding;
        }
        // The key is known, the authority above it is not.
        finding.fix(self.trust_fix())
    }

    /// No key has the token's key id, by the log of an older or a newer distribution.
    fn key_id(&self, is_new: bool) -> Finding {
        if !self.trials.accepted.is_empty() {
            return self.key_form();
        }
        // Either looks keys up by the form that it knows: then it holds another key.
        if self.file.is_some() || self.trials.tried || is_new != self.token.key_id().contains(':') {
            return self.bundle();
        }
        let form = self.key_form();
        let fix = format!(
            "{}; if the registry holds another key: {}",
            form.fix.clone().unwrap_or_default(),
            self.trust_fix()
        );
        form.fix(fix)
    }

    fn of_log(&self, evidence: &LogEvidence) -> Finding {
        let finding = match evidence.reason {
            Reason::Issuer => self.issuer(),
            Reason::Service => self.service(),
            Reason::Late => self.clock(true),
            Reason::Early => self.clock(false),
            Reason::CertificateEnded => self.certificate(),
            Reason::UnknownAuthority => self.bundle(),
            Reason::UnknownKey { is_new } => self.key_id(is_new),
            Reason::Algorithm => self.algorithm(),
            Reason::Signature => self.signature(),
            Reason::Other => {
                let what = "the registry refuses the token for a cause that its log tells";
                Finding::problem("acceptance", what, self.refused_so())
            }
        };
        let why = format!("its log says `{}`; {}", evidence.words, finding.why);
        Finding { why, ..finding }
    }

    /// What certainly makes a registry refuse the token, in the order in which it looks.
    fn certain(&self) -> Vec<Finding> {
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
            let what = "`exp` of the token is missing, or not a whole number";
            let why = "every version of distribution refuses such tokens";
            found.push(
                Finding::problem("token", what, why)
                    .fix("let the token server write `exp` as a whole number"),
            );
        }
        let algorithm = self.token.algorithm();
        if !ALGORITHMS.iter().any(|known| algorithm.starts_with(known)) {
            let what = format!("tokens are signed with `{algorithm}`");
            let why = "registries know signatures by public keys alone";
            found.push(
                Finding::problem("key", what, why).fix("let the token server sign with ES256 or RS256"),
            );
        }
        match self.trust() {
            Some(Trust::No(finding)) => found.push(*finding),
            trust if found.is_empty() => {
                if !zot && !self.trials.accepted.is_empty() {
                    found.push(self.key_form());
                } else if matches!(trust, Some(Trust::Yes)) && self.has_listed_audience() {
                    let (what, fix) = LISTED;
                    found.push(
                        Finding::problem(
                            "token",
                            format!("`aud` of the token is a list: {what}"),
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

    /// Whether the registry's file trusts the token's key.
    fn trust(&self) -> Option<Trust> {
        let (token, keys, service, program) = (self.token, self.keys, self.service, self.program);
        Some(Asked { file: self.file?, token, keys, service, program, now: self.registry_time() }.examine())
    }

    /// A list as `aud`, at a registry that is not known to take it.
    fn has_listed_audience(&self) -> bool {
        let auth = self.file.and_then(RegistryFile::token);
        let is_new = auth.is_some_and(|auth| auth.jwks.is_some() || !auth.algorithms.is_empty());
        self.token.audience().is_empty() && self.token.is_for(self.service) && !is_new && !self.is_zot()
    }

    /// Whether an older line of the log can be true of this token.
    fn may_be(&self, reason: &Reason) -> bool {
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

    /// The findings about a token that was refused.
    pub(super) fn refused(&self) -> Vec<Finding> {
        let mut certain = self.certain();
        if let Some(Said::Reason(evidence)) = &self.log
            && (evidence.reason != Reason::Other || certain.is_empty())
        {
            let told = self.of_log(evidence);
            // A file that says the same is in force, and so is what the registry would look at next.
            let same = certain.iter().position(|finding| finding.check == told.check);
            certain.drain(..same.map_or(certain.len(), |index| index + 1));
            certain.insert(0, told);
        }
        if !certain.is_empty() {
            return certain;
        }
        let open = self.possible_causes();
        if let (Some(file), []) = (self.file, open.as_slice()) {
            return vec![config::not_in_force(file, &self.refused_so())];
        }
        let mut older = None;
        if let Some(Said::Older(evidence)) = &self.log {
            let time = evidence.time.as_ref().map_or(String::new(), |time| format!(", of {time}"));
            if self.may_be(&evidence.reason) {
                let mut finding = self.of_log(evidence);
                finding.why =
                    format!("its log says so in an older line{time}, of another token; {}", finding.why);
                return vec![finding];
            }
            older = Some(format!("the last refusal in its log is older{time}, and had another cause"));
        }
        let number = |(index, text): (usize, &String)| format!("({}) {text}", index + 1);
        let list = |part: Vec<String>| part.iter().enumerate().map(number).collect::<Vec<_>>().join("; ");
        let words = open.iter().map(|(words, _)| words.clone()).collect();
        let fixes = open.iter().map(|(_, fix)| fix.clone()).collect();
        let more = match (&self.log, self.file) {
            (Some(Said::Refused), _) => "its log tells why only at `log: {level: info}`",
            (_, None) if self.is_zot() => "with --registry-config the cause can be named",
            (_, None) => "with --registry-config or --registry-log the cause can be named",
            _ => "with --registry-log the cause can be named",
        };
        let more = older.as_deref().unwrap_or(more);
        vec![
            Finding::problem(
                "acceptance",
                format!("the registry refuses the token ({})", self.refusal.words()),
                format!(
                    "from here these look alike and are not ruled out, the likeliest first: {}. {more}",
                    list(words)
                ),
            )
            .fix(list(fixes)),
        ]
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
