//! Reads all rules fast. The database joins the rules of a page to one text, because each row and each column of an
//! answer takes time.
//!
//! INVARIANT: no column of a rule contains a control character. So two control characters can separate rules and
//! columns.

use super::StoreError;
use super::reader::{Reader, field};
use super::statements::SCAN_RULES;
use crate::domain::policy::{Effect, Rule, RuleFields};
use crate::domain::time::Timestamp;

/// The separator between the columns of a rule: the unit separator of ASCII.
const SEPARATOR: char = '\u{1f}';
/// The separator between rules: the record separator of ASCII.
const RECORD_SEPARATOR: char = '\u{1e}';

/// Rules in the text form of the database, sorted by name.
#[derive(Debug, Default)]
pub struct StoredRules(String);

impl StoredRules {
    /// Returns the name of the last rule, if there is one.
    #[must_use]
    pub fn last_name(&self) -> Option<&str> {
        self.0.rsplit(RECORD_SEPARATOR).next()?.split(SEPARATOR).next().filter(|name| !name.is_empty())
    }

    /// Parses the rules.
    pub fn parse(&self) -> Result<Vec<Rule>, StoreError> {
        self.0.split(RECORD_SEPARATOR).filter(|text| !text.is_empty()).map(parse).collect()
    }
}

fn parse(text: &str) -> Result<Rule, StoreError> {
    let name = text.split(SEPARATOR).next().unwrap_or_default();
    let corrupt = |why: &dyn std::fmt::Display| StoreError::Corrupt(format!("rule `{name}`: {why}"));
    let mut columns = text.split(SEPARATOR);
    let mut next = || columns.next().ok_or_else(|| corrupt(&"a column is missing"));
    let list = |text: &str| match text {
        "[]" => Ok(Vec::new()),
        other => serde_json::from_str::<Vec<String>>(other).map_err(|error| corrupt(&error)),
    };
    let time = |text: &str| match text {
        "" => Ok(None),
        micros => match micros.parse() {
            Ok(micros) => Ok(Some(Timestamp::from_micros(micros).to_string())),
            Err(error) => Err(corrupt(&error)),
        },
    };
    let fields = RuleFields {
        name: next()?.to_owned(),
        effect: Effect::parse(next()?).map_err(|error| corrupt(&error))?,
        subjects: list(next()?)?,
        services: list(next()?)?,
        resource_type: next()?.to_owned(),
        names: list(next()?)?,
        actions: list(next()?)?,
        networks: list(next()?)?,
        not_before: time(next()?)?,
        not_after: time(next()?)?,
        priority: next()?.parse().map_err(|error| corrupt(&error))?,
        enabled: next()? != "0",
        description: next()?.to_owned(),
    };
    Rule::try_from(fields).map_err(|errors| corrupt(&errors))
}

impl Reader {
    /// Reads at most `limit` rules whose names come after `after`, sorted by name.
    pub async fn scan_rules(&mut self, after: &str, limit: i64) -> Result<StoredRules, StoreError> {
        let query = sqlx::query(SCAN_RULES)
            .bind(after)
            .bind(SEPARATOR.to_string())
            .bind(limit)
            .bind(RECORD_SEPARATOR.to_string());
        match self.one(query).await? {
            Some(row) => Ok(StoredRules(field::<Option<String>>(&row, "stored")?.unwrap_or_default())),
            None => Ok(StoredRules::default()),
        }
    }
}
