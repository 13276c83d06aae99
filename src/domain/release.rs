//! The release of this program.

/// The version of the program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The platform that the program was built for, as the compiler names it, for example `x86_64-unknown-linux-gnu`.
pub const TARGET: &str = env!("BUILT_FOR");

/// The commit that the program was built from; `unknown` if the build did not know it.
pub const COMMIT: &str = match option_env!("PORTREEVE_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};
