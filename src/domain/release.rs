//! Which release this is.

/// The version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What it was built for, as the compiler names it: `x86_64-unknown-linux-gnu`.
pub const TARGET: &str = env!("BUILT_FOR");

/// The commit that it was built from, `unknown` where the build did not know.
pub const COMMIT: &str = match option_env!("PORTREEVE_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};
