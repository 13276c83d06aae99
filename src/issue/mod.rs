//! The use case: a token request becomes an issued token.
//!
//! This module connects authentication (`authn`), the rules (`snapshot`) and the signature (`token`). It knows neither
//! HTTP nor SQL.

mod asked;
mod constant;
mod error;
mod grants;
mod issuer;
mod log;
mod request;

pub use error::IssueError;
pub use grants::Grants;
pub use issuer::{IssuedToken, TokenIssuer};
pub use request::{GrantType, TokenRequest};
