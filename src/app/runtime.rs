//! The runtime of commands.

/// A runtime for a command that ends by itself.
pub(super) fn for_command() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
