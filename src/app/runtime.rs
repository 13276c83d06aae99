//! The async runtime of commands.

/// Makes a runtime for a command.
pub(super) fn for_command() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
