//! Trials with the server's own keys: which form of key a registry accepts.
//!
//! The tokens are made here, grant nothing, and are for this one question.

use super::Case;
use super::acceptance::{Taken, offer};
use super::bundle;
use super::registry::Reached;
use super::token::Token;
use crate::domain::access::Access;
use crate::domain::claims::{AccessClaims, ConstantClaims, Validity};
use crate::domain::service::{Issuer, ServiceName};
use crate::domain::time::{Timestamp, Ttl};
use crate::token::{KeyForm, Probe};

/// The forms that were accepted, of those that were tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Trials {
    pub(super) tried: bool,
    pub(super) accepted: Vec<KeyForm>,
}

impl Trials {
    /// Whether a form was accepted.
    pub(super) fn has(&self, form: KeyForm) -> bool {
        self.accepted.contains(&form)
    }

    /// What was accepted, in words.
    pub(super) fn words(&self) -> String {
        let word = |form: &KeyForm| match form {
            KeyForm::X5c => "its certificate",
            KeyForm::Libtrust => "its libtrust id",
            KeyForm::Thumbprint => "its RFC 7638 thumbprint",
        };
        self.accepted.iter().map(word).collect::<Vec<_>>().join(" or ")
    }
}

fn sign(probe: &Probe, issuer: &str, service: &str, now: Timestamp) -> Option<Token> {
    let constant = ConstantClaims::new(&Issuer::parse(issuer).ok()?, &ServiceName::parse(service).ok()?);
    let validity = Validity::new(now, Ttl::DEFAULT, None);
    let claims = AccessClaims::new(&constant, "", validity, "portreeve-doctor".to_owned(), Access::default());
    Token::decode(&probe.sign(&claims).ok()?)
}

/// A token made here, which brings its certificate if the key has one. For zot it is made with the key that
/// zot holds, because a service of zot has a key of its own.
pub(super) fn token(case: &Case<'_>, issuer: &str, service: &str) -> Option<Token> {
    let keys = case.keys.as_ref()?;
    let probe = match case.file.as_ref().filter(|file| file.is_zot) {
        Some(file) => {
            let name = bundle::verifies(file, keys)?.file_stem()?;
            keys.probes.iter().find(|probe| name == probe.key.as_str())
        }
        None => keys.probes.first(),
    };
    sign(probe?, issuer, service, case.options.clock.now())
}

/// Offers tokens like the one that was refused, in every form: of its key, if that is among ours, else
/// of every key that signs.
pub(super) async fn run(
    case: &Case<'_>,
    registry: &Reached,
    refused: &Token,
    service: &str,
    now: Timestamp,
) -> Trials {
    let mut trials = Trials::default();
    let Some(keys) = &case.keys else { return trials };
    let made =
        keys.probes.iter().filter_map(|probe| Some((probe, sign(probe, refused.issuer(), service, now)?)));
    let made: Vec<_> = made.collect();
    let own = made.iter().find(|(_, token)| token.key_id() == refused.key_id()).map(|(probe, _)| &probe.key);
    for (probe, token) in made.iter().filter(|(probe, _)| own.is_none_or(|own| *own == probe.key)) {
        trials.tried = true;
        let taken = offer(case, registry, &token.raw, true).await;
        if taken == Taken::Accepted && !trials.has(probe.form) {
            trials.accepted.push(probe.form);
        }
    }
    trials
}
