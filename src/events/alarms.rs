//! Raises an alarm for a push, a mount or a deletion that no token of that day granted. Near midnight, a token of the
//! neighbouring day also counts. The alarm means one of three things: the registry's bundle contains another issuer's
//! certificate, a signing key was stolen, or notes of grants were lost.
//!
//! Each server writes the grants of its tokens once a minute. So the search examines a change only some minutes after
//! the server recorded the change.

use crate::domain::events::{Day, EventAction, Keep, Kept};
use crate::domain::time::Timestamp;
use crate::metrics::Metrics;
use crate::storage::StoreError;
use crate::storage::events::{ActivityRow, EventReader, EventStore};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// The time between the record of a change and the search for its grant, in seconds.
pub const SETTLED_SECONDS: i64 = 180;
/// The longest life of a token, in seconds. A token that was issued before midnight can be used after midnight.
const TOKEN_SECONDS: i64 = 3600;
/// The number of changes that one query reads.
const PAGE: i64 = 500;
/// The greatest number of alarms that the search remembers, so that it reports each alarm once. At this number, the
/// search forgets all alarms, and can report an alarm again.
const MOST_SOUNDED: usize = 10_000;
/// The name of the note with the place of the search. The note contains the number of the last event that the search
/// has passed, and the time from which on a change without a grant raises an alarm.
const MARK: &str = "alarms";

/// The key of an alarm: day, service, repository, subject and right. Alarms with the same key are reported once.
type About = (String, String, String, String, &'static str);

/// Looks for changes that no token granted.
pub struct Alarms {
    store: EventStore,
    keep: Keep,
    metrics: Arc<Metrics>,
    /// The counter of events at the time of each recent run of the search. The counter is at least the number of the
    /// last event.
    settling: VecDeque<(Timestamp, i64)>,
    sounded: HashSet<About>,
}

impl Alarms {
    /// Builds the search for changes that no token granted.
    #[must_use]
    pub fn new(store: EventStore, keep: Keep, metrics: Arc<Metrics>) -> Self {
        Self { store, keep, metrics, settling: VecDeque::new(), sounded: HashSet::new() }
    }

    /// Examines the changes that are old enough at `now`. Does nothing if grants or changes are not stored. Call this
    /// function once a minute, on one server only.
    pub async fn look(&mut self, now: Timestamp) -> Result<(), StoreError> {
        if !self.keep.stores(Kept::Grants) || !self.keep.stores(Kept::Changes) {
            return Ok(());
        }
        let mut reader = self.store.read().await?;
        let last = reader.last_number().await?;
        let Some((mut seen, since)) = reader.mark(MARK).await?.as_deref().and_then(parse) else {
            drop(reader);
            // Some valid tokens were issued before the server began to note grants. Changes with these tokens must not
            // raise an alarm.
            return self.note(last, now.plus_seconds(TOKEN_SECONDS)).await;
        };
        self.settling.push_back((now, last));
        let mut settled = None;
        while let Some((at, number)) = self.settling.front().copied() {
            // A clock that was set back must not stop the search.
            if at <= now && now < at.plus_seconds(SETTLED_SECONDS) {
                break;
            }
            settled = Some(number);
            self.settling.pop_front();
        }
        let Some(settled) = settled else { return Ok(()) };
        // A change may have a grant whose note was lost. Such a change must not raise an alarm.
        let lost = reader.lost_grant_at().await?;
        let judged = lost.map_or(since, |lost| since.max(lost.plus_seconds(TOKEN_SECONDS)));
        loop {
            let changes = reader.changes_between(seen, settled, PAGE).await?;
            let is_last = i64::try_from(changes.len()).is_ok_and(|count| count < PAGE);
            self.judge(&mut reader, &changes, judged).await?;
            seen = changes.last().map_or(settled, |change| change.seq);
            if is_last {
                drop(reader);
                return self.note(settled.max(seen), since).await;
            }
        }
    }

    async fn judge(
        &mut self,
        reader: &mut EventReader,
        changes: &[ActivityRow],
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let mut known: HashMap<About, bool> = HashMap::new();
        for change in changes.iter().filter(|change| change.at >= since) {
            let action: Option<EventAction> = change.action.parse().ok();
            let Some(right) = action.and_then(EventAction::right) else { continue };
            let about = about(change, right);
            let was_granted = match known.get(&about) {
                Some(known) => *known,
                None => reader.was_granted(change, right, TOKEN_SECONDS).await?,
            };
            known.insert(about.clone(), was_granted);
            if !was_granted && self.is_first(about) {
                self.sound(change, right);
            }
        }
        Ok(())
    }

    fn is_first(&mut self, about: About) -> bool {
        if self.sounded.len() >= MOST_SOUNDED {
            self.sounded.clear();
        }
        self.sounded.insert(about)
    }

    fn sound(&self, change: &ActivityRow, right: &'static str) {
        self.metrics.count_event_alarm(right);
        tracing::error!(
            event = "ungranted_change",
            service = change.service,
            repository = change.repository,
            action = change.action,
            tag = change.tag,
            digest = change.digest,
            subject = if change.subject.is_empty() { "anonymous" } else { change.subject.as_str() },
            address = change.address,
            at = %change.at,
            "a registry reports a change that no token of that day granted: check whether the registry's bundle contains another issuer's certificate, and whether a signing key was stolen"
        );
    }

    async fn note(&self, number: i64, since: Timestamp) -> Result<(), StoreError> {
        self.store.note(MARK, format!("{number} {}", since.as_micros())).await
    }
}

fn about(change: &ActivityRow, right: &'static str) -> About {
    let day = Day::of(change.at).to_string();
    (day, change.service.clone(), change.repository.clone(), change.subject.clone(), right)
}

fn parse(text: &str) -> Option<(i64, Timestamp)> {
    let (number, since) = text.split_once(' ')?;
    Some((number.parse().ok()?, Timestamp::from_micros(since.parse().ok()?)))
}
