//! Who calls the administration API, and the proof that they are an administrator.

use super::error::ManageError;
use crate::authn::{Authenticated, Proof};
use crate::domain::change::Origin;

/// Somebody signed in to the administration API.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who, and how they proved it.
    pub who: Authenticated,
    /// What their writes are recorded with.
    pub origin: Origin,
}

/// A caller who is an administrator. Made by [`Caller::admin`] only.
#[derive(Debug, Clone)]
pub struct Admin {
    pub(super) origin: Origin,
}

impl Caller {
    /// The right to everything, if the caller has it.
    pub fn admin(&self) -> Result<Admin, ManageError> {
        self.unrestricted()?;
        if !self.who.found.row.admin {
            return Err(ManageError::NotAdministrator);
        }
        Ok(Admin { origin: self.origin.clone() })
    }

    /// Refuses access keys that are narrowed to some repositories.
    pub fn unrestricted(&self) -> Result<(), ManageError> {
        if self.who.restriction.is_some() {
            return Err(ManageError::Forbidden(
                "this access key is restricted to registry scopes: sign in with the password or an unrestricted key",
            ));
        }
        Ok(())
    }

    /// Refuses a browser session that did not begin a moment ago.
    pub fn fresh(&self) -> Result<(), ManageError> {
        match self.who.proof {
            Proof::Browser(session) if !session.is_fresh(self.origin.at) => Err(ManageError::SignInAgain),
            _ => Ok(()),
        }
    }

    /// Refuses everything but the password itself, and a browser session that began a moment ago.
    pub fn with_password(&self) -> Result<(), ManageError> {
        match self.who.proof {
            Proof::Password => Ok(()),
            Proof::Browser(_) => self.fresh(),
            _ => Err(ManageError::Forbidden("this needs the password itself, not an access key")),
        }
    }
}
