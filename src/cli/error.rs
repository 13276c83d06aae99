//! What goes wrong in a command, and its exit code.

use super::escape::clean;
use crate::causes::causes;
use crate::outbound::OutboundError;
use serde::Deserialize;
use std::error::Error;
use std::process::ExitCode;

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// The command was called wrongly.
    #[error("{0}")]
    Usage(String),
    /// It could not be done.
    #[error("{0}")]
    Failed(String),
    /// The server refused.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// Only administrators may do this. `instead` is a command for everybody else, if there is one.
    #[error("only administrators may do this: ask an administrator")]
    NotAdministrator {
        /// The command.
        instead: Option<String>,
    },
    /// One of several things could not be done, after others were.
    #[error("{source}")]
    Partly {
        /// Why not.
        source: Box<CliError>,
        /// The verb for what is done to each: `deleted`.
        verb: &'static str,
        /// To what it was done.
        done: Vec<String>,
        /// To what it was not done: that which failed, and what was to come after it.
        left: Vec<String>,
    },
    /// The server knows no such user and password.
    #[error("wrong user name or password")]
    WrongPassword,
    /// The server was not reached, or broke off.
    #[error("cannot reach the server")]
    Unreachable {
        /// Why not.
        source: OutboundError,
        /// What is wrong in plain words, and what to do, line by line.
        advice: String,
    },
    /// Standard output is gone.
    #[error("cannot write the output")]
    Output(#[source] std::io::Error),
    /// A setting of the server on this machine cannot be used.
    #[error(transparent)]
    Settings(Box<dyn Error>),
    /// The work on this machine, on its database or keys folder, failed.
    #[error(transparent)]
    Local(Box<dyn Error>),
}

/// What somebody who is not an administrator can do.
const NOT_AN_ADMINISTRATOR: &str = "about yourself you may ask: `portreeve whoami` says who you are, `portreeve whoami --can repository:team/app:push` what you may do, and `portreeve explain repository:team/app:push` why";
/// The type of the server's refusal to somebody who is not an administrator.
const TYPE_NOT_ADMINISTRATOR: &str = "urn:portreeve:not-administrator";

/// The server's words for a refusal (RFC 9457).
#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    /// The HTTP status.
    #[serde(default)]
    pub(super) status: u16,
    /// What kind of refusal it is, where the status does not say it all.
    #[serde(default)]
    r#type: String,
    /// What is wrong.
    #[serde(default)]
    pub(super) detail: String,
    /// What is wrong with each field.
    #[serde(default)]
    pub(super) errors: Vec<FieldProblem>,
    /// The rules that name the object.
    #[serde(default)]
    pub(super) rules: Vec<String>,
}

/// What is wrong with one field.
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
    /// The same, where everybody may run this command instead.
    pub(super) fn or_instead(self, command: impl FnOnce() -> String) -> Self {
        match self {
            Self::NotAdministrator { .. } => Self::NotAdministrator { instead: Some(command()) },
            other => other,
        }
    }

    /// A setting that cannot be used.
    pub(super) fn settings(error: impl Error + 'static) -> Self {
        Self::Settings(Box::new(error))
    }

    /// A failure of the work on this machine.
    pub(super) fn local(error: impl Error + 'static) -> Self {
        Self::Local(Box::new(error))
    }

    /// The status of the server's refusal.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(problem) => Some(problem.status),
            Self::NotAdministrator { .. } => Some(403),
            Self::Partly { source, .. } => source.status(),
            _ => None,
        }
    }

    /// 2 for bad usage or settings, else 1. A reader that left (`| head`) is not a failure.
    fn exit_code(&self) -> u8 {
        match self {
            Self::Partly { source, .. } => source.exit_code(),
            Self::Usage(_) | Self::Settings(_) => 2,
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            _ => 1,
        }
    }

    /// Says on standard error what went wrong, and gives the exit code for it.
    pub(super) fn report(&self) -> ExitCode {
        for line in self.lines() {
            aside!("portreeve: {line}");
        }
        ExitCode::from(self.exit_code())
    }

    /// What is said on standard error.
    fn lines(&self) -> Vec<String> {
        match self {
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Vec::new(),
            Self::Refused(problem) => problem.lines(),
            Self::Partly { source, verb, done, left } => {
                let mut lines = source.lines();
                lines.push(format!("{verb}: {}; not {verb}: {}", quoted(done), quoted(left)));
                lines
            }
            // A settings file is quoted line by line.
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

/// Does something to each of several things, one after the other, and stops at the first that fails. Where there are
/// several, the error then says to which of them it was done; `verb` is the word for that, such as `deleted`.
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
                "change them first, or delete it with --cascade, which takes it out of them".to_owned(),
            );
            return lines;
        }
        if !self.errors.is_empty() {
            let line = |error: &FieldProblem| match error.field.as_str() {
                // What is said of a new password is a sentence of its own.
                "" | "password" | "new_password" => clean(&error.message),
                "current_password" => format!("the current password {}", clean(&error.message)),
                field => format!("{}: {}", clean(field), clean(&error.message)),
            };
            return self.errors.iter().map(line).collect();
        }
        // The server names the parameters of its API.
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
