//! Identity providers, which this server asks over the network.
//!
//! A provider sends [`Tokens`]. They prove nothing until [`Upstream::describe`] has checked them and built a [`Person`]
//! from them. Every question has one of four answers: the person; the person is gone; the answer about this person is
//! unclear; the provider does not answer. Nobody loses access after the last two answers. The store, the policy, and
//! HTTP types of this server must not go in here.
//!
//! INVARIANT: the server calls only hosts that the operator lists. An error never contains an answer of the token
//! endpoint or of userinfo, except a cleaned error code of OAuth, because such an answer can contain tokens.

mod answer;
mod error;
mod oidc;
mod providers;

pub use answer::{Answer, Exchanged, Tokens};
pub use oidc::Step;
pub use providers::{Upstream, Upstreams};

#[cfg(test)]
mod shape_tests;
