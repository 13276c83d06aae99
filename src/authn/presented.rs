//! The credentials of a request, in each form in which a client may present them.

use super::authenticated::Authenticated;
use super::authenticator::Authenticator;
use super::credentials::Credentials;
use super::error::AuthnError;
use super::purpose::Purpose;
use crate::domain::refusal::Cause;
use crate::domain::secret::MachineCredential;
use crate::domain::subject::SubjectName;
use crate::domain::time::Timestamp;
use std::net::IpAddr;

/// The credentials of a request.
#[derive(Debug, Clone)]
pub enum Presented {
    /// There are no credentials.
    Nothing,
    /// A user name and a password, by Basic or in a form. Instead of the password, the client can send an access key or
    /// a refresh token.
    Login(Credentials),
    /// A machine credential without a user name: an access key, or a refresh token in a form.
    Machine(MachineCredential),
    /// A text that cannot be a credential of this server, and the reason.
    Unusable(Cause),
    /// This server itself acts as this robot, to crawl a registry.
    // INVARIANT: no request of a client becomes this; only the crawl makes it.
    Server(SubjectName),
}

impl Authenticator {
    /// Proves the credentials of a request. Returns `None` if the request has no credentials.
    pub async fn prove(
        &self,
        presented: &Presented,
        purpose: Purpose<'_>,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Option<Authenticated>, AuthnError> {
        match presented {
            Presented::Nothing => Ok(None),
            Presented::Unusable(cause) => Err(AuthnError::rejected(*cause)),
            Presented::Login(login) => self.authenticate(login, purpose, address, now).await.map(Some),
            Presented::Machine(key) => self.prove_machine(key, purpose, address, now).await.map(Some),
            Presented::Server(robot) => self.act_as(robot, now).await.map(Some),
        }
    }
}
