//! The reason why a crawl does not begin, or ends early.

use crate::accounts::WriteError;
use crate::authn::AuthnError;
use crate::domain::kind::ObjectKind;
use crate::domain::policy::RuleName;
use crate::domain::refusal::Cause;
use crate::domain::service::ServiceName;
use crate::domain::shell;
use crate::domain::subject::SubjectName;
use crate::domain::time::Timestamp;
use crate::issue::IssueError;
use crate::manage::ManageError;
use crate::outbound::NotPermitted;
use crate::snapshot::TooStale;
use crate::storage::StoreError;

/// The reason why a crawl does not begin, or ends early.
///
/// INVARIANT: no error text contains a token, or a part of the registry's answer.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    /// No service has this name.
    #[error("there is no service `{0}`")]
    UnknownService(String),
    /// The service names no registry to crawl.
    #[error(
        "the service names no registry to crawl: run `portreeve services update{} --crawl-registry URL --crawl-robot ROBOT`",
        shell::argument(.0.as_str())
    )]
    NotSet(ServiceName),
    /// Another crawl of the service is under way.
    #[error(
        "the server `{replica}` has crawled this service since {since}: see `portreeve repositories crawl --status{}`",
        shell::argument(service.as_str())
    )]
    UnderWay {
        /// The service.
        service: ServiceName,
        /// The id of the server that crawls, as `portreeve status` shows it.
        replica: String,
        /// The time at which that crawl began.
        since: Timestamp,
    },
    /// The registry's host is not in the operator's list of hosts that may be crawled.
    #[error(transparent)]
    NotPermitted(#[from] NotPermitted),
    /// The file of certificate authorities cannot be used.
    #[error(
        "the file `{0}` cannot be used: it must hold certificates (PEM, at most 1 MiB), and this server must be able to read it"
    )]
    Authorities(String),
    /// The HTTP client cannot be built.
    #[error("{0}")]
    Client(String),
    /// The robot does not exist, is disabled, has expired, or is a user.
    #[error("{}", told_of_robot(robot, *cause))]
    Robot {
        /// The robot.
        robot: SubjectName,
        /// The reason.
        cause: Cause,
    },
    /// No rule grants the robot a right that the crawl needs.
    #[error("{}", told_of_rule(robot, service, *right))]
    NoRight {
        /// The robot.
        robot: SubjectName,
        /// The service.
        service: ServiceName,
        /// The right that is missing.
        right: Right,
    },
    /// No token was issued, for a reason that no other variant describes.
    #[error("no token could be issued for the crawl")]
    Token(#[source] Box<IssueError>),
    /// The registry cannot be reached, or the connection broke.
    #[error("the registry gives no answer: {0}")]
    Call(String),
    /// The registry did not answer in time.
    #[error("the registry did not answer within {0} seconds")]
    Slow(u64),
    /// The registry refuses the token with status 401 or 403.
    #[error(
        "the registry refuses the token of this server (status {status}): run `portreeve doctor{}`",
        shell::argument(registry)
    )]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The address of the registry.
        registry: String,
    },
    /// The registry answers with a status other than 200, 401 and 403.
    #[error("the registry answers {what} with status {status}")]
    Status {
        /// The name of the request.
        what: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// The registry's answer cannot be used.
    #[error("the registry answers {what} with {fault}")]
    Answer {
        /// The name of the request.
        what: &'static str,
        /// The fault of the answer.
        fault: &'static str,
    },
    /// The registry lists more than a crawl reads.
    #[error("the registry lists more than {most} {what}: a crawl reads no more")]
    TooMany {
        /// The things that the registry lists, for example `repositories`.
        what: &'static str,
        /// The greatest number that a crawl reads.
        most: i64,
    },
    /// The registry lists nothing, but the inventory has repositories. The registry may have lost its storage.
    #[error(
        "the registry lists no repository, but some are known: nothing is declared gone. If the registry really is empty, run `portreeve repositories crawl --accept-empty{}`",
        shell::argument(.0.as_str())
    )]
    Empty(ServiceName),
    /// The crawl's settings (registry, robot, file of authorities) were changed or removed since the crawl began.
    #[error("the crawl settings of the service were changed, so the crawl ends")]
    Changed,
    /// Another crawl of the service has begun, because this crawl renewed its lease too late.
    #[error("another crawl of this service has begun")]
    Lost,
    /// This server is stopping. Another server, or the next start, continues the crawl.
    #[error("the server is stopping")]
    Stopped,
    /// The policy in memory is too old.
    #[error(transparent)]
    TooStale(#[from] TooStale),
    /// The database does not answer, or refuses to read or write.
    #[error("the database cannot be used now")]
    Store(#[from] StoreError),
}

fn told_of_robot(robot: &SubjectName, cause: Cause) -> String {
    match cause {
        Cause::UnknownUser => {
            format!(
                "there is no robot `{robot}`: run `portreeve robots create{}`",
                shell::argument(robot.as_str())
            )
        }
        Cause::Disabled => format!(
            "the robot `{robot}` is disabled: run `portreeve robots update --disabled=false{}`",
            shell::argument(robot.as_str())
        ),
        Cause::NotAccepted => {
            format!("`{robot}` is a user: name a robot instead, with `--crawl-robot`")
        }
        _ => format!(
            "the robot `{robot}` has expired: run `portreeve robots update --expires-at=\"\"{}`",
            shell::argument(robot.as_str())
        ),
    }
}

/// A right that a crawl needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The right to read the catalogue.
    Catalogue,
    /// The right to pull a repository.
    Pulls,
}

