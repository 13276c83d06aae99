//! The reports of registries. The server receives them, counts each event once, stores the events, and deletes them
//! after their period. The server also looks for changes that no token granted, and gives deleted users a pseudonym.
//!
//! A registry sends an event until the server acknowledges it. So the server answers after the commit, and never
//! refuses a report for its content. An overloaded server answers that it is busy, and the registry keeps the event.
//! Nothing in this module may decide about access, because events get lost and their content is only a claim.

mod alarms;
mod error;
mod forget;
mod pauses;
mod queue;
mod receiver;
mod record;
mod retention;
mod seldom;
mod start;
mod writer;

pub use alarms::{Alarms, SETTLED_SECONDS};
pub use error::ReceiveError;
pub use forget::{ForgetError, forget_deleted};
pub use pauses::Turn;
pub use queue::Room;
pub use receiver::{Admitted, Arrival, Receiver};
pub use record::{Recorded, Recorder, Report};
pub use retention::{PurgedEvents, purge_events};
pub use start::begin;
pub use writer::Writer;
