//! The sign-in of people: browser sessions, devices that wait for approval, and flows, which store unfinished sign-ins.
//! This module knows nothing of HTTP, cookies or pages.
//!
//! The API is [`SignIn`]. A page or a provider's callback uses it like this:
//!
//! ```text
//! // A page begins a sign-in with a provider, from which the browser comes back once.
//! let secret = signin.begin_flow(details, &visit, now).await?;      // the cookie's value
//! let state = signin::derived(&secret, "state");                                      // and nonce, verifier
//! // The browser comes back. If several requests present the secret, only one gets the flow.
//! let flow = signin.take_flow(&secret, now).await?;                 // None: unknown, used, ended
//! signin::is_derived(&secret, "state", answered);                                     // in constant time
//! // The provider vouches for a user. The row of that user begins a browser session.
//! let cookie = signin.begin_session(&stored.row, &visit, provider_sid, old, now).await?;
//! // Each page asks who is signed in.
//! let who = authn.prove_browser(&cookie, now).await?;                                  // None: it has ended
//! // Sign-out.
//! signin.end_session(&cookie).await?;
//! ```
//!
//! INVARIANT: the store contains only digests of secrets. One statement takes a flow and deletes it.

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
