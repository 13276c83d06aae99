//! Reads single events, newest first.

use super::super::error::StoreError;
use super::super::page::PAST_EVERY_TEXT;
use super::super::reader::{field, time};
use super::EventReader;
use super::read_statements::{ACTIVITY_PLACE, ACTIVITY_PLACE_IN, LIST_ACTIVITY, LIST_ACTIVITY_IN};
use super::read_usage::Part;
use crate::domain::events::Period;
use crate::domain::time::Timestamp;
use sqlx::any::AnyRow;
use std::cmp::Reverse;

/// The greatest number of events of each action that one page looks at.
const WINDOW: i64 = 10_000;

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityRow {
    /// The number of the event. Events are numbered in the order of their arrival.
    pub seq: i64,
    /// The time of the event.
    pub at: Timestamp,
    /// The service of the registry that reported the event.
    pub service: String,
    /// The action: `pull`, `push`, `mount` or `delete`.
    pub action: String,
    /// The name of the repository.
    pub repository: String,
    /// The name of the tag; empty if it is not known.
    pub tag: String,
    /// The digest of the manifest or layer; empty if the registry did not report one.
    pub digest: String,
    /// The subject that acted; empty for anonymous.
    pub subject: String,
    /// The address of the client, or only the network of the client; empty if the address was not reported, is no
    /// longer stored, or was of a deleted user.
    pub address: String,
    /// The program of the client; empty if it was not reported, or was of a deleted user.
    pub agent: String,
}

/// The filter of a list of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// The permitted actions.
    pub actions: Vec<&'static str>,
    /// Only events of this service.
    pub service: Option<String>,
    /// Only events in this repository.
    pub repository: Option<String>,
    /// Only events in repositories whose names begin with this text.
    pub prefix: String,
    /// Only events of this subject; the text is empty for anonymous.
    pub subject: Option<String>,
    /// Only events of this digest.
    pub digest: Option<String>,
}

/// The place of an event in the list: its time in microseconds, and its number.
pub type Moment = (i64, i64);

/// Reads an event from its row.
pub(super) fn event(row: &AnyRow) -> Result<ActivityRow, StoreError> {
    Ok(ActivityRow {
        seq: field(row, "seq")?,
        at: time(row, "at")?,
        service: field(row, "service")?,
        action: field(row, "action")?,
        repository: field(row, "repository")?,
        tag: field(row, "tag")?,
        digest: field(row, "digest")?,
        subject: field(row, "subject")?,
        address: field(row, "address")?,
        agent: field(row, "agent")?,
    })
}

impl ActivityRow {
    fn moment(&self) -> Moment {
        (self.at.as_micros(), self.seq)
    }
}

impl EventReader {
    /// Reads at most `most` events of a period that come before the place `before`, newest first. Looks at a limited
    /// number of rows, so the page can contain few events although more events exist.
    pub async fn list_activity(
        &mut self,
        filter: &ActivityFilter,
        period: Period,
        before: Option<Moment>,
        most: usize,
    ) -> Result<Part<ActivityRow, Moment>, StoreError> {
        let before = before.unwrap_or((i64::MAX, i64::MAX)).min((period.until.as_micros(), i64::MIN));
        let (mut items, mut floor) = (Vec::new(), None);
        for action in &filter.actions {
            let end = self.window_end(filter, action, period, before).await?;
            items.extend(
                self.window(filter, action, (before, end.unwrap_or((period.from.as_micros(), 0))), most)
                    .await?,
            );
            floor = floor.max(end);
        }
        items.sort_by_key(|event: &ActivityRow| Reverse(event.moment()));
        // Events before `floor` may be incomplete, because this page did not look at all actions there.
        items.retain(|event| floor.is_none_or(|floor| event.moment() >= floor));
        let is_more = items.len() > most;
        items.truncate(most);
        let next = if is_more { items.last().map(ActivityRow::moment) } else { floor };
        Ok(Part { items, next })
    }

    /// Reads the place of the last event in the window of an action. Returns `None` if the window reaches the beginning
    /// of the period.
    async fn window_end(
        &mut self,
        filter: &ActivityFilter,
        action: &'static str,
        period: Period,
        before: Moment,
    ) -> Result<Option<Moment>, StoreError> {
        let statement = if filter.repository.is_some() { ACTIVITY_PLACE_IN } else { ACTIVITY_PLACE };
        let query = sqlx::query(statement).bind(action).bind(before.0).bind(before.1);
        let query = query.bind(period.from.as_micros()).bind(WINDOW);
        let query = match &filter.repository {
            Some(repository) => query.bind(repository.clone()),
            None => query,
        };
        let row = self.reader.one(query).await?;
        row.map(|row| Ok((field(&row, "at")?, field(&row, "seq")?))).transpose()
    }

    /// Reads the events of an action before `before`, newest first, down to `end`. Reads at most one event more than
    /// the page shows.
    async fn window(
        &mut self,
        filter: &ActivityFilter,
        action: &'static str,
        (before, end): (Moment, Moment),
        most: usize,
    ) -> Result<Vec<ActivityRow>, StoreError> {
        let statement = if filter.repository.is_some() { LIST_ACTIVITY_IN } else { LIST_ACTIVITY };
        let query = sqlx::query(statement)
            .bind(action)
            .bind(before.0)
            .bind(before.1)
            .bind(end.0)
            .bind(end.1)
            .bind(filter.service.clone().unwrap_or_default())
            .bind(i64::from(filter.subject.is_some()))
            .bind(filter.subject.clone().unwrap_or_default())
            .bind(filter.digest.clone().unwrap_or_default())
            .bind(filter.prefix.clone())
            .bind(format!("{}{PAST_EVERY_TEXT}", filter.prefix))
            .bind(i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1));
        let query = match &filter.repository {
            Some(repository) => query.bind(repository.clone()),
            None => query,
        };
        self.reader.all(query).await?.iter().map(event).collect()
    }
}
