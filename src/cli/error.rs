//! The errors of commands, and their exit codes.

use super::escape::clean;
use crate::causes::causes;
use crate::outbound::OutboundError;
use serde::Deserialize;
use std::error::Error;
use std::process::ExitCode;

/// The reason why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The arguments of the command were wrong.
    #[error("{0}")]
    Usage(String),
    /// The command could not do its work.
    #[error("{0}")]
    Failed(String),
    /// The server refused the request.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// The server refused the request, because only administrators may make it.
    #[error("only administrators may do this: ask an administrator")]
    NotAdministrator {
        /// A command that people who are not administrators may run instead, if there is one.
        instead: Option<String>,
    },
    /// The command worked on several things, and failed at one of them.
    #[error("{source}")]
    Partly {
        /// The cause of the error.
        source: Box<CliError>,
        /// The past tense of the verb, for the finished work: `deleted`.
        verb: &'static str,
        /// The things that the command finished.
        done: Vec<String>,
        /// The things that the command did not finish: the failed one, and those after it.
        left: Vec<String>,
    },
    /// The server refused the user name or the password.
    #[error("wrong user name or password")]
    WrongPassword,
    /// The server could not be reached, or the connection ended before the whole answer arrived.
    #[error("cannot reach the server")]
    Unreachable {
        /// The cause of the error.
        source: OutboundError,
        /// The cause and the fix, line by line.
        advice: String,
    },
    /// Standard output cannot be written, for example because its reader has ended.
    #[error("cannot write the output")]
    Output(#[source] std::io::Error),
    /// A setting of the server on this machine cannot be used.
    #[error(transparent)]
    Settings(Box<dyn Error>),
    /// Work on the database or the keys folder of this machine failed.
    #[error(transparent)]
    Local(Box<dyn Error>),
}

/// The commands for a person who is not an administrator.
const NOT_AN_ADMINISTRATOR: &str = "about yourself you may ask: `portreeve whoami` says who you are, `portreeve whoami --can repository:team/app:push` says what you may do, and `portreeve explain repository:team/app:push` says why";
/// The problem type of a refusal if the caller is not an administrator.
const TYPE_NOT_ADMINISTRATOR: &str = "urn:portreeve:not-administrator";

/// The server's description of a refusal (RFC 9457).
#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    /// The HTTP status of the refusal.
    #[serde(default)]
    pub(super) status: u16,
    /// The problem type, if the status alone does not tell the cause.
    #[serde(default)]
    r#type: String,
    /// The message of the refusal.
    #[serde(default)]
    pub(super) detail: String,
    /// The errors in single fields of the request.
    #[serde(default)]
    pub(super) errors: Vec<FieldProblem>,
    /// The rules that name the object. While they name it, the server does not delete the object.
    #[serde(default)]
    pub(super) rules: Vec<String>,
}

/// The error in one field of a request.
#[derive(Debug, Deserialize)]
pub(super) struct FieldProblem {
    #[serde(default)]
    pub(super) field: String,
    #[serde(default)]
    pub(super) message: String,
}

impl From<Problem> for CliError {
    fn from(problem: Problem) -> Self {
        if problem.r#type == TYPE_NOT_ADMINISTRATOR {
            Self::NotAdministrator { instead: None }
        } else {
            Self::Refused(Box::new(problem))
        }
    }
}

impl CliError {
    /// Adds to [`CliError::NotAdministrator`] a command that everybody may run instead. Any other error stays
    /// unchanged.
    pub(super) fn or_instead(self, command: impl FnOnce() -> String) -> Self {
        match self {
            Self::NotAdministrator { .. } => Self::NotAdministrator { instead: Some(command()) },
            other => other,
        }
    }

    /// Returns the error for a setting that cannot be used.
    pub(super) fn settings(error: impl Error + 'static) -> Self {
        Self::Settings(Box::new(error))
    }

    /// Returns the error for failed work on this machine.
    pub(super) fn local(error: impl Error + 'static) -> Self {
        Self::Local(Box::new(error))
    }

