//! Examines the anonymous token and the person's token. Both were requested without scope, as `docker login` does.

use super::program::Program;
use super::source::TokenSource;
use super::token_server::message;
use crate::doctor::docker::client::Answer;
use crate::doctor::options::Login;
use crate::doctor::registry::address::is_local;
use crate::doctor::report::finding::{Examined, Finding};
use crate::doctor::token::bearer::Bearer;
use crate::doctor::token::received::{self, ReceivedToken};
use crate::domain::shell;

/// The inputs for examining a login, besides the token server.
#[derive(Clone, Copy)]
pub(in crate::doctor) struct Surroundings {
    /// True if clients send a password to the token server that this registry names.
    pub(in crate::doctor) registry_is_trusted: bool,
    /// True if the doctor can sign tokens itself with the server's keys.
    pub(in crate::doctor) has_keys: bool,
}

/// Reads the anonymous token in the token server's first answer, and requests a token for the login. Returns the
/// person's token, or else the anonymous token.
pub(in crate::doctor) async fn examine(
    source: TokenSource<'_>,
    around: Surroundings,
) -> Examined<Option<Bearer>> {
    let mut findings = Vec::new();
    let anonymous = for_everybody(source).report_to(&mut findings);
    let own = match source.login {
        Some(login) => for_login(source, login, around).await.report_to(&mut findings),
        None => {
            if anonymous.is_none() && !around.has_keys {
                let what = "the doctor cannot find out whether the registry accepts tokens";
                findings.push(
                    Finding::warning("credentials", what, "there is no token without credentials")
                        .fix("run the doctor again with --user"),
                );
            }
            None
        }
    };
    let bearer = |received, anonymous| Bearer { received, anonymous, issuer_is_guessed: false };
    let own = own.map(|received| bearer(received, false));
    let facts = own.or_else(|| anonymous.map(|received| bearer(received, true)));
    Examined { facts, findings }
}

/// Returns the token in the token server's first answer, which answered an anonymous request.
fn for_everybody(source: TokenSource<'_>) -> Examined<Option<ReceivedToken>> {
    let first = &source.server.first;
    let finding = match first.status {
        200 => return received::examine(&first.json().unwrap_or_default(), "everybody"),
        401 => Finding::note(
            "token",
            "without credentials there is no token",
            "no repository of this service is public",
        ),
        _ => Finding::problem(
            "token",
            format!("the token server refuses everybody: {}", message(first)),
            "clients send their first request without credentials",
        ),
    };
    Examined { facts: None, findings: vec![finding] }
}

/// Requests a token for the person.
async fn for_login(
    source: TokenSource<'_>,
    login: &Login,
    around: Surroundings,
) -> Examined<Option<ReceivedToken>> {
    let user = &login.user;
    let Some(pass) = source.password() else {
        let why = if around.registry_is_trusted {
            "the connection to the token server is not safe, or a redirection led to another scheme, host or port than the realm names"
        } else {
            "the registry's certificate is not verified: an impostor could name a realm of its own, which would get the password"
        };
        let what = format!("the password of `{user}` was not sent");
        return Examined { facts: None, findings: vec![Finding::warning("credentials", what, why)] };
    };
    let mut findings = Vec::new();
    if source.server.url.scheme() == "http" && !is_local(&source.server.url) {
        findings.push(Finding::warning(
            "credentials",
            "the password crossed the network in clear text",
            "the registry and the token server speak plain http, so every client sends passwords in clear text",
        ));
    }
    let facts = match source.ask(Some(source.service), &[], pass).await {
        Ok(answer) if answer.status == 200 => {
            let body = answer.json().unwrap_or_default();
            received::examine(&body, &format!("`{user}`")).report_to(&mut findings)
        }
        Ok(answer) => {
            findings.push(refused(source, login, &answer));
            None
        }
        Err(failure) => {
            let what = format!("the token server does not answer `{user}`: {}", failure.words());
            findings.push(Finding::problem("credentials", what, ""));
            None
        }
    };
    Examined { facts, findings }
}

fn refused(source: TokenSource<'_>, login: &Login, answer: &Answer) -> Finding {
    let what = format!("the token server refuses `{}`: {}", login.user, message(answer));
    match answer.status {
        401 => Finding::problem("credentials", what, "docker login fails, too")
            .fix(causes(login, source.server.program_by(answer))),
        403 => Finding::problem("credentials", what, "podman and skopeo do not show the reason of a 403"),
        _ => Finding::problem("credentials", what, "docker login fails, too"),
    }
}

/// Returns the advice about a refused login. A token server gives the same answer for an unknown, disabled or
/// expired account and for a wrong password.
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
    let ask = format!("give the right {given}, or ask the administrator of the token server");
    match program {
        Program::Portreeve => format!("give the right {given}, or find out why this one is refused: {list}"),
        Program::Other => ask,
        Program::Unknown => format!("{ask}; if the token server is Portreeve: {list}"),
    }
}
