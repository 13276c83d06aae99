//! Tests a provider step by step. Each step says in plain words if it succeeded, and what to change if not.

use super::discovery::{self, Discovery, Document};
use super::exchange::{self, Odd};
use super::provider::Oidc;
use crate::domain::time::Timestamp;
use crate::upstream::answer::Answer;
use serde::Serialize;

/// A refresh token that does not exist. The answer to it shows if the client secret is right.
const NOBODYS: &str = "portreeve-test-of-the-client-secret";

/// The result of one step of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The name of the step.
    pub step: &'static str,
    /// True if the step succeeded.
    pub ok: bool,
    /// The result for people, with advice.
    pub text: String,
}

impl Step {
    /// Builds a step from its result.
    #[must_use]
    pub fn new(step: &'static str, result: Result<String, String>) -> Self {
        let ok = result.is_ok();
        Self { step, ok, text: result.unwrap_or_else(|why| why) }
    }
}

fn lists(list: Option<&[String]>, wanted: &str) -> bool {
    list.is_none_or(|list| list.iter().any(|one| one == wanted))
}

/// Checks that the provider supports PKCE.
fn pkce(document: &Document) -> Result<String, String> {
    match document.code_challenge_methods_supported.as_deref() {
        Some(methods) if methods.iter().any(|method| method == "S256") => {
            Ok("the provider supports PKCE with S256".to_owned())
        }
        Some(_) => {
            Err("the provider supports PKCE, but not with S256: allow S256 for this client".to_owned())
        }
        None => {
            Ok("the provider does not say if it supports PKCE: this server uses PKCE all the same".to_owned())
        }
    }
}

impl Oidc {
    /// Checks that the provider supports the requested scopes.
    fn scopes(&self, document: &Document) -> Result<String, String> {
        let known = document.scopes_supported.as_deref();
        let unknown: Vec<&str> =
            self.settings.scopes.iter().map(String::as_str).filter(|scope| !lists(known, scope)).collect();
        if unknown.contains(&"offline_access") {
            return Err("the provider does not list the scope `offline_access`, so it may hand out no refresh token: people then sign in again after `max_age`; allow refresh tokens for this client, or take the scope out".to_owned());
        }
        if !unknown.is_empty() {
            let list = unknown.join("`, `");
            return Err(format!(
                "the provider does not list the scopes `{list}`: add them there, or take them out of `scopes`"
            ));
        }
        if self.settings.scopes.iter().any(|scope| scope == "offline_access") {
            return Ok("the provider lists the scopes that are asked for".to_owned());
        }
        Ok("the scope `offline_access` is not asked for: without a refresh token people sign in again after `max_age`".to_owned())
    }

    /// Checks that the provider supports the used claims.
    fn claims(&self, document: &Document) -> Result<String, String> {
        let known = document.claims_supported.as_deref();
        let used = [Some(&self.settings.name_claim), self.settings.groups_claim.as_ref()];
        let used = used.into_iter().flatten().chain(self.settings.labels.values());
        let missing: Vec<&str> = used
            .map(|name| name.split('.').next().unwrap_or_default())
            .filter(|name| !lists(known, name))
            .collect();
        if missing.is_empty() {
            return Ok("the provider lists the claims that are used, or lists no claims".to_owned());
        }
        let list = missing.join("`, `");
        Err(format!(
            "the provider does not list the claims `{list}`: add a mapper or a scope for them there; many providers send claims that they do not list, and the first sign-in shows it"
        ))
    }

    /// Checks that the provider accepts the client id and the secret of this server.
    async fn secret(&self, discovery: &Discovery) -> Result<String, String> {
        let us = self.us();
        match exchange::refresh(&us, discovery, &self.kept.caller, NOBODYS).await {
            Ok(Answer::Gone(_) | Answer::Person(_)) => Ok("the provider accepts the client id and its secret".to_owned()),
            Ok(Answer::NoAnswer(why)) if why.contains("unauthorized_client") || why.contains("unsupported_grant_type") => {
                Err("the provider does not allow refresh tokens for this client: people sign in again after `max_age`; allow the grant type `refresh_token` there".to_owned())
            }
            Ok(Answer::Unclear(why) | Answer::NoAnswer(why)) | Err(Odd(why)) => Err(why),
        }
    }

    /// Tests the provider step by step. Writes nothing to the database. Keeps the key set that it reads in memory.
    pub(in crate::upstream) async fn probe(&self, now: Timestamp) -> Vec<Step> {
        let mut steps = vec![Step::new(
            "redirect",
            Ok(format!("register this redirect URI at the provider, exactly: {}", self.redirect_uri)),
        )];
        let read = discovery::read(&self.settings.issuer, &self.hosts, &self.kept.caller).await;
        let document = match read {
            Ok(document) => document,
            Err(why) => {
                steps.push(Step::new("discovery", Err(why)));
                return steps;
            }
        };
        steps.push(Step::new("discovery", Ok(format!("the provider is `{}`", document.issuer))));
        steps.push(Step::new("pkce", pkce(&document)));
        steps.push(Step::new("scopes", self.scopes(&document)));
        steps.push(Step::new("claims", self.claims(&document)));
        let discovery = match Discovery::of(document, &self.hosts) {
            Ok(discovery) => discovery,
            Err(why) => {
                steps.push(Step::new("endpoints", Err(why)));
                return steps;
            }
        };
        steps.push(Step::new("endpoints", Ok("all endpoints may be called".to_owned())));
        let keys = self.kept.keys.count(&discovery, &self.kept.caller, now).await;
        steps.push(Step::new(
            "keys",
            match keys {
                Ok(0) => Err("the key set holds no key that verifies ID tokens".to_owned()),
                Ok(count) => Ok(format!("keys in the key set that verify ID tokens: {count}")),
                Err(why) => Err(why),
            },
        ));
        steps.push(Step::new("secret", self.secret(&discovery).await));
        steps
    }
}
