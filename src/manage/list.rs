//! Lists, a page at a time.
//!
//! INVARIANT: a page begins after a name, not at a number. So concurrent writes neither repeat nor hide an entry that
//! exists all the time.

use crate::domain::invalid::FieldErrors;
use crate::storage::Page;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The number of entries on a page, unless the caller asks for another number.
const DEFAULT_LIMIT: i64 = 100;
/// The greatest number of entries on a page.
const MOST: i64 = 1000;

/// The query parameters of a list, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only entries whose names begin with this text.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "a")]
    pub q: Option<String>,
    /// The greatest number of entries, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// The `next` of the previous page.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct List<T> {
    /// The entries.
    pub items: Vec<T>,
    /// The value of `after` for the next page; `null` on the last page.
    pub next: Option<String>,
    /// The number of entries in the whole list, with `?total=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

/// The query parameters of a list that can be counted, as the client sent them.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct CountedListQuery {
    /// Only entries whose names begin with this text.
    #[param(max_length = 255, pattern = "^[^\\u0000]*$", example = "a")]
    pub q: Option<String>,
    /// The greatest number of entries, 1 to 1,000; 100 when absent.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    pub limit: Option<String>,
    /// The `next` of the previous page.
    #[param(min_length = 2, pattern = "^[A-Za-z0-9_-]+$")]
    pub after: Option<String>,
    /// `true` also gives the number of entries in the whole list.
    #[param(value_type = Option<bool>, default = false, example = true)]
    pub total: Option<String>,
}

impl CountedListQuery {
    /// Returns the page that the caller asks for. The flag is true if the answer must contain the total.
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

/// Returns true if the answer must contain the total.
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

/// Parses the greatest number of entries of a page.
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

/// Parses the text with which names must begin.
pub(super) fn parse_prefix(errors: &mut FieldErrors, text: Option<&str>) -> String {
    let prefix = text.unwrap_or_default();
    if prefix.len() > 255 || prefix.contains('\0') {
        errors.push("q", "must be at most 255 bytes without NUL");
    }
    prefix.to_owned()
}

fn cursor(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(name)
}

/// Makes the place (the position after which a page continues) in a list that is ordered by several texts. No text
/// contains a line feed.
pub(super) fn place_of(parts: &[&str]) -> String {
    parts.join("\n")
}

/// Parses a cursor of a list that is ordered by several texts.
pub(super) fn parse_place<const N: usize>(
    errors: &mut FieldErrors,
    text: Option<&str>,
) -> Option<[String; N]> {
    text?;
    let place = parse_cursor(errors, text);
    parts_of(errors, &place)
}

/// Cuts a decoded place into its texts. Returns `None` at the beginning of the list.
pub(super) fn parts_of<const N: usize>(errors: &mut FieldErrors, place: &str) -> Option<[String; N]> {
    if place.is_empty() {
        return None;
    }
    let parts: Vec<String> = place.split('\n').map(str::to_owned).collect();
    let parts = parts.try_into().ok();
    if parts.is_none() {
        errors.push("after", NOT_A_PLACE);
    }
    parts
}

/// The error for a cursor that this list never returned.
pub(super) const NOT_A_PLACE: &str =
    "is not the `next` of a page of this list: give the `next` of the previous page";

/// Decodes a cursor. Returns an empty text at the beginning of the list.
pub(super) fn parse_cursor(errors: &mut FieldErrors, text: Option<&str>) -> String {
    let Some(text) = text else {
        return String::new();
    };
    let decoded = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.filter(|name| !name.is_empty() && !name.contains('\0')) {
        Some(name) => name,
        None => {
            errors.push("after", NOT_A_PLACE);
            String::new()
        }
    }
}

impl ListQuery {
    /// Parses the page that the caller asks for.
    ///
    /// # Errors
    /// [`FieldErrors`] with an error for each wrong parameter.
    pub(super) fn page(&self) -> Result<Page, FieldErrors> {
        let mut errors = FieldErrors::default();
        let limit = parse_limit(&mut errors, self.limit.as_deref());
        let after = parse_cursor(&mut errors, self.after.as_deref());
        let prefix = parse_prefix(&mut errors, self.q.as_deref());
        errors.into_result()?;
        Ok(Page::new(prefix, after, limit))
    }
}

impl<T> List<T> {
    /// Makes a page of `items`. One entry more than the limit of the page means that there is a next page.
    pub(super) fn new(page: &Page, mut items: Vec<T>, name: impl Fn(&T) -> &str) -> Self {
        let more = items.len() > page.limit();
        items.truncate(page.limit());
        let next = items.last().filter(|_| more).map(|last| cursor(name(last)));
        Self { items, next, total: None }
    }

    /// Makes a page that ends after `place`. `place` is `None` if no further entry follows.
    pub(super) fn up_to(items: Vec<T>, place: Option<&str>) -> Self {
        Self { items, next: place.map(cursor), total: None }
    }

    /// Sorts the whole list `all` by `key`, and cuts a page out of it.
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
        let Err(errors) = query.page() else { panic!("the wrong query was accepted") };
        let fields: Vec<_> = errors.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["limit", "after", "q"]);
    }
}
