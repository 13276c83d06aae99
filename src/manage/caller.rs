//! The caller of the administration API, and the proof that the caller is an administrator.

use super::error::ManageError;
use crate::authn::{Authenticated, Proof};
use crate::domain::change::Origin;

/// A caller that has signed in to the administration API.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The authenticated caller, and how the caller proved its identity.
    pub who: Authenticated,
    /// The origin that the audit trail records for the caller's writes.
    pub origin: Origin,
}

/// A caller who is an administrator. Only [`Caller::admin`] makes it.
#[derive(Debug, Clone)]
pub struct Admin {
    pub(super) origin: Origin,
}

impl Caller {
    /// Returns the proof that the caller is an administrator. Fails for other callers, and for an access key that is
    /// restricted to some scopes.
    pub fn admin(&self) -> Result<Admin, ManageError> {
        self.unrestricted()?;
        if !self.who.found.row.admin {
            return Err(ManageError::NotAdministrator);
        }
        Ok(Admin { origin: self.origin.clone() })
    }

    /// Fails for an access key that is restricted to some scopes.
    pub fn unrestricted(&self) -> Result<(), ManageError> {
        if self.who.restriction.is_some() {
            return Err(ManageError::Forbidden(
                "this access key is restricted to registry scopes: sign in with the password or an unrestricted key",
            ));
        }
        Ok(())
    }

    /// Fails for a browser session without a recent sign-in.
    pub fn fresh(&self) -> Result<(), ManageError> {
        match self.who.proof {
            Proof::Browser(session) if !session.is_fresh(self.origin.at) => Err(ManageError::SignInAgain),
            _ => Ok(()),
        }
    }

    /// Fails unless the caller signed in with the password itself, or has a browser session with a recent sign-in.
    pub fn with_password(&self) -> Result<(), ManageError> {
        match self.who.proof {
            Proof::Password => Ok(()),
            Proof::Browser(_) => self.fresh(),
            _ => Err(ManageError::Forbidden("this needs the password itself, not an access key")),
        }
    }
}
