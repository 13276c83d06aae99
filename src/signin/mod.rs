//! How people sign in: browser sessions, devices that wait for an approval, and what is under way until a sign-in is
//! complete. Knows nothing of HTTP, cookies or pages.
//!
//! [`SignIn`] is the way in. What a page or a provider's callback does with it:
//!
//! ```text
//! // A page begins something that must come back once: a sign-in with a provider.
//! let secret = signin.begin_flow(details, &visit, now).await?;      // the cookie's value
//! let state = signin::derived(&secret, "state");                                      // and nonce, verifier
//! // It comes back: of several who present the secret, one gets the flow.
//! let flow = signin.take_flow(&secret, now).await?;                 // None: unknown, used, ended
//! signin::is_derived(&secret, "state", answered);                                     // in constant time
//! // Somebody was vouched for: their row begins a browser session.
//! let cookie = signin.begin_session(&stored.row, &visit, provider_sid, old, now).await?;
//! // Each page asks who is there.
//! let who = authn.prove_browser(&cookie, now).await?;                                  // None: it has ended
//! // Sign-out.
//! signin.end_session(&cookie).await?;
//! ```
//!
//! INVARIANT: the store has digests only, and a flow is taken by one statement that deletes it.

mod browser;
mod derived;
mod device;
mod error;
mod flows;
mod offers;
mod sign_in;

pub use browser::Begun;
pub use derived::{derived, is_derived};
pub use device::{BegunDevice, DeviceError, DeviceKey, INTERVAL_SECONDS, KEY_SECONDS, Typed, WaitingDevice};
pub use error::SignInError;
pub use flows::FLOW_SECONDS;
pub use offers::{Offers, ProviderOffer};
pub use sign_in::{SignIn, Visit};
