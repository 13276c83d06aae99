//! Requests tokens for one registry from its token server, for one person or anonymously.

use super::program::Program;
use super::token_server::{TokenRequest, TokenServer, message};
use crate::doctor::docker::client::{Answer, Client, Failure, Pass};
use crate::doctor::options::Login;
use crate::doctor::token::bearer::Bearer;
use crate::doctor::token::received::{self, ReceivedToken};
use crate::domain::policy::RuleName;
use crate::domain::shell;

/// A token server, with the service and the account for which the doctor requests tokens.
#[derive(Clone, Copy)]
pub(in crate::doctor) struct TokenSource<'a> {
    pub(in crate::doctor) client: &'a Client,
    pub(in crate::doctor) server: &'a TokenServer,
    pub(in crate::doctor) service: &'a str,
    /// The account for the login, if one was given.
    pub(in crate::doctor) login: Option<&'a Login>,
}

/// The reason why the token server gave no token for a repository.
pub(in crate::doctor) enum NoToken {
    /// The password was not sent, and the token server refuses anonymous requests.
    NeedsLogin,
    /// The token server's status and message, or another reason in words.
    Failed(String),
}

impl<'a> TokenSource<'a> {
    /// Returns the credentials with the password, if the doctor may send the password to this server.
    pub(in crate::doctor) fn password(&self) -> Option<Pass<'a>> {
        let login = self.login.filter(|_| self.server.gets_password)?;
        Some(Pass::Password(&login.user, &login.password))
    }

    /// Returns the credentials to try, in this order: the password if the doctor may send it, then none.
    pub(super) fn passes(&self) -> Vec<Pass<'a>> {
        self.password().into_iter().chain([Pass::Nobody]).collect()
    }

    /// Requests a token.
    pub(super) async fn ask(
        &self,
        service: Option<&str>,
        scopes: &[String],
        pass: Pass<'_>,
    ) -> Result<Answer, Failure> {
        let (realm, verified) = (&self.server.url, self.server.verified);
        TokenRequest { realm, verified, service, scopes, pass }.send(self.client).await
    }

    /// Requests a token for actions on a repository. The request has the password if the doctor may send the
    /// password, and is anonymous otherwise.
    pub(in crate::doctor) async fn for_repository(
        &self,
        repository: &str,
        actions: &str,
    ) -> Result<Bearer, NoToken> {
        let pass = self.password();
        let anonymous = pass.is_none();
        let scope = [format!("repository:{repository}:{actions}")];
        let answer = self.ask(Some(self.service), &scope, pass.unwrap_or(Pass::Nobody)).await;
        let answer = answer.map_err(|failure| NoToken::Failed(failure.words()))?;
        match answer.status {
            200 => {}
            401 if anonymous => return Err(NoToken::NeedsLogin),
            status => return Err(NoToken::Failed(format!("{status}, {}", message(&answer)))),
        }
        let body = answer.json().unwrap_or_default();
        let raw =
            received::raw(&body).ok_or_else(|| NoToken::Failed("the answer holds no token".to_owned()))?;
        Ok(Bearer { received: ReceivedToken::of(raw), anonymous, issuer_is_guessed: false })
    }

    /// Returns the fix that grants actions on a repository. If the token server may be Portreeve, the fix contains
    /// the command for the rule.
    pub(in crate::doctor) fn rule(&self, bearer: &Bearer, repository: &str, actions: &str) -> String {
        let verb = actions.rsplit(',').next().unwrap_or(actions);
        let name = RuleName::like(&format!("{verb}-{repository}"));
        let of = |subject: &str| {
            let (subject, repository) =
                (shell::flag("--subject", subject), shell::flag("--name", repository));
            let actions = shell::flag("--action", actions);
            format!("`portreeve rules create {name}{subject}{repository}{actions}`")
        };
        let list = match self.login {
            Some(login) if !bearer.anonymous && login.is_key() => {
                let user = &login.user;
                let (robot, own) = (of(&format!("robot:{user}")), of(&format!("user:{user}")));
                format!("{robot} for a robot, {own} for a user")
            }
            Some(login) if !bearer.anonymous => of(&format!("user:{}", login.user)),
            _ => of("anonymous"),
        };
        match self.server.program {
            Program::Portreeve => format!("if this access is wanted: {list}"),
            Program::Other => "if this access is wanted, grant it at the token server".to_owned(),
            Program::Unknown => {
                format!(
                    "if this access is wanted, grant it at the token server; if the token server is Portreeve: {list}"
                )
            }
        }
    }
}
