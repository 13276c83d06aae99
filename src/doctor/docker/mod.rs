//! Docker on this machine: how its files make it trust a registry, and requests in the way docker sends them.

pub(super) mod client;
pub(super) mod files;
pub(super) mod folder;
pub(super) mod hosts_toml;
pub(super) mod insecure;