/// Names the missing right, and the command that creates a rule for it.
fn told_of_rule(robot: &SubjectName, service: &ServiceName, right: Right) -> String {
    let (what, name, rest) = match right {
        Right::Catalogue => {
            ("read the catalogue", "catalogue", "--type registry --name catalog --action '*'")
        }
        Right::Pulls => ("pull a repository", "pulls", "--name '**' --action pull"),
    };
    let subject = shell::flag("--subject", &format!("robot:{robot}"));
    let of = shell::flag("--service", &pattern(service.as_str()));
    let name = RuleName::like(&format!("crawl-{name}-{service}-{robot}"));
    format!(
        "no rule lets robot:{robot} {what}: run `portreeve rules create{subject}{of} {rest}{}`",
        shell::argument(name.as_str())
    )
}

/// Returns a pattern that matches the name of a service. A `*` in the name becomes `?`, which matches one character.
fn pattern(service: &str) -> String {
    service.replace('*', "?")
}

impl CrawlError {
    /// Converts the error of issuing a token to the robot.
    pub(super) fn of_issue(error: IssueError, robot: &SubjectName) -> Self {
        match error {
            IssueError::Refused { error: AuthnError::Rejected(rejection), .. } => {
                Self::Robot { robot: robot.clone(), cause: AuthnError::Rejected(rejection).cause() }
            }
            IssueError::Store(error) => Self::Store(error),
            IssueError::TooStale(error) => Self::TooStale(error),
            error => Self::Token(Box::new(error)),
        }
    }

    /// True if the registry gave an unusable answer, or listed more than a crawl reads.
    pub(super) fn is_wrong_answer(&self) -> bool {
        matches!(self, Self::Answer { .. } | Self::TooMany { .. })
    }

    /// True if the next attempt may succeed at once, because no registry, robot or rule is at fault.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Lost | Self::Stopped | Self::Changed | Self::Store(_) | Self::TooStale(_))
    }

    /// True if the fault may concern one repository or tag only. The crawl can then continue with the next one.
    pub(super) fn is_of_one(&self) -> bool {
        matches!(self, Self::Status { .. } | Self::Answer { .. } | Self::Refused { .. } | Self::Slow(_))
    }
}

impl From<CrawlError> for ManageError {
    fn from(error: CrawlError) -> Self {
        match error {
            CrawlError::Store(error) => error.into(),
            CrawlError::UnknownService(name) => WriteError::not_found(ObjectKind::Service, name).into(),
            error => WriteError::Conflict(error.to_string()).into(),
        }
    }
}
