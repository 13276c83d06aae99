//! A token together with its owner: a person, or everybody.

use super::received::ReceivedToken;
use crate::doctor::docker::client::Pass;

/// A token, and facts about its owner and origin.
pub(in crate::doctor) struct Bearer {
    pub(in crate::doctor) received: ReceivedToken,
    /// True if the token is anonymous.
    pub(in crate::doctor) anonymous: bool,
    /// True if the doctor signed the token itself, and only guessed the issuer.
    pub(in crate::doctor) issuer_is_guessed: bool,
}

impl Bearer {
    /// Returns the token as the credentials of a request.
    pub(in crate::doctor) fn pass(&self) -> Pass<'_> {
        Pass::token(&self.received.raw, self.anonymous)
    }

    /// Returns the token with a wrong signature, which every registry must refuse.
    pub(in crate::doctor) fn spoiled(&self) -> String {
        let raw = self.received.raw.as_str();
        let (kept, rest) = raw.split_at_checked(raw.rfind('.').map_or(0, |dot| dot + 1)).unwrap_or(("", raw));
        let first = if rest.starts_with('A') { 'B' } else { 'A' };
        let rest: String = rest.chars().skip(1).collect();
        format!("{kept}{first}{rest}")
    }

    /// Returns true if the token grants an action on a repository. Also returns true for a token that cannot
    /// be decoded.
    pub(in crate::doctor) fn grants(&self, repository: &str, action: &str) -> bool {
        self.received.token.as_ref().is_none_or(|token| token.grants(repository, action))
    }
}
