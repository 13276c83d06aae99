//! Tokens, for nobody in particular and for who was named.

use super::client::{Answer, Pass};
use super::finding::Finding;
use super::token::{self, Given};
use super::token_server::{Program, TokenServer, ask, message};
use super::{Case, Login};
use crate::domain::policy::RuleName;
use crate::domain::shell;

/// What to sign a request in with.
pub(super) fn bearer(token: &str, harmless: bool) -> Pass<'_> {
    if harmless { Pass::Harmless(token) } else { Pass::Token(token) }
}

/// A token and whose it is.
pub(super) struct Held {
    pub(super) given: Given,
    /// Whether it is that of nobody in particular.
    pub(super) anonymous: bool,
}

impl Held {
    /// The token to sign a request in with.
    pub(super) fn pass(&self) -> Pass<'_> {
        bearer(&self.given.raw, self.anonymous)
    }

    /// The token with another signature, which no registry may take.
    pub(super) fn spoiled(&self) -> String {
        let raw = self.given.raw.as_str();
        let (kept, rest) = raw.split_at_checked(raw.rfind('.').map_or(0, |dot| dot + 1)).unwrap_or(("", raw));
        let first = if rest.starts_with('A') { 'B' } else { 'A' };
        let rest: String = rest.chars().skip(1).collect();
        format!("{kept}{first}{rest}")
    }

    /// Whether it grants an action on a repository; yes, where it cannot be read.
    pub(super) fn grants(&self, repository: &str, action: &str) -> bool {
        self.given.token.as_ref().is_none_or(|token| token.grants(repository, action))
    }
}

/// Asks for tokens without scope, as `docker login` does: that of the person, else that of anybody.
#[expect(
    clippy::too_many_lines,
    reason = "the two questions of docker login, with a finding for each outcome"
)]
pub(super) async fn tokens(case: &mut Case<'_>, server: &TokenServer, service: &str) -> Option<Held> {
    let anonymous = match server.first.status {
        200 => {
            let body = server.first.json().unwrap_or_default();
            token::examine(&body, "everybody", &mut case.findings)
        }
        401 => {
            case.findings.push(Finding::note(
                "token",
                "without credentials there is no token",
                "nothing is open to everybody at this service",
            ));
            None
        }
        _ => {
            case.findings.push(Finding::problem(
                "token",
                format!("the token server refuses everybody: {}", message(&server.first)),
                "clients ask it without credentials first",
            ));
            None
        }
    };
    let anonymous = anonymous.map(|given| Held { given, anonymous: true });
    let Some(login) = &case.options.login else {
        if anonymous.is_none() && case.keys.as_ref().is_none_or(|keys| keys.probes.is_empty()) {
            case.findings.push(
                Finding::warning(
                    "credentials",
                    "whether the registry accepts tokens cannot be tried",
                    "there is no token without credentials",
                )
                .fix("run it again with --user"),
            );
        }
        return anonymous;
    };
    let Some(pass) = case.password(server) else {
        let why = if case.trusted {
            "the connection to the token server is not safe, or leads to another scheme, host or port than the realm names"
        } else {
            "nobody vouches for the registry, and whoever answers in its place names the realm that gets the password"
        };
        let what = format!("the password of `{}` was not sent", login.user);
        case.findings.push(Finding::warning("credentials", what, why));
        return anonymous;
    };
    if server.url.scheme() == "http" && !super::registry::is_local(&server.url) {
        case.findings.push(Finding::warning(
            "credentials",
            "the password went over the network readable",
            "registry and token server are plain http, so every client sends it like that",
        ));
    }
    let answer = ask(case, &server.url, server.verified, Some(service), &[], pass).await;
    match answer {
        Ok(answer) if answer.status == 200 => {
            let body = answer.json().unwrap_or_default();
            let who = format!("`{}`", login.user);
            token::examine(&body, &who, &mut case.findings).map(|given| Held { given, anonymous: false })
        }
        Ok(answer) => {
            refused(case, server, &answer);
            anonymous
        }
        Err(failure) => {
            case.findings.push(Finding::problem(
                "credentials",
                format!("the token server does not answer `{}`: {}", login.user, failure.words()),
                "",
            ));
            anonymous
        }
    }
}

