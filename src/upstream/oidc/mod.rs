//! OpenID Connect: the code flow, refresh tokens, ID tokens and userinfo.
// SPEC: OpenID Connect Core 1.0; RFC 6749, RFC 7636, RFC 9207, RFC 9700.

mod authorize;
mod call;
mod describe;
mod discovery;
mod exchange;
mod keys;
mod probe;
mod provider;

pub use probe::Step;
pub(super) use provider::Kept;
pub use provider::Oidc;

#[cfg(test)]
mod hostile_tests;
