//! The answers of a provider.

use zeroize::Zeroizing;

/// A provider's answer about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// The provider vouches for the person, or grants what was asked for.
    Person(T),
    /// The provider says that the person is gone or may not sign in, or refuses the code or the refresh token. The text
    /// is the reason, for the log and for people.
    Gone(String),
    /// The provider answered, but its answer about this person cannot be used. The text is the reason, for people. The
    /// answer says nothing about other people, and nobody loses access because of it.
    Unclear(String),
    /// The provider does not answer, or refuses this server. Every other person would get the same result. The text is
    /// the reason, for people. Nobody loses access because of it.
    NoAnswer(String),
}

impl<T> Answer<T> {
    /// Passes the provider's description of a person to `next`. Returns every other answer unchanged.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Answer<U>) -> Answer<U> {
        match self {
            Self::Person(person) => next(person),
            Self::Gone(why) => Answer::Gone(why),
            Self::Unclear(why) => Answer::Unclear(why),
            Self::NoAnswer(why) => Answer::NoAnswer(why),
        }
    }
}

/// The tokens that a provider issues. They prove nothing until they are checked.
#[derive(Clone)]
pub struct Tokens {
    /// The access token, with which the server asks for claims about the person.
    pub(super) access: Zeroizing<String>,
    /// The signed ID token, which names the person.
    pub(super) id: Option<Zeroizing<String>>,
    /// The refresh token, with which the server checks the person again later.
    pub refresh: Option<Zeroizing<String>>,
}

/// The result of exchanging a refresh token.
#[derive(Debug, Clone)]
pub enum Exchanged {
    /// The provider issued these tokens.
    Tokens(Tokens),
    /// The answer cannot be read. The text is the reason, for people. A provider that rotates refresh tokens no longer
    /// accepts the old refresh token. The provider would treat a server that presents the old token as an attacker.
    Lost(String),
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(***)")
    }
}
