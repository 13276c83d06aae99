//! Which release this is.

/// The version of the release.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that the program was built from, `unknown` when it was built outside a git checkout.
pub const COMMIT: &str = env!("PORTREEVE_COMMIT");
