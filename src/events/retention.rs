//! Deletes rows whose period has ended, adds up usage by month, and cuts or deletes old addresses.

use super::pauses::{PORTION, Turn};
use crate::causes::causes;
use crate::domain::events::{Day, EventAction, Keep, Kept, cut_address, month_of};
use crate::domain::time::Timestamp;
use crate::storage::StoreError;
use crate::storage::events::{EventStore, PartPlace, Portion, UsageAddress, UsagePlace};
use std::time::{Duration, Instant};

/// The time for which a deleted tag, manifest or repository stays known, in seconds: 7 days. An event from before the
/// deletion may still arrive.
const LATE_SECONDS: i64 = 7 * 86_400;
/// The time without a report after which the server forgets a process of a registry, in seconds: 100 days.
const SILENT_SECONDS: i64 = 100 * 86_400;
/// The number of past days that each run looks at again, because an event may arrive late.
const LATE_DAYS: i64 = 7;
/// The name of the note with the number of the last event up to which addresses were cut.
const CUT: &str = "addresses_cut";
/// The name of the note with the number of the last event up to which addresses were deleted.
const FORGOTTEN: &str = "addresses_forgotten";
/// The name of the note with the day before which the addresses in usage were cut.
const USAGE_CUT: &str = "usage_addresses_cut";
/// The name of the note with the day before which the addresses in usage were deleted.
const USAGE_FORGOTTEN: &str = "usage_addresses_forgotten";
/// The number of links from parts to indexes that one transaction deletes. Each link is a statement of its own.
const FEW_PARTS: usize = 50;
/// The name of the note with the day on which the links from parts to indexes were last read.
const PARTS_READ: &str = "parts_read";
/// The name of the note with the first day that the next run adds up by month.
const SUMMED_UP: &str = "summed_up";

/// The result of a purge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PurgedEvents {
    /// The number of deleted rows.
    pub deleted: u64,
    /// The number of daily rows that were added up by month.
    pub summed_up: u64,
    /// The number of addresses that were cut or deleted.
    pub addresses: u64,
}

/// Deletes the rows whose period has ended, adds up old usage by month, and cuts or deletes old addresses. Ends early
/// if another server takes the turn, or if the lease cannot be renewed.
pub async fn purge_events<N: Fn() -> Timestamp>(
    store: &EventStore,
    keep: &Keep,
    turn: &mut Turn<'_, N>,
) -> Result<PurgedEvents, StoreError> {
    let mut purge =
        Purge { store, keep, now: turn.now(), turn, done: PurgedEvents::default(), is_held: true };
    purge.run().await?;
    Ok(purge.done)
}

struct Purge<'a, 't, N> {
    store: &'a EventStore,
    keep: &'a Keep,
    now: Timestamp,
    turn: &'a mut Turn<'t, N>,
    done: PurgedEvents,
    /// True if this server still has the turn.
    is_held: bool,
}

impl<N: Fn() -> Timestamp> Purge<'_, '_, N> {
    /// Runs every step, even after a step that failed, as long as this server has the turn. Returns the first error at
    /// the end.
    async fn run(&mut self) -> Result<(), StoreError> {
        let mut fault = None;
        // Addresses of people come first: no other error may prevent their deletion.
        keep_first(&mut fault, "addresses", self.event_addresses().await);
        keep_first(&mut fault, "addresses in usage", self.usage_addresses().await);
        let days = Day::of(self.keep.oldest(Kept::Days, self.now)).to_string();
        if self.keep.stores(Kept::Months) {
            keep_first(&mut fault, "days", self.sum_up(&days).await);
        }
        match self.oldest_kept_pull().await {
            Ok(pulls) => {
                if let Some(last) = pulls {
                    keep_first(&mut fault, "single pulls", self.delete(Portion::Pulls(last)).await);
                }
            }
            Err(error) => keep_first(&mut fault, "single pulls", Err(error)),
        }
        for (what, portion) in self.portions(days) {
            keep_first(&mut fault, what, self.delete(portion).await);
        }
        keep_first(&mut fault, "parts of indexes", self.parts().await);
        fault.map_or(Ok(()), Err)
    }

