//! What a provider answers.

use zeroize::Zeroizing;

/// The answer of a provider about somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// It vouches for them.
    Person(T),
    /// It says that they are gone, or may not sign in; and why, for the log.
    Gone(String),
    /// It answered, but said nothing about this person that can be used; and why, for people. That says nothing about
    /// others. Nobody is cut off because of it.
    Unclear(String),
    /// It does not answer, or refuses this server: it would be the same for others; and why, for people. Nobody is cut
    /// off because of it.
    NoAnswer(String),
}

impl<T> Answer<T> {
    /// Goes on with what it said about a person.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Answer<U>) -> Answer<U> {
        match self {
            Self::Person(person) => next(person),
            Self::Gone(why) => Answer::Gone(why),
            Self::Unclear(why) => Answer::Unclear(why),
            Self::NoAnswer(why) => Answer::NoAnswer(why),
        }
    }
}

/// What a provider hands out. It proves nothing until it is checked.
#[derive(Clone)]
pub struct Tokens {
    /// For questions about the person.
    pub(super) access: Zeroizing<String>,
    /// Who the person is, signed.
    pub(super) id: Option<Zeroizing<String>>,
    /// For checks without the person.
    pub refresh: Option<Zeroizing<String>>,
}

/// What came of a refresh token that the provider took.
#[derive(Debug, Clone)]
pub enum Exchanged {
    /// These tokens.
    Tokens(Tokens),
    /// Nothing that can be read; and why, for people. A provider that rotates tokens takes the old one no more, and whoever
    /// presents it looks as if somebody had stolen it.
    Lost(String),
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(***)")
    }
}
