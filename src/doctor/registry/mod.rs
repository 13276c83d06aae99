//! The registry: how clients reach it, the content of its file and its log, how it treats tokens, and how it
//! reports events.

pub(super) mod address;
pub(super) mod bundle;
pub(super) mod challenge;
pub(super) mod configuration;
pub(super) mod file;
pub(super) mod listen;
pub(super) mod log;
pub(super) mod notifications;
pub(super) mod proxy;
pub(super) mod pull;
pub(super) mod push;
pub(super) mod reach;
pub(super) mod reception;
pub(super) mod repository;
