//! Names the program of a token server.

/// The program of a token server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::doctor) enum Program {
    /// Portreeve, as the answers show.
    Portreeve,
    /// Another program, as the answers show.
    Other,
    /// The answers do not show the program.
    Unknown,
}

impl Program {
    /// Returns the advice for the operator of the token server. `words` fit every program. `command` is a command of
    /// Portreeve, which the advice leaves out for another program.
    pub(in crate::doctor) fn advice(self, words: &str, command: &str) -> String {
        match self {
            Self::Portreeve => command.to_owned(),
            Self::Other => words.to_owned(),
            Self::Unknown => format!("{words}; if the token server is Portreeve: {command}"),
        }
    }
}
