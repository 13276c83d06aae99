//! The token server: its address, its answers, its keys, and the tokens that it issues.

pub(super) mod keys;
pub(super) mod login;
pub(super) mod program;
pub(super) mod realm_address;
pub(super) mod service;
pub(super) mod source;
pub(super) mod token_server;
pub(super) mod visit;
