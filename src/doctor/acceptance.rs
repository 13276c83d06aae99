//! Whether the registry takes a token, and in which words it refuses one.

use super::Case;
use super::challenge;
use super::client::{Answer, Ask};
use super::login::bearer;
use super::registry::Reached;
use super::token_server::is_page;

/// A text that is not a token, which distribution refuses with an `error=` in its challenge.
// INTEROP: seen of 2.6, 2.8, 3.0 and 3.1.
const NOT_A_TOKEN: &str = "portreeve-doctor";

/// How an answer refuses a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The challenge names this error.
    Named(String),
    /// The challenge names no error, as it does without a token.
    Silent(String),
    /// There is no challenge.
    // INTEROP: zot answers so to a token that it cannot verify.
    Bare,
    /// It asks for something else than a token, or is a page for people: the answer of a proxy.
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
        match (lines.as_slice(), is_page(answer)) {
            ([], false) => Self::Bare,
            ([], true) => Self::Foreign("an HTML page".to_owned()),
            (lines, _) => Self::Foreign(format!("`{}`", lines.join(", "))),
        }
    }

    /// What was seen, for a sentence.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Named(error) => format!("401 `{error}`"),
            Self::Silent(_) => "401 without an `error=`".to_owned(),
            Self::Bare => "401 without a challenge".to_owned(),
            Self::Foreign(asked) => format!("401 with {asked}"),
        }
    }
}

/// What a registry did with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    Accepted,
    /// It is not valid.
    Refused(Refusal),
    /// It is valid and does not reach so far.
    TooLittle,
    /// Neither.
    Failed(String),
}

/// Offers a token that grants no more than everybody has at `/v2/`, or one of a person.
pub(super) async fn offer(case: &Case<'_>, registry: &Reached, token: &str, harmless: bool) -> Taken {
    let ask = Ask::get(&registry.base, bearer(token, harmless));
    let answer = case.send(registry.verified, ask).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(failure) => return Taken::Failed(failure.words()),
    };
    match answer.status {
        200..300 => Taken::Accepted,
        401 => match Refusal::of(&answer) {
            Refusal::Named(error) if error == "insufficient_scope" => Taken::TooLittle,
            refusal => Taken::Refused(refusal),
        },
        status => Taken::Failed(format!("it answers {status}")),
    }
}

/// Whether no token reaches the registry: it answers to a text that is not a token as it does to nobody.
pub(super) async fn is_stripped(case: &Case<'_>, registry: &Reached, refusal: &Refusal) -> bool {
    let Refusal::Silent(_) = refusal else { return false };
    offer(case, registry, NOT_A_TOKEN, true).await == Taken::Refused(refusal.clone())
}
