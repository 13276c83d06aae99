//! People of identity providers: signed in there, and checked there again while they use what they got here.
//!
//! INVARIANT: nobody is cut off because a provider is silent, until its last answer is too old; then the answer is
//! "try again", never a refusal. INVARIANT: whoever uses the refresh token of a person holds the claim on them, and a
//! new refresh token is stored before anything else happens. INVARIANT: what one provider does keeps nobody of another one
//! waiting.

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