    /// Returns the HTTP status if the server refused the request. Returns `None` for a wrong password, and for errors
    /// that are not refusals.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(problem) => Some(problem.status),
            Self::NotAdministrator { .. } => Some(403),
            Self::Partly { source, .. } => source.status(),
            _ => None,
        }
    }

    /// Returns the exit code: 2 for bad usage or settings, 0 if the reader of the output has ended
    /// (`| head`), else 1.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Partly { source, .. } => source.exit_code(),
            Self::Usage(_) | Self::Settings(_) => 2,
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            _ => 1,
        }
    }

    /// Prints the error on standard error, and returns its exit code.
    pub(super) fn report(&self) -> ExitCode {
        for line in self.lines() {
            aside!("portreeve: {line}");
        }
        ExitCode::from(self.exit_code())
    }

    /// Returns the lines to print on standard error.
    fn lines(&self) -> Vec<String> {
        match self {
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Vec::new(),
            Self::Refused(problem) => problem.lines(),
            Self::Partly { source, verb, done, left } => {
                let mut lines = source.lines();
                lines.push(format!("{verb}: {}; not {verb}: {}", quoted(done), quoted(left)));
                lines
            }
            // A message can contain lines of a settings file, so its line breaks are kept, and each line is escaped.
            Self::Settings(_) | Self::Local(_) => {
                vec![causes(self).lines().map(clean).collect::<Vec<_>>().join("\n")]
            }
            Self::NotAdministrator { instead } => {
                let mut lines = vec![self.to_string()];
                lines.push(match instead {
                    Some(command) => format!("about yourself: `{command}`"),
                    None => NOT_AN_ADMINISTRATOR.to_owned(),
                });
                lines
            }
            Self::Unreachable { advice, .. } => {
                let mut lines: Vec<String> = advice.lines().map(clean).collect();
                lines.push(format!("cause: {}", clean(&causes(self))));
                lines
            }
            other => vec![clean(&causes(other))],
        }
    }
}

/// Works on several things, one after the other, and stops at the first failure. If there are several things,
/// the error lists the finished and the unfinished ones. `verb` is the past tense for the finished work, such
/// as `deleted`.
pub(super) fn one_by_one<'a>(
    names: &[&'a str],
    verb: &'static str,
    mut each: impl FnMut(&'a str) -> Result<(), CliError>,
) -> Result<(), CliError> {
    for (index, name) in names.iter().enumerate() {
        let Err(error) = each(name) else { continue };
        if names.len() == 1 {
            return Err(error);
        }
        let (done, left) = names.split_at(index);
        let [done, left] = [done, left].map(|part| part.iter().map(|name| (*name).to_owned()).collect());
        return Err(CliError::Partly { source: Box::new(error), verb, done, left });
    }
    Ok(())
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", clean(name))).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl Problem {
    fn lines(&self) -> Vec<String> {
        if !self.rules.is_empty() {
            let what = self.detail.split(": change them").next().unwrap_or_default();
            let mut lines = vec![format!("{}:", clean(what))];
            lines.extend(self.rules.iter().map(|rule| format!("  {}", clean(rule))));
            lines.push(
                "change these rules first, or repeat with --cascade, which takes the object out of the rules"
                    .to_owned(),
            );
            return lines;
        }
        if !self.errors.is_empty() {
            let line = |error: &FieldProblem| match error.field.as_str() {
                // Errors about passwords are whole sentences, which need no field name.
                "" | "password" | "new_password" => clean(&error.message),
                "current_password" => format!("the current password {}", clean(&error.message)),
                field => format!("{}: {}", clean(field), clean(&error.message)),
            };
            return self.errors.iter().map(line).collect();
        }
        // The server names parameters of its API. The command line has flags in their place.
        let detail = self.detail.replace("`?cascade=true`", "`--cascade`");
        let detail = detail.replace("`?move_identities=true`", "`--move-identities`");
        let mut lines = vec![clean(&detail)];
        if self.status == 401 && std::env::var_os("PORTREEVE_TOKEN").is_some_and(|key| !key.is_empty()) {
            lines = vec![
                "the access key in PORTREEVE_TOKEN is unknown, was revoked or has ended, or its owner is disabled"
                    .to_owned(),
                "set PORTREEVE_TOKEN to another access key, or unset it and run `portreeve login URL`".to_owned(),
            ];
        } else if self.status == 401 {
            lines.push("run `portreeve login URL`, or set PORTREEVE_TOKEN to an access key".to_owned());
        }
        lines
    }
}
