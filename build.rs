//! Tells the program which commit and which crates it is built from, and for which target.
//!
//! `PORTREEVE_COMMIT` says it where there is no git, as in packages. Builds for development do not know it: they
//! would be compiled anew after every commit.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=PORTREEVE_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    let given = std::env::var("PORTREEVE_COMMIT").ok().filter(|commit| !commit.is_empty());
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = given.or_else(|| if is_release { of_git() } else { None });
    if let Some(commit) = commit {
        println!("cargo::rustc-env=PORTREEVE_COMMIT={commit}");
    }
    println!("cargo::rustc-env=BUILT_FOR={}", std::env::var("TARGET").unwrap_or_default());
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rustc-env=LOCKED_CRATES={}", crates().join(","));
}

/// The names of the crates as code writes them.
fn crates() -> Vec<String> {
    let lock = std::fs::read_to_string("Cargo.lock").unwrap_or_default();
    let name = |line: &str| Some(line.strip_prefix("name = \"")?.strip_suffix('"')?.replace('-', "_"));
    lock.lines().filter_map(name).collect()
}

/// The commit that is checked out. The build runs again when that changes.
fn of_git() -> Option<String> {
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    // The log of HEAD grows with each commit and each switch of branches.
    println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    Some(commit)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
