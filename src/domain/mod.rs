//! The types and the decisions of the server, as pure code.
//!
//! Nothing here uses HTTP, SQL, files, the clock or randomness. Inputs are arguments and results are return values,
//! so tests can check every promise without a server. What must not go in: anything that can fail for a reason
//! other than bad input.

pub mod access;
mod action_set;
pub mod as_read;
pub mod change;
pub mod claims;
pub mod crawl;
pub mod dropped;
pub mod events;
pub mod exposure;
pub mod faults;
pub mod identity;
pub mod invalid;
pub mod key_origin;
pub mod kind;
mod nameless;
pub mod network;
pub mod policy;
pub mod refusal;
pub mod registry_configuration;
pub mod registry_notifications;
pub mod release;
pub mod resource;
pub mod schema;
pub mod scope;
pub mod secret;
pub mod selector;
pub mod service;
pub mod shell;
pub mod subject;
pub mod time;
pub mod unseen;
pub mod user_code;
pub mod verifier;
pub mod warning;
pub mod yaml_nesting;
