//! The signing keys: changed under a lease, loaded from the folder, recorded in the audit trail.
//!
//! Replicas may share the folder. A process takes a lease in the database before it changes the folder, so one
//! process at a time changes it. Every replica looks at the folder twice a second.

mod change;
mod error;
mod lease;
mod serving;

pub use change::{Changed, LeasedFolder, revoke_without_database};
pub use error::SigningKeyError;
pub use lease::with_keys_lease;
pub use serving::SigningKeys;
