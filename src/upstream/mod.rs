//! Who vouches for people: identity providers outside of this server, asked over the network.
//!
//! What comes from a provider is [`Tokens`], which prove nothing, until [`Upstream::describe`] has checked them and
//! made a [`Person`] of them. The answer to every question is one of four: the person, that the person is gone, and two
//! that cut nobody off: nothing clear about this person, or no answer about anybody. What must not go in: the store, the
//! policy, HTTP types of our own server.
//!
//! INVARIANT: only hosts that the operator lists are called. INVARIANT: no answer of a provider, which may hold
//! tokens, stands in an error.

mod answer;
mod error;
mod oidc;
mod providers;

pub use answer::{Answer, Exchanged, Tokens};
pub use oidc::Step;
pub use providers::{Upstream, Upstreams};

#[cfg(test)]
mod shape_tests;