    async fn oldest_kept_pull(&self) -> Result<Option<i64>, StoreError> {
        self.store.read().await?.oldest_kept_pull(self.keep.period(Kept::Pulls)).await
    }

    /// Lists the kinds of rows to delete, each with its name in the log.
    fn portions(&self, days: String) -> Vec<(&'static str, Portion)> {
        let oldest = |kept| self.keep.oldest(kept, self.now);
        let gone = self.now.plus_seconds(-LATE_SECONDS);
        let months = month_of(Day::of(oldest(Kept::Months)).as_str()).to_owned();
        let mut portions = Vec::new();
        for action in [EventAction::Push, EventAction::Mount, EventAction::Delete] {
            portions.push(("single changes", Portion::Changes(action.as_str(), oldest(Kept::Changes))));
        }
        portions.extend([
            ("pulls of digests", Portion::DigestPulls(oldest(Kept::Digests))),
            ("grants", Portion::Grants(Day::of(oldest(Kept::Grants)).to_string())),
            ("usage", Portion::Usage(if self.keep.stores(Kept::Months) { months } else { days })),
            ("tags", Portion::Tags(gone)),
            ("tags of manifests", Portion::TagsOfManifests(gone)),
            ("tags of repositories", Portion::TagsOfRepositories(gone)),
            ("manifests", Portion::Manifests(gone)),
            ("manifests of repositories", Portion::ManifestsOfRepositories(gone)),
            ("repositories", Portion::Repositories(gone)),
            ("processes of registries", Portion::Sources(self.now.plus_seconds(-SILENT_SECONDS))),
        ]);
        portions
    }

    async fn rest(&mut self, took: Duration) -> Result<(), StoreError> {
        let rested = self.turn.rest(took).await;
        self.is_held &= matches!(rested, Ok(true));
        rested.map(drop)
    }

    async fn delete(&mut self, portion: Portion) -> Result<(), StoreError> {
        while self.is_held {
            let (began, some) = (Instant::now(), portion.clone());
            let deleted = self
                .store
                .write(move |mut tx| Box::pin(async move { tx.purge(some, PORTION).await }))
                .await?;
            self.done.deleted += deleted;
            self.rest(began.elapsed()).await?;
            if deleted < PORTION.unsigned_abs() {
                break;
            }
        }
        Ok(())
    }

    /// Deletes the links from parts to indexes that are not stored any more. Reads all links, in portions, once a day.
    async fn parts(&mut self) -> Result<(), StoreError> {
        let today = Day::of(self.now).to_string();
        if self.store.read().await?.mark(PARTS_READ).await?.is_some_and(|day| day >= today) {
            return Ok(());
        }
        let mut place = PartPlace::default();
        while self.is_held {
            let began = Instant::now();
            let found = self.store.read().await?.parts(&place, PORTION).await?;
            let Some((last, _)) = found.last() else {
                return self.store.note(PARTS_READ, today).await;
            };
            place.clone_from(last);
            let gone: Vec<PartPlace> =
                found.into_iter().filter_map(|(place, is_stored)| (!is_stored).then_some(place)).collect();
            for some in gone.chunks(FEW_PARTS) {
                let some = some.to_vec();
                self.done.deleted += self
                    .store
                    .write(move |mut tx| Box::pin(async move { tx.delete_parts(&some).await }))
                    .await?;
            }
            self.rest(began.elapsed()).await?;
        }
        Ok(())
    }

    /// Adds up the days before `before` by month.
    async fn sum_up(&mut self, before: &str) -> Result<(), StoreError> {
        let noted = self.store.read().await?.mark(SUMMED_UP).await?.unwrap_or_default();
        while self.is_held {
            let (began, first, end) = (Instant::now(), noted.clone(), before.to_owned());
            let rows = self
                .store
                .write(move |mut tx| Box::pin(async move { tx.sum_up_days(&first, &end, PORTION).await }))
                .await?;
            self.done.summed_up += u64::try_from(rows).unwrap_or_default();
            self.rest(began.elapsed()).await?;
            if i64::try_from(rows).is_ok_and(|rows| rows < PORTION) {
                let again = self.keep.oldest(Kept::Days, self.now).plus_seconds(-LATE_DAYS * 86_400);
                return self.store.note(SUMMED_UP, Day::of(again).to_string()).await;
            }
        }
        Ok(())
    }

