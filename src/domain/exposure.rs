//! Judges by owner and mode whether other users can read, write or replace a secret file or its folder.

use super::shell;
use std::path::Path;

/// The users who may own or read a secret file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guard {
    /// The user id of the process: only this user and root may own the file. `None` if the owner does not matter,
    /// for example if root runs a command on the server's files.
    pub user: Option<u32>,
    /// True if members of the group of a file may read the file.
    pub group_may_read: bool,
}

/// The reason why a secret file is not safe from other users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    /// Another user owns the file and could replace it.
    Foreign {
        /// The user id of the owner.
        owner: u32,
        /// The user id that should own the file.
        user: u32,
    },
    /// Other users may read or write the file.
    Open {
        /// The permission bits of the file.
        mode: u32,
        /// The permission bits that the file should have.
        wanted: u32,
        /// True if the only fault is that the members of the file's group may read the file.
        to_group_alone: bool,
    },
}

impl Guard {
    /// Judges a file or folder by its owner and its permission bits. Returns `None` if the file or folder is safe.
    #[must_use]
    pub fn judge(self, owner: u32, mode: u32, is_folder: bool) -> Option<Exposure> {
        let mode = mode & 0o777;
        if let Some(user) = self.user.filter(|user| owner != 0 && owner != *user) {
            return Some(Exposure::Foreign { owner, user });
        }
        let of_group = if is_folder { 0o050 } else { 0o040 };
        let allowed = if self.group_may_read { of_group } else { 0 };
        let wanted = if is_folder { 0o700 } else { 0o600 };
        let to_group_alone = mode & 0o077 & !of_group == 0;
        (mode & 0o077 & !allowed != 0).then_some(Exposure::Open {
            mode,
            wanted: wanted | allowed,
            to_group_alone,
        })
    }
}

impl Exposure {
    /// Returns a message that names the fault of the file and the command that corrects it.
    #[must_use]
    pub fn told(self, path: &Path) -> String {
        let (shown, quoted) = (path.display(), shell::path(path));
        match self {
            Self::Foreign { owner, user } => format!(
                "`{shown}` belongs to the user {owner}, who could replace it: run `chown {user} {quoted}`"
            ),
            Self::Open { mode, wanted, to_group_alone } => {
                let shared = ", or set --shared-secrets if its group may read it";
                let shared = if to_group_alone { shared } else { "" };
                format!(
                    "`{shown}` is open to others (mode {mode:03o}): run `chmod {wanted:o} {quoted}`{shared}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_judged_by_owner_and_mode() {
        let alone = Guard { user: Some(1000), group_may_read: false };
        let shared = Guard { group_may_read: true, ..alone };
        let told = |guard: Guard, owner, mode, is_folder| {
            guard.judge(owner, mode, is_folder).map(|why| why.told(Path::new("a b")))
        };
        for (guard, owner, mode, is_folder, words) in [
            (alone, 1000, 0o600, false, None),
            (alone, 0, 0o100_400, false, None),
            (
                alone,
                1001,
                0o600,
                false,
                Some("belongs to the user 1001, who could replace it: run `chown 1000 'a b'`"),
            ),
            (Guard::default(), 1001, 0o600, false, None),
            (alone, 1000, 0o640, false, Some("(mode 640): run `chmod 600 'a b'`, or set --shared-secrets")),
            (alone, 1000, 0o604, false, Some("(mode 604): run `chmod 600 'a b'`")),
            (alone, 1000, 0o750, true, Some("(mode 750): run `chmod 700 'a b'`, or set --shared-secrets")),
            (shared, 1000, 0o640, false, None),
            (shared, 0, 0o440, false, None),
            (shared, 1000, 0o660, false, Some("(mode 660): run `chmod 640 'a b'`")),
            (shared, 1000, 0o644, false, Some("(mode 644): run `chmod 640 'a b'`")),
            (shared, 1000, 0o750, true, None),
            (shared, 1000, 0o770, true, Some("(mode 770): run `chmod 750 'a b'`")),
            (shared, 1001, 0o640, false, Some("chown 1000")),
        ] {
            let told = told(guard, owner, mode, is_folder);
            assert_eq!(told.is_some(), words.is_some(), "{owner} {mode:o}: {told:?}");
            assert!(told.as_deref().unwrap_or_default().contains(words.unwrap_or_default()), "{told:?}");
            let is_shared = words.is_some_and(|words| words.contains("--shared"));
            assert_eq!(told.is_some_and(|told| told.contains("--shared")), is_shared, "{owner} {mode:o}");
        }
    }
}