fn refused(case: &mut Case<'_>, server: &TokenServer, answer: &Answer) {
    let Some(login) = &case.options.login else { return };
    let user = &login.user;
    let what = format!("the token server refuses `{user}`: {}", message(answer));
    let finding = match answer.status {
        401 => Finding::problem("credentials", what, "docker login fails in the same way")
            .fix(causes(login, server.program_by(answer))),
        403 => Finding::problem("credentials", what, "podman and skopeo do not show the reason of a 403"),
        _ => Finding::problem("credentials", what, "docker login fails in the same way"),
    };
    case.findings.push(finding);
}

/// Where to look when a login is refused: unknown, disabled, expired, revoked and wrong look alike.
fn causes(login: &Login, program: Program) -> String {
    let user = &login.user;
    let (name, robot) = (shell::argument(user), shell::argument(&format!("robot:{user}")));
    let as_user = format!(
        "a user may be disabled (`portreeve users show{name}`) or need a new password (`portreeve users set-password{name}`)"
    );
    let as_robot = format!(
        "a robot may be disabled (`portreeve robots show{name}`), or its key expired or revoked (`portreeve access-keys list{robot}`)"
    );
    let own = shell::argument(&format!("user:{user}"));
    let list = if login.is_key() {
        format!(
            "{as_robot}; with the key of a user: `portreeve access-keys list{own}`, `portreeve users show{name}`"
        )
    } else {
        format!("{as_user}; {as_robot}; a robot has no password, only keys, which begin with `ptr_`")
    };
    let given = if login.is_key() { "access key" } else { "password" };
    let ask = format!("give the right {given}, or ask who runs the token server");
    match program {
        Program::Portreeve => format!("give the right {given}, or look why it is refused: {list}"),
        Program::Other => ask,
        Program::Unknown => format!("{ask}; if it is Portreeve: {list}"),
    }
}

/// The rule that would grant actions on a repository.
pub(super) fn rule(
    case: &Case<'_>,
    server: &TokenServer,
    held: &Held,
    repository: &str,
    actions: &str,
) -> String {
    let verb = actions.rsplit(',').next().unwrap_or(actions);
    let name = RuleName::like(&format!("{verb}-{repository}"));
    let of = |subject: &str| {
        let (subject, repository) = (shell::flag("--subject", subject), shell::flag("--name", repository));
        let actions = shell::flag("--action", actions);
        format!("`portreeve rules create {name}{subject}{repository}{actions}`")
    };
    let list = match &case.options.login {
        Some(login) if !held.anonymous && login.is_key() => {
            let user = &login.user;
            let (robot, own) = (of(&format!("robot:{user}")), of(&format!("user:{user}")));
            format!("{robot} for a robot, {own} for a user")
        }
        Some(login) if !held.anonymous => of(&format!("user:{}", login.user)),
        _ => of("anonymous"),
    };
    match server.program {
        Program::Portreeve => format!("if it should be so: {list}"),
        Program::Other => "if it should be so, grant it at the token server".to_owned(),
        Program::Unknown => {
            format!("if it should be so, grant it at the token server; if that is Portreeve: {list}")
        }
    }
}

/// Why there is no token for a repository.
pub(super) enum NoToken {
    /// Nobody logged in, and without it there is none.
    NeedsLogin,
    /// The token server's status and words, or why it does not answer.
    Failed(String),
}

/// A token for actions on a repository, for who was named, else for everybody.
pub(super) async fn for_repository(
    case: &Case<'_>,
    server: &TokenServer,
    service: &str,
    repository: &str,
    actions: &str,
) -> Result<Held, NoToken> {
    let pass = case.password(server);
    let anonymous = pass.is_none();
    let scope = [format!("repository:{repository}:{actions}")];
    let answer = ask(case, &server.url, server.verified, Some(service), &scope, pass.unwrap_or(Pass::Nobody));
    let answer = answer.await.map_err(|failure| NoToken::Failed(failure.words()))?;
    match answer.status {
        200 => {}
        401 if anonymous => return Err(NoToken::NeedsLogin),
        status => return Err(NoToken::Failed(format!("{status}, {}", message(&answer)))),
    }
    let body = answer.json().unwrap_or_default();
    let raw = token::raw(&body).ok_or_else(|| NoToken::Failed("the answer holds none".to_owned()))?;
    Ok(Held { given: Given::of(raw), anonymous })
}
