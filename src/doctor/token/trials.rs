//! Tries which form of key a registry accepts, with tokens that the doctor signs with the server's own keys.
//!
//! These tokens grant nothing. The doctor offers them only to the registry.

use super::bearer::Bearer;
use super::received::{ReceivedToken, Token};
use crate::doctor::docker::client::Client;
use crate::doctor::registry::bundle;
use crate::doctor::registry::configuration::Configuration;
use crate::doctor::registry::file::RegistryFile;
use crate::doctor::registry::reach::LiveRegistry;
use crate::doctor::registry::reception::{Reception, offer};
use crate::doctor::report::finding::{Examined, Finding};
use crate::doctor::server::keys::Keys;
use crate::domain::access::Access;
use crate::domain::claims::{AccessClaims, ConstantClaims, Validity};
use crate::domain::service::{Issuer, ServiceName};
use crate::domain::time::{Timestamp, Ttl};
use crate::token::{KeyForm, Probe};

/// The results of the trials. `tried` is true if the doctor offered a token. `accepted` contains the forms of
/// keys that the registry accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::doctor) struct Trials {
    pub(in crate::doctor) tried: bool,
    pub(in crate::doctor) accepted: Vec<KeyForm>,
}

impl Trials {
    /// Returns true if a form was accepted.
    pub(in crate::doctor) fn has(&self, form: KeyForm) -> bool {
        self.accepted.contains(&form)
    }

    /// Returns the accepted forms, in words.
    pub(in crate::doctor) fn words(&self) -> String {
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

/// Signs a token. The token contains a certificate if the key has one. For zot, the token must be signed with
/// the key in zot's file, because each service of zot has a key of its own.
fn token(
    keys: &Keys,
    file: Option<&RegistryFile>,
    issuer: &str,
    service: &str,
    now: Timestamp,
) -> Option<Token> {
    let probe = match file.filter(|file| file.is_zot) {
        Some(file) => {
            let name = bundle::verifies(file, keys)?.file_stem()?;
            keys.probes.iter().find(|probe| name == probe.key.as_str())
        }
        None => keys.probes.first(),
    };
    sign(probe?, issuer, service, now)
}

/// Signs a token with the server's keys, to use if the token server gives none.
pub(in crate::doctor) fn made_here(
    keys: Option<&Keys>,
    configuration: &Configuration,
    service: &str,
    now: Timestamp,
) -> Examined<Option<Bearer>> {
    let Some(keys) = keys else { return Examined { facts: None, findings: Vec::new() } };
    let configured = configuration.token().and_then(|auth| auth.issuer.as_deref());
    let issuer = configured.unwrap_or("portreeve");
    let made = token(keys, configuration.file.as_ref(), issuer, service, now);
    let finding = match made {
        Some(_) => Some(Finding::note(
            "token",
            format!(
                "the doctor made a token with the server's keys: the token has the issuer `{issuer}` and grants nothing"
            ),
            "the doctor tries whether the registry accepts this token; with --user the doctor asks the token server instead",
        )),
        None if configuration.is_zot() => {
            let what = "the doctor cannot find out whether the registry accepts tokens";
            let why = "none of the given keys is known to be the key that zot holds";
            Some(Finding::note("credentials", what, why).fix("run the doctor again with --user"))
        }
        None => None,
    };
    let facts = made.map(|token| Bearer {
        received: ReceivedToken { raw: token.raw.clone(), token: Some(token) },
        anonymous: true,
        // zot does not check the issuer, so a guess does no harm.
        issuer_is_guessed: configured.is_none() && !configuration.is_zot(),
    });
    Examined { facts, findings: finding.into_iter().collect() }
}

/// Offers the registry tokens like the refused token, in every form of key. Signs them with the key of the
/// refused token if the keys folder contains that key, and otherwise with every signing key.
pub(in crate::doctor) async fn examine(
    client: &Client,
    registry: &LiveRegistry,
    keys: Option<&Keys>,
    refused: &Token,
    service: &str,
    now: Timestamp,
) -> Trials {
    let mut trials = Trials::default();
    let Some(keys) = keys else { return trials };
    let made =
        keys.probes.iter().filter_map(|probe| Some((probe, sign(probe, refused.issuer(), service, now)?)));
    let made: Vec<_> = made.collect();
    let own = made.iter().find(|(_, token)| token.key_id() == refused.key_id()).map(|(probe, _)| &probe.key);
    for (probe, token) in made.iter().filter(|(probe, _)| own.is_none_or(|own| *own == probe.key)) {
        trials.tried = true;
        let taken = offer(client, registry, &token.raw, true).await;
        if taken == Reception::Accepted && !trials.has(probe.form) {
            trials.accepted.push(probe.form);
        }
    }
    trials
}
