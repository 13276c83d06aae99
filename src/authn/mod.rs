//! Proves who a client is, from the credentials that it presents. Reads the store and the snapshot. Writes refresh
//! tokens, better hashes, last-used marks, and the accounts of people of identity providers. Never sees the policy, and
//! knows nothing of HTTP.
//!
//! [`Authenticator`] is the entry: it turns [`Credentials`] into [`Authenticated`] for a [`Purpose`], or fails with
//! an [`AuthnError`].

mod access_key;
mod attempt;
mod authenticated;
mod authenticator;
mod browser;
mod cache;
mod credentials;
mod error;
mod hashing;
mod identities;
mod last_used;
mod named;
mod outside;
mod password;
mod presented;
mod purpose;
mod refresh;
mod reservation;
mod start_session;
mod throttle;
mod turns;
mod underway;
mod verdicts;

pub use attempt::Attempt;
pub use authenticated::{Authenticated, BrowserSession, FRESH_SECONDS, Proof, earlier, is_active};
pub use authenticator::Authenticator;
pub use browser::{BROWSER_IDLE_SECONDS, BROWSER_LIFE_SECONDS};
pub use cache::Hits;
pub use credentials::{Credentials, digest};
pub use error::{AuthnError, Rejection};
pub use hashing::{HashError, ImportedHash};
pub use last_used::LastUsed;
pub use named::Named;
pub use outside::{
    Confirmed, Health, NotAsked, Outside, OutsideError, Returned, SecretError, Secrets, SignedIn,
};
pub use password::PasswordGate;
pub use presented::Presented;
pub use purpose::Purpose;
pub use refresh::{ABSOLUTE_LIFE_SECONDS, IDLE_LIFE_SECONDS};
pub use throttle::Throttled;
