//! Tells the program which commit it is built from: `PORTREEVE_COMMIT`, the commit that `.git` beside this file
//! has checked out, else `unknown`.
//!
//! Reads files only: no program, no network. The same commit gives the same text, so builds stay reproducible.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = git_folder(Path::new(".git")).and_then(|folder| commit_of(&folder));
    println!("cargo::rustc-env=PORTREEVE_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
}

/// Reads a file, and has this script run again when the file changes.
fn read(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    println!("cargo::rerun-if-changed={}", path.display());
    Some(text.trim().to_owned())
}

/// The folder of this checkout. In a linked worktree `.git` is a file that names it.
// SPEC: gitrepository-layout(5).
fn git_folder(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    Some(PathBuf::from(read(git)?.strip_prefix("gitdir:")?.trim()))
}

/// The commit that `HEAD` names, itself or by a branch.
fn commit_of(folder: &Path) -> Option<String> {
    let head = read(&folder.join("HEAD"))?;
    // A commit always adds a line there, also where it makes a file that was not there to be watched.
    let _ = read(&folder.join("logs/HEAD"));
    let Some(branch) = head.strip_prefix("ref:").map(str::trim) else {
        return Some(head).filter(|text| is_commit(text));
    };
    // The branches of a linked worktree are in the folder that it shares with the others.
    let shared = read(&folder.join("commondir")).map_or_else(|| folder.to_owned(), |path| folder.join(path));
    let loose = read(&folder.join(branch)).or_else(|| read(&shared.join(branch)));
    loose.or_else(|| packed(&read(&shared.join("packed-refs"))?, branch)).filter(|text| is_commit(text))
}

/// The commit of a branch that has no file of its own.
fn packed(list: &str, branch: &str) -> Option<String> {
    let of = |line: &str| {
        line.split_once(' ').filter(|(_, name)| *name == branch).map(|(commit, _)| commit.to_owned())
    };
    list.lines().find_map(of)
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
