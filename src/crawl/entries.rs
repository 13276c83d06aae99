//! The entries of a page of a registry's list. The number of entries in memory is limited.

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The greatest number of entries that are read from a page. A crawl reads at most 100,000 tags of a repository. One
/// more entry shows that the repository has too many tags.
// INTEROP: distribution 2.x lists all tags of a repository on one page.
const MOST: usize = 100_001;

/// The entries of a page.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// The entries, as the registry writes them.
    pub(super) entries: Vec<String>,
    /// True if the page has more entries than are read.
    pub(super) is_cut: bool,
}

impl<'d> Deserialize<'d> for Entries {
    fn deserialize<D: Deserializer<'d>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reader)
    }
}

struct Reader;

impl<'d> Visitor<'d> for Reader {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut list: A) -> Result<Entries, A::Error> {
        let mut found = Entries::default();
        while found.entries.len() < MOST {
            let Some(entry) = list.next_element()? else { return Ok(found) };
            found.entries.push(entry);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            found.is_cut = true;
        }
        Ok(found)
    }
}

/// Reads a field that must be present but can be null, because some registries send null for an empty list.
pub(super) fn present<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Option<Entries>, D::Error> {
    Option::deserialize(deserializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct List {
        #[serde(deserialize_with = "present")]
        tags: Option<Entries>,
    }

    #[test]
    fn a_list_is_there_and_bounded() {
        for (body, found) in [
            ("{\"tags\": [\"a\", \"b\"]}", Some(2)),
            ("{\"tags\": []}", Some(0)),
            ("{\"tags\": null}", Some(0)),
            ("{}", None),
            ("{\"tags\": {}}", None),
            ("{\"tags\": [1]}", None),
            ("[]", None),
        ] {
            let list = serde_json::from_str::<List>(body).ok();
            assert_eq!(list.map(|list| list.tags.unwrap_or_default().entries.len()), found, "{body}");
        }
        let long = format!("[{}\"\"]", "\"\",".repeat(MOST + 5));
        let entries: Entries = serde_json::from_str(&long).unwrap();
        assert!(entries.is_cut && entries.entries.len() == MOST);
    }
}
