//! Which release this is.

/// The version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from; `None` where the build did not know.
pub const COMMIT: Option<&str> = option_env!("PORTREEVE_COMMIT");
