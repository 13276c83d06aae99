//! The signing keys: changed under a lease, loaded from the folder, recorded in the audit trail.
//!
//! Replicas may share the folder. Whoever changes it holds a lease of the database, so that only one process
//! does; every replica looks at the folder twice a second.

mod change;
mod error;
mod lease;
mod serving;

pub use change::{Changed, LeasedFolder, revoke_without_database};
pub use error::SigningKeyError;
pub use lease::with_keys_lease;
pub use serving::SigningKeys;
