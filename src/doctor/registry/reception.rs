//! Offers tokens to the registry, and classifies its answers.

use super::challenge;
use super::reach::LiveRegistry;
use crate::doctor::docker::client::{Answer, Ask, Client, Pass};

/// A text that is not a token. distribution refuses this text with `error=` in the challenge.
// INTEROP: seen at distribution 2.6, 2.8, 3.0 and 3.1.
const NOT_A_TOKEN: &str = "portreeve-doctor";

/// The form of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doctor) enum Refusal {
    /// The challenge contains this `error=`.
    Named(String),
    /// The challenge has no `error=`, as after a request without a token.
    Silent(String),
    /// The refusal has no challenge.
    // INTEROP: in this way zot refuses a token that it cannot verify.
    Bare,
    /// The answer comes from a proxy: it has a challenge that is not `Bearer`, or it is an HTML page.
    Foreign(String),
}

impl Refusal {
    fn of(answer: &Answer) -> Self {
        let lines = answer.challenges();
        let all: Vec<_> = lines.iter().flat_map(|line| challenge::parse(line)).collect();
        let bearer: Vec<_> = all.iter().filter(|one| one.is("Bearer")).collect();
        if let Some(error) = bearer.iter().find_map(|one| one.get("error")) {
            return Self::Named(error.to_owned());
        }
        if !bearer.is_empty() {
            return Self::Silent(lines.join(", "));
        }
        match (lines.as_slice(), answer.is_page()) {
            ([], false) => Self::Bare,
            ([], true) => Self::Foreign("an HTML page".to_owned()),
            (lines, _) => Self::Foreign(format!("`{}`", lines.join(", "))),
        }
    }

    /// Describes the refusal, for use in a sentence.
    pub(in crate::doctor) fn words(&self) -> String {
        match self {
            Self::Named(error) => format!("401 `{error}`"),
            Self::Silent(_) => "401 without an `error=`".to_owned(),
            Self::Bare => "401 without a challenge".to_owned(),
            Self::Foreign(asked) => format!("401 with {asked}"),
        }
    }
}

/// The registry's reaction to a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doctor) enum Reception {
    Accepted,
    /// The token is not valid for the registry.
    Refused(Refusal),
    /// The token is valid, but does not grant enough.
    TooLittle,
    /// The registry failed, or did not answer.
    Failed(String),
}

/// Offers a token to the registry. `harmless` is true if the token grants only what an anonymous token would
/// grant.
pub(in crate::doctor) async fn offer(
    client: &Client,
    registry: &LiveRegistry,
    token: &str,
    harmless: bool,
) -> Reception {
    let ask = Ask::get(&registry.base, Pass::token(token, harmless));
    let answer = match client.send_to(registry.verified, ask).await {
        Ok(answer) => answer,
        Err(failure) => return Reception::Failed(failure.words()),
    };
    match answer.status {
        200..300 => Reception::Accepted,
        401 => match Refusal::of(&answer) {
            Refusal::Named(error) if error == "insufficient_scope" => Reception::TooLittle,
            refusal => Reception::Refused(refusal),
        },
        status => Reception::Failed(format!("it answers {status}")),
    }
}

/// Returns true if a proxy probably removes tokens. The registry then gives a text that is not a token the same
/// answer as the token: a challenge without `error=`.
pub(in crate::doctor) async fn is_stripped(
    client: &Client,
    registry: &LiveRegistry,
    refusal: &Refusal,
) -> bool {
    let Refusal::Silent(_) = refusal else { return false };
    offer(client, registry, NOT_A_TOKEN, true).await == Reception::Refused(refusal.clone())
}
