//! The use case: a token request becomes an issued token.
//!
//! Ties together who asks (`authn`), what the rules grant (`snapshot`), and the signature
//! (`token`). Knows neither HTTP nor SQL.

mod asked;
mod constant;
mod error;
mod issuer;
mod log;
mod request;

pub use error::IssueError;
pub use issuer::{IssuedToken, TokenIssuer};
pub use request::{GrantType, Presented, TokenRequest};
