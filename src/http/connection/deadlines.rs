//! The time limits of each step of a connection, and its memory limits.

use std::time::Duration;

/// The longest time of a TLS handshake.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(3);
/// The longest time for the head of a request, from its first byte on. For the first head of a connection, the time
/// starts when the connection is open.
pub(super) const HEAD: Duration = Duration::from_secs(5);
/// The longest time for the client to take an answer. An answer that is sent part by part must instead
/// advance by [`PROGRESS`] in this time. Answers to several requests that arrived at once must together
/// advance by as much.
pub(super) const ANSWER: Duration = Duration::from_secs(30);
/// The number of bytes that an answer must advance within [`ANSWER`], if it is sent part by part.
pub(super) const PROGRESS: usize = 64 * 1024;
/// The longest time for which a connection may wait for its next request.
pub(super) const IDLE: Duration = Duration::from_secs(15);
/// The longest time for reading the unwanted rest of a body. It is a little less than a second, so that the connection
/// is closed within a second.
pub(super) const DRAIN: Duration = Duration::from_millis(900);
/// The most bytes of the unwanted rest of a body that the server reads.
pub(super) const DRAINED: usize = 64 * 1024;

/// The greatest length of a head, bytes. The query and `Authorization` may be 16 KiB long each.
pub(super) const LONGEST_HEAD: usize = 40 * 1024;
/// While the server answers a request, it stops reading ahead once this number of bytes waits.
pub(super) const AHEAD: usize = 4 * 1024;
/// The most bytes of a body that the server hands over before the reader asks for more.
pub(super) const WINDOW: usize = 32 * 1024;
/// The most bytes of an answer that the server hands over at once. Each buffer between handler and socket contains
/// about this number of bytes.
pub(super) const PIECE: usize = 8 * 1024;
