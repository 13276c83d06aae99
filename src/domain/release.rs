//! Which release this is.

/// The version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from, `unknown` where the build did not know.
pub const COMMIT: &str = match option_env!("PORTREEVE_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};
