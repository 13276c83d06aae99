//! How long each step of a connection may take, and how much of it may wait in memory.

use std::time::Duration;

/// How long a TLS handshake may take.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(3);
/// How long the head of a request may take, from its first byte on. The first head of a connection counts
/// from the moment when the connection is open.
pub(super) const HEAD: Duration = Duration::from_secs(5);
/// How long the client may take for an answer. One that is sent part by part must get on by [`PROGRESS`] in
/// this time instead.
pub(super) const ANSWER: Duration = Duration::from_secs(30);
/// By how much an answer that is sent part by part must get on within [`ANSWER`], bytes.
pub(super) const PROGRESS: usize = 64 * 1024;
/// How long a connection may wait for its next request.
pub(super) const IDLE: Duration = Duration::from_secs(15);
/// How long the rest of a body is read that nobody wants. Somewhat less than the second that is promised, so
/// that the connection is gone by then.
pub(super) const DRAIN: Duration = Duration::from_millis(900);
/// How much of it is read, bytes.
pub(super) const DRAINED: usize = 64 * 1024;

/// Longest head, bytes. Query and `Authorization` may have 16 KiB each.
pub(super) const LONGEST_HEAD: usize = 64 * 1024;
/// How much is read of what follows a request while it is worked on, bytes.
pub(super) const AHEAD: usize = 4 * 1024;
/// How much of a body is handed over before its reader asks for more, bytes.
pub(super) const WINDOW: usize = 32 * 1024;
/// How much of an answer is handed over at once, and about how much of it waits in each buffer on its way,
/// bytes.
pub(super) const PIECE: usize = 8 * 1024;
