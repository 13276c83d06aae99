//! The reports of registries: an event, an envelope of events, the rows that events change, and the periods for which
//! the rows are kept or queried.
//!
//! INVARIANT: events never decide access. Events get lost, and their names and addresses are unproven claims.

mod apply;
mod day;
mod digest;
mod envelope;
mod event;
mod keep;
mod memory;
mod period;
mod writes;

pub use apply::{Reported, apply, asks_for_parents};
pub use day::{Day, month_of};
pub use digest::{Digest, NotADigest};
pub use envelope::{Envelope, LARGEST_ENVELOPE, Unreadable, is_tag};
pub use event::{EventAction, RegistryEvent, SUBJECT_LENGTH};
pub use keep::{InvalidKeep, Keep, Kept, cut_address};
pub use memory::Memory;
pub use period::{Days, NeitherDayNorTime, Period};
pub use writes::{
    DigestPull, ManifestKey, ManifestSeen, PullKey, RecentEvent, RepositoryKey, RepositorySeen, TagKey,
    TagSeen, UsageKey, UsageSum, Writes,
};