    /// Cuts the addresses of old events to their networks, and deletes the addresses of even older events.
    async fn event_addresses(&mut self) -> Result<(), StoreError> {
        let cut = self.addresses(CUT, self.keep.oldest(Kept::FullAddresses, self.now), cut_address).await;
        let forget = |_: &str| Some(String::new());
        let gone = self.addresses(FORGOTTEN, self.keep.oldest(Kept::Addresses, self.now), forget).await;
        cut.and(gone)
    }

    /// Replaces the addresses of events up to the first event that is not older than `before`. `mark` is the name of
    /// the note with the number of the last event that was looked at.
    async fn addresses(
        &mut self,
        mark: &'static str,
        before: Timestamp,
        replace: impl Fn(&str) -> Option<String>,
    ) -> Result<(), StoreError> {
        let noted = self.store.read().await?.mark(mark).await?;
        let mut last: i64 = noted.and_then(|text| text.parse().ok()).unwrap_or_default();
        while self.is_held {
            let began = Instant::now();
            let found = self.store.read().await?.old_addresses(last, before, PORTION).await?;
            let Some((end, _)) = found.last() else { break };
            last = *end;
            let replaced: Vec<_> =
                found.iter().filter_map(|(number, text)| Some((*number, replace(text)?))).collect();
            self.done.addresses += u64::try_from(replaced.len()).unwrap_or_default();
            let note = last.to_string();
            self.store
                .write(move |mut tx| {
                    Box::pin(async move {
                        tx.put_mark(mark, &note).await?;
                        tx.replace_addresses(&replaced).await
                    })
                })
                .await?;
            self.rest(began.elapsed()).await?;
        }
        Ok(())
    }

    /// Cuts the addresses in old usage to their networks, and deletes the addresses in even older usage, once a day.
    async fn usage_addresses(&mut self) -> Result<(), StoreError> {
        let forget = |_: &str| Some(String::new());
        let cut = self.keep.oldest(Kept::FullAddresses, self.now);
        let cut = self.usage_addresses_by(USAGE_CUT, cut, cut_address).await;
        let gone = self.keep.oldest(Kept::Addresses, self.now);
        cut.and(self.usage_addresses_by(USAGE_FORGOTTEN, gone, forget).await)
    }

    async fn usage_addresses_by(
        &mut self,
        mark: &'static str,
        before: Timestamp,
        replace: impl Fn(&str) -> Option<String>,
    ) -> Result<(), StoreError> {
        let end = Day::of(before).to_string();
        let done = self.store.read().await?.mark(mark).await?.unwrap_or_default();
        if done >= end {
            return Ok(());
        }
        // The last days are read again, because an event may arrive late.
        let first = if done.is_empty() {
            String::new()
        } else {
            Day::of(before.plus_seconds(-LATE_DAYS * 86_400)).to_string().min(done)
        };
        let mut place: UsagePlace = [first, String::new(), String::new(), String::new(), String::new()];
        while self.is_held {
            let began = Instant::now();
            let found = self.store.read().await?.usage_addresses(&place, &end, PORTION).await?;
            let Some(last) = found.last() else {
                return self.store.note(mark, end).await;
            };
            place.clone_from(&last.place);
            let replaced: Vec<UsageAddress> = found
                .into_iter()
                .filter_map(|one| Some(UsageAddress { address: replace(&one.address)?, ..one }))
                .collect();
            self.done.addresses += u64::try_from(replaced.len()).unwrap_or_default();
            if !replaced.is_empty() {
                self.store
                    .write(move |mut tx| Box::pin(async move { tx.replace_usage_addresses(&replaced).await }))
                    .await?;
            }
            self.rest(began.elapsed()).await?;
        }
        Ok(())
    }
}

/// Logs the error of a result, and keeps the first error in `fault`. `what` names the step in the log.
fn keep_first(fault: &mut Option<StoreError>, what: &'static str, result: Result<(), StoreError>) {
    let Err(error) = result else { return };
    tracing::warn!(
        what,
        error = causes(&error),
        "some rows about the events of registries could not be purged"
    );
    fault.get_or_insert(error);
}
