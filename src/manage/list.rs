//! Lists, a page at a time.
//!
//! INVARIANT: a page begins after a name, not at a number, so that writes meanwhile neither repeat
//! nor hide an entry that was there all the time.

use crate::domain::invalid::FieldErrors;
use crate::storage::Page;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How many entries a page has unless told otherwise, and at most.
const DEFAULT_LIMIT: i64 = 100;
const MOST: i64 = 1000;

/// The query of a list, as it was sent.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only names that begin with this.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "a")]
    pub q: Option<String>,
    /// At most so many, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// Where the page before ended: its `next`.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct List<T> {
    /// The entries.
    pub items: Vec<T>,
    /// What to give as `after` for the next page; `null` on the last.
    pub next: Option<String>,
    /// With `?total=true`: how many entries the whole list has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

/// The query of a list that can be counted, as it was sent.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct CountedListQuery {
    /// Only names that begin with this.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "a")]
    pub q: Option<String>,
    /// At most so many, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// Where the page before ended: its `next`.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
    /// `true` tells how many there are in the whole list.
    #[param(value_type = Option<bool>, default = false, example = true)]
    pub total: Option<String>,
}

impl CountedListQuery {
    /// The page that is asked for, and whether the total is.
    pub(super) fn page(&self) -> Result<(Page, bool), FieldErrors> {
        let (q, limit, after) = (self.q.clone(), self.limit.clone(), self.after.clone());
        let mut errors = FieldErrors::default();
        let total = wants_total(&mut errors, self.total.as_deref());
        match (ListQuery { q, limit, after }.page(), errors.into_result()) {
            (Ok(page), Ok(())) => Ok((page, total)),
            (Ok(_), Err(errors)) | (Err(errors), Ok(())) => Err(errors),
            (Err(mut errors), Err(more)) => {
                errors.0.extend(more.0);
                Err(errors)
            }
        }
    }
}

/// Whether the total is asked for.
pub(super) fn wants_total(errors: &mut FieldErrors, text: Option<&str>) -> bool {
    match text {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            errors.push("total", "must be `true` or `false`");
            false
        }
    }
}

/// A number of entries.
pub(super) fn parse_limit(errors: &mut FieldErrors, text: Option<&str>) -> i64 {
    let Some(text) = text else {
        return DEFAULT_LIMIT;
    };
    match text.parse() {
        Ok(limit) if (1..=MOST).contains(&limit) => limit,
        _ => {
            errors.push("limit", format_args!("must be a number from 1 to {MOST}"));
            DEFAULT_LIMIT
        }
    }
}

fn cursor(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(name)
}

fn parse_cursor(errors: &mut FieldErrors, text: Option<&str>) -> String {
    let Some(text) = text else {
        return String::new();
    };
    let decoded = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.filter(|name| !name.is_empty() && !name.contains('\0')) {
        Some(name) => name,
        None => {
            errors.push("after", "is not the `next` of a page of this list: give that of the page before");
            String::new()
        }
    }
}

impl ListQuery {
    /// The page that is asked for.
    ///
    /// # Errors
    /// [`FieldErrors`] with each parameter that does not fit.
    pub(super) fn page(&self) -> Result<Page, FieldErrors> {
        let mut errors = FieldErrors::default();
        let limit = parse_limit(&mut errors, self.limit.as_deref());
        let after = parse_cursor(&mut errors, self.after.as_deref());
        let prefix = self.q.clone().unwrap_or_default();
        if prefix.len() > 255 || prefix.contains('\0') {
            errors.push("q", "must be at most 255 bytes without NUL");
        }
        errors.into_result()?;
        Ok(Page::new(prefix, after, limit))
    }
}

impl<T> List<T> {
    /// The page of these entries, one of which may be too many.
    pub(super) fn new(page: &Page, mut items: Vec<T>, name: impl Fn(&T) -> &str) -> Self {
        let more = items.len() > page.limit();
        items.truncate(page.limit());
        let next = items.last().filter(|_| more).map(|last| cursor(name(last)));
        Self { items, next, total: None }
    }

    /// A page that ends after `place`; `None` when nothing comes after it.
    pub(super) fn up_to(items: Vec<T>, place: Option<&str>) -> Self {
        Self { items, next: place.map(cursor), total: None }
    }

    /// The page of a list that is short enough to be read whole, ordered by `key`.
    pub(super) fn cut(page: &Page, all: Vec<T>, key: impl Fn(&T) -> String) -> Self {
        let mut keyed: Vec<(String, T)> = all.into_iter().map(|one| (key(&one), one)).collect();
        keyed.retain(|(key, _)| page.holds(key));
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        let more = keyed.len() > page.limit();
        keyed.truncate(page.limit());
        let next = keyed.last().filter(|_| more).map(|(key, _)| cursor(key));
        Self { items: keyed.into_iter().map(|(_, one)| one).collect(), next, total: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: ListQuery) -> Page {
        query.page().unwrap()
    }

    #[test]
    fn a_list_is_walked_page_by_page() {
        let all = || ["b", "a", "ab", "c"].map(str::to_owned).to_vec();
        let first = ListQuery { limit: Some("3".to_owned()), ..ListQuery::default() };
        let list = List::cut(&page(first), all(), Clone::clone);
        assert_eq!(list.items, ["a", "ab", "b"]);
        let rest = ListQuery { after: list.next, ..ListQuery::default() };
        let list = List::cut(&page(rest), all(), Clone::clone);
        assert_eq!((list.items, list.next), (vec!["c".to_owned()], None));
        let prefix = ListQuery { q: Some("a".to_owned()), ..ListQuery::default() };
        assert_eq!(List::cut(&page(prefix), all(), Clone::clone).items, ["a", "ab"]);
    }

    #[test]
    fn every_parameter_that_does_not_fit_is_named() {
        let query = ListQuery {
            q: Some("x".repeat(256)),
            limit: Some("0".to_owned()),
            after: Some("not base64!".to_owned()),
        };
        let Err(errors) = query.page() else { panic!("it was accepted") };
        let fields: Vec<_> = errors.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["limit", "after", "q"]);
    }
}
