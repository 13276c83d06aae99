//! Whether the registry takes a token.

use super::Case;
use super::challenge;
use super::client::Ask;
use super::login::bearer;
use super::registry::Reached;

/// What a registry did with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Taken {
    Accepted,
    /// It is not valid.
    Refused,
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
        401 => {
            let lines = answer.headers.get_all("www-authenticate").iter();
            let challenges = lines.filter_map(|line| line.to_str().ok()).flat_map(challenge::parse);
            let too_little = |one: &challenge::Challenge| one.get("error") == Some("insufficient_scope");
            // INTEROP: zot and distribution 3 may give no `error` with a token that is not valid.
            if challenges.into_iter().any(|one| too_little(&one)) { Taken::TooLittle } else { Taken::Refused }
        }
        status => Taken::Failed(format!("it answers {status}")),
    }
}
