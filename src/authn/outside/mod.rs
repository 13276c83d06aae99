//! People of identity providers: they sign in at the provider. While they use their keys and sessions here, this
//! server checks them again at the provider.
//!
//! INVARIANT: a silent provider cuts nobody off until its last answer is too old. Then a client is told to try again,
//! and is never refused.
//! INVARIANT: only the holder of the claim on a person uses the person's refresh token, and stores a new refresh
//! token before anything else happens.
//! INVARIANT: one provider does not delay the people of another.

mod check;
mod due;
mod health;
mod held;
mod lines;
mod providers;
mod secrets;
mod settle;
mod sign_in;

pub use health::Health;
pub use providers::{NotAsked, Outside};
pub use secrets::{SecretError, Secrets};
pub use settle::Confirmed;
pub use sign_in::{OutsideError, Returned, SignedIn};
