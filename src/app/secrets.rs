//! The server's rules for files with secrets, and the protection of its memory.

use crate::config::Config;
use crate::domain::exposure::Guard;
use crate::token::KeysFolder;
use rustix::process::{DumpableBehavior, Resource, Rlimit, geteuid, set_dumpable_behavior, setrlimit};

/// Returns the server's rules for files with secrets: their owner, and who may read them.
pub(super) fn guard(config: &Config) -> Guard {
    Guard { user: Some(geteuid().as_raw()), group_may_read: config.shared_secrets }
}

/// Returns the keys folder of a server, with the server's rules for its files.
pub(super) fn keys_folder(config: &Config) -> KeysFolder {
    KeysFolder::new(&config.keys_dir).guarded(guard(config))
}

/// Prevents other processes of the same user from reading this process's memory, and prevents core dumps,
/// because the memory contains keys and passwords. Root can still read the memory.
pub(super) fn hide_memory() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let dumps = setrlimit(Resource::Core, none);
    let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    if let Err(error) = dumps.and(hidden) {
        tracing::warn!(%error, "other processes of this user may read the memory of this one");
    }
}
