//! The secrets of a server: what it wants of the files that hold them, and that nobody reads its memory.

use crate::config::Config;
use crate::domain::exposure::Guard;
use crate::token::KeysFolder;
use rustix::process::{DumpableBehavior, Resource, Rlimit, geteuid, set_dumpable_behavior, setrlimit};

/// What a server wants of the files that hold its secrets.
pub(super) fn guard(config: &Config) -> Guard {
    Guard { user: Some(geteuid().as_raw()), group_may_read: config.shared_secrets }
}

/// The keys folder of a server.
pub(super) fn keys_folder(config: &Config) -> KeysFolder {
    KeysFolder::new(&config.keys_dir).guarded(guard(config))
}

/// Keeps the memory of this process, which holds keys and passwords, from other processes of its user and from core
/// dumps. The superuser can still read it.
pub(super) fn hide_memory() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let dumps = setrlimit(Resource::Core, none);
    let hidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    if let Err(error) = dumps.and(hidden) {
        tracing::warn!(%error, "other processes of this user may read the memory of this one");
    }
}
