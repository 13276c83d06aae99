//! Reads passwords and other secrets from the terminal or from standard input, and asks questions at the terminal.
//!
//! A secret is never an argument, because every other process can read arguments.

use super::error::CliError;
use std::io::{BufRead, IsTerminal, Read};
use zeroize::Zeroizing;

/// The longest line that is read from standard input, bytes. No accepted password is longer.
const LONGEST: u64 = 4096;

/// The message for a missing password.
const MISSING: &str =
    "no password was given: type it at the prompt, or give it as the first line of standard input";
/// The message for a missing new password, after the current password was given.
const MISSING_SECOND: &str = "the new password is missing: type it at the prompt, or give it as the second line of standard input, after the current one";

/// Reads a password from the terminal without echo, or else from the first line of standard input. Fails if
/// the password is empty.
pub(super) fn password(prompt: &str) -> Result<Zeroizing<String>, CliError> {
    read(prompt, MISSING)
}

fn read(prompt: &str, missing: &str) -> Result<Zeroizing<String>, CliError> {
    let text = if is_terminal() {
        Zeroizing::new(rpassword::prompt_password(format!("{prompt}: ")).map_err(unreadable)?)
    } else {
        first_line(std::io::stdin().lock())?
    };
    if text.is_empty() {
        return Err(CliError::Usage(missing.to_owned()));
    }
    Ok(text)
}

/// Reads a new password. At a terminal the person must type it twice.
pub(super) fn new_password(prompt: &str) -> Result<Zeroizing<String>, CliError> {
    read_new(prompt, MISSING)
}

/// Reads a new password, after [`password`] has read the current one. On standard input, the new password is the
/// second line.
pub(super) fn replacement(prompt: &str) -> Result<Zeroizing<String>, CliError> {
    read_new(prompt, MISSING_SECOND)
}

fn read_new(prompt: &str, missing: &str) -> Result<Zeroizing<String>, CliError> {
    let first = read(prompt, missing)?;
    if is_terminal() && *password("the same again")? != *first {
        return Err(CliError::Failed("the two passwords differ: nothing was changed".to_owned()));
    }
    Ok(first)
}

/// Returns true if standard input is a terminal, at which somebody can answer.
pub(super) fn is_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks a question at the terminal, and returns the answer. Returns `None` if there is no terminal.
pub(super) fn ask(question: &str) -> Result<Option<String>, CliError> {
    if !is_terminal() {
        return Ok(None);
    }
    aside_part!("{question} ");
    let mut line = String::new();
    std::io::stdin().lock().take(LONGEST).read_line(&mut line).map_err(unreadable)?;
    Ok(Some(line.trim().to_owned()))
}

fn first_line(input: impl BufRead) -> Result<Zeroizing<String>, CliError> {
    // The buffer has room for the whole line. If it grew, copies of the secret would stay in memory.
    let mut line = Zeroizing::new(String::with_capacity(usize::try_from(LONGEST).unwrap_or_default() + 1));
    input.take(LONGEST).read_line(&mut line).map_err(unreadable)?;
    let kept = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(kept);
    Ok(line)
}

fn unreadable(error: std::io::Error) -> CliError {
    CliError::Failed(format!("cannot read the standard input: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_line_is_the_password() {
        for (input, expected) in [
            ("secret\nmore\n", "secret"),
            ("secret\r\n", "secret"),
            (" with spaces ", " with spaces "),
            ("", ""),
        ] {
            assert_eq!(first_line(input.as_bytes()).unwrap().as_str(), expected);
        }
        assert!(first_line(&b"\xff\n"[..]).is_err());
    }
}
