//! Writes the findings for the causes of a refusal.

use super::facts::{Facts, LEEWAY};
use crate::doctor::registry::bundle::{self, KeyTrust};
use crate::doctor::registry::file::line;
use crate::doctor::registry::log::{Reason, RefusalLine};
use crate::doctor::report::finding::Finding;
use crate::domain::shell;
use crate::domain::time::Timestamp;
use crate::token::KeyForm;

impl Facts<'_> {
    pub(super) fn issuer(&self) -> Finding {
        let issuer = self.token.issuer();
        let what = match self.configured_issuer().filter(|configured| *configured != issuer) {
            Some(configured) => {
                format!("the registry expects the issuer `{configured}`, but tokens are issued by `{issuer}`")
            }
            None => format!("the registry does not expect the issuer of the tokens, `{issuer}`"),
        };
        Finding::problem("issuer", what, self.refused_so()).fix(line(self.file, "issuer", issuer))
    }

    pub(super) fn service(&self) -> Finding {
        let audience = self.token.audience();
        let what = format!("the registry is `{}`, but the token is for `{audience}`", self.service);
        Finding::problem("service", what, self.refused_so()).fix(line(self.file, "service", audience))
    }

    pub(super) fn clock(&self, late: bool) -> Finding {
        let (realm, registry) =
            (self.clocks.realm.unwrap_or_default(), self.clocks.registry.unwrap_or_default());
        let what = if realm.abs().max(registry.abs()) <= LEEWAY / 2 {
            format!("the token has {} for the registry", if late { "ended" } else { "not begun" })
        } else {
            self.clocks.blame()
        };
        let why = "a token is valid from 30 s before it is made until some minutes later, by the clock of the token server";
        Finding::problem("clock", what, why).fix(self.clocks.fix())
    }

    pub(super) fn certificate(&self) -> Finding {
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
            "a certificate above the certificate in tokens has ended".to_owned()
        };
        let fix = match self.keys.and_then(|keys| Some((keys, keys.file_of(leaf)?))) {
            Some((keys, file)) if keys.signed(leaf) && keys.has_ca_key => format!(
                "`rm {}`, then restart the token server, which issues a new certificate",
                shell::path(file)
            ),
            Some((_, file)) => format!("put a new certificate of the same key at {}, then restart the token server", file.display()),
            None => self.program.advice(
                "give the token server a new certificate of the key, then restart the token server",
                "remove the signing key's `.crt` from the keys folder of the token server, then restart the token server: if the folder contains `ca.key`, the token server issues a new certificate",
            ),
        };
        Finding::problem(check, what, self.refused_so()).fix(fix)
    }

    pub(super) fn bundle(&self) -> Finding {
        if let Some(KeyTrust::No(finding)) = self.trust() {
            return *finding;
        }
        if self.token.chain.is_empty() {
            return self.unknown_key();
        }
        let signer = self.token.chain.last().map_or("", |last| last.issuer.as_str());
        let what = format!("the registry does not trust the signer of the tokens, `{signer}`");
        Finding::problem("bundle", what, self.refused_so()).fix(self.trust_fix())
    }

    pub(super) fn unknown_key(&self) -> Finding {
        let what = format!(
            "the registry does not hold the key `{}`, which tokens are signed with",
            self.token.key_id()
        );
        Finding::problem("key", what, self.refused_so()).fix(self.trust_fix())
    }

    pub(super) fn algorithm(&self) -> Finding {
        let algorithm = self.token.algorithm();
        let what = format!(
            "the registry refuses tokens that are signed with {algorithm}: its `signingalgorithms` does not list that algorithm"
        );
        Finding::problem("key", what, self.refused_so()).fix(bundle::allow(self.file, algorithm))
    }

    pub(super) fn signature(&self) -> Finding {
        let what =
            format!("the key that the registry holds as `{}` did not sign the token", self.token.key_id());
        Finding::problem("key", what, self.refused_so()).fix(self.trust_fix())
    }

    pub(super) fn key_form(&self) -> Finding {
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
        // The registry knows the key, but not its authority, so the fix adds the authority.
        finding.fix(self.trust_fix())
    }

    /// Returns the finding for a log line which says that the registry has no key with the token's key id.
    /// `is_new` is true if the line comes from distribution 3.
    pub(super) fn key_id(&self, is_new: bool) -> Finding {
        if !self.trials.accepted.is_empty() {
            return self.key_form();
        }
        // With a file or trials, the doctor knows more than the log line says. Otherwise each release looks up keys by
        // one form of id: if the token has that form, the registry has another key.
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

    pub(super) fn of_log(&self, evidence: &RefusalLine) -> Finding {
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
                let what = "the registry's log names the cause of the refusal";
                Finding::problem("acceptance", what, self.refused_so())
            }
        };
        let why = format!("the registry's log says `{}`; {}", evidence.words, finding.why);
        Finding { why, ..finding }
    }
}
