//! Reads the usage of a period, and the pulls of a manifest.

use super::super::error::StoreError;
use super::super::page::PAST_EVERY_TEXT;
use super::super::reader::{field, time};
use super::EventReader;
use super::read_statements::{LIST_PULLS, LIST_USAGE, LIST_USAGE_OF, USAGE_PLACE, USAGE_PLACE_OF};
use crate::domain::events::{Days, Period};
use crate::domain::time::Timestamp;
use sqlx::any::AnyRow;

/// The greatest number of daily or monthly rows that one page looks at.
const WINDOW: i64 = 10_000;

/// The key of a line of usage: repository, service, subject and action. Lists are sorted by this key.
pub type UsageTriple = [String; 4];

/// The usage of a repository by a subject with one action, added up over a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageLine {
    /// The repository, the service, the subject and the action.
    pub key: UsageTriple,
    /// The number of uses.
    pub count: i64,
    /// The time of the first use.
    pub first_at: Timestamp,
    /// The time of the last use.
    pub last_at: Timestamp,
}

/// The filter of a list of usage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UsageFilter {
    /// Only usage of this service.
    pub service: Option<String>,
    /// Only usage of this repository.
    pub repository: Option<String>,
    /// Only usage of repositories whose names begin with this text.
    pub prefix: String,
    /// Only usage by this subject; the text is empty for anonymous.
    pub subject: Option<String>,
    /// Only usage with this action.
    pub action: Option<String>,
    /// Only rows whose first use was at this time or later. A row covers one day, or one month after its days are added
    /// up.
    pub begun: Option<Timestamp>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<T, K> {
    /// The lines of the page.
    pub items: Vec<T>,
    /// The key after which the next page begins; `None` for the last page.
    pub next: Option<K>,
}

impl UsageFilter {
    /// Returns a text after which no name of a repository matches the filter.
    fn last_repository(&self) -> String {
        self.repository.clone().unwrap_or_else(|| format!("{}{PAST_EVERY_TEXT}", self.prefix))
    }

    /// Returns a key that sorts before every line which can match the filter and comes after `after`.
    fn begin(&self, after: Option<&UsageTriple>) -> UsageTriple {
        let first = self.repository.clone().unwrap_or_else(|| self.prefix.clone());
        let mut begin = [first, String::new(), String::new(), String::new()];
        if let Some(after) = after
            && *after > begin
        {
            begin.clone_from(after);
        }
        if let Some(subject) = &self.subject {
            let [_, _, of, _] = &mut begin;
            of.clone_from(subject);
        }
        begin
    }
}

fn key(row: &AnyRow) -> Result<UsageTriple, StoreError> {
    Ok([field(row, "repository")?, field(row, "service")?, field(row, "subject")?, field(row, "action")?])
}

/// Drops the lines beyond the limit, and sets the key after which the next page begins. `end` is the key at which the
/// window ended.
fn cut<T, K>(mut items: Vec<T>, most: usize, end: Option<K>, key: impl Fn(&T) -> K) -> Part<T, K> {
    if items.len() > most {
        items.truncate(most);
        let next = items.last().map(key);
        return Part { items, next };
    }
    Part { items, next: end }
}

impl EventReader {
    /// Reads at most `most` lines of usage after the key `after`. Looks at a limited number of rows, so the page can
    /// contain few lines although more lines exist.
    pub async fn list_usage(
        &mut self,
        filter: &UsageFilter,
        days: &Days,
        after: Option<&UsageTriple>,
        most: usize,
    ) -> Result<Part<UsageLine, UsageTriple>, StoreError> {
        let (place, list) = match filter.subject {
            Some(_) => (USAGE_PLACE_OF, LIST_USAGE_OF),
            None => (USAGE_PLACE, LIST_USAGE),
        };
        let begin = filter.begin(after);
        let last = filter.last_repository();
        let query = begin.iter().fold(sqlx::query(place), |query, part| query.bind(part.clone()));
        let end = self.reader.one(query.bind(last.clone()).bind(WINDOW)).await?;
        let end = end.as_ref().map(key).transpose()?;
        let past = || PAST_EVERY_TEXT.to_string();
        let mut bound = end.clone().unwrap_or_else(|| [last, past(), past(), past()]);
        if let Some(subject) = &filter.subject {
            let [_, _, of, _] = &mut bound;
            of.clone_from(subject);
        }
        let query =
            begin.iter().chain(&bound).fold(sqlx::query(list), |query, part| query.bind(part.clone()));
        let query = query.bind(days.first.clone()).bind(days.last.clone()).bind(days.month.clone());
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let query = query.bind(text(&filter.service)).bind(text(&filter.action));
        let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        let begun = filter.begun.map_or(i64::MIN, Timestamp::as_micros);
        let line = |row: &AnyRow| {
            Ok::<_, StoreError>(UsageLine {
                key: key(row)?,
                count: field(row, "count")?,
                first_at: time(row, "first_at")?,
                last_at: time(row, "last_at")?,
            })
        };
        let rows = self.reader.all(query.bind(limit).bind(begun)).await?;
        let items = rows.iter().map(line).collect::<Result<_, _>>()?;
        Ok(cut(items, most, end, |line: &UsageLine| line.key.clone()))
    }

    /// Reads at most `most` lines about the pulls of a manifest after a key. Each line is about one repository of one
    /// service and one subject. A line that overlaps the period counts all stored pulls, also pulls outside the period.
    /// Ignores `action` and `begun` of the filter.
    pub async fn list_pulls(
        &mut self,
        digest: &str,
        filter: &UsageFilter,
        period: Period,
        after: Option<&UsageTriple>,
        most: usize,
    ) -> Result<Part<UsageLine, UsageTriple>, StoreError> {
        let [repository, service, _, _] = filter.begin(after);
        let subject = after.map(|[_, _, subject, _]| subject.clone()).unwrap_or_default();
        let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        let query = sqlx::query(LIST_PULLS)
            .bind(digest.to_owned())
            .bind(repository)
            .bind(service)
            .bind(subject)
            .bind(filter.last_repository())
            .bind(period.from.as_micros())
            .bind(period.until.as_micros())
            .bind(filter.service.clone().unwrap_or_default())
            .bind(i64::from(filter.subject.is_some()))
            .bind(filter.subject.clone().unwrap_or_default())
            .bind(limit);
        let line = |row: &AnyRow| {
            Ok::<_, StoreError>(UsageLine {
                key: [
                    field(row, "repository")?,
                    field(row, "service")?,
                    field(row, "subject")?,
                    "pull".to_owned(),
                ],
                count: field(row, "count")?,
                first_at: time(row, "first_at")?,
                last_at: time(row, "last_at")?,
            })
        };
        let rows = self.reader.all(query).await?;
        let items = rows.iter().map(line).collect::<Result<_, _>>()?;
        Ok(cut(items, most, None, |line: &UsageLine| line.key.clone()))
    }
}
