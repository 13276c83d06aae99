//! What an account has by the word of its provider, beside groups: it goes when the provider does not say it any more.

use super::person::Person;
use super::settings::ProviderSettings;
use crate::domain::subject::Labels;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a provider gave to an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The keys of its labels that the provider set.
    pub labels: BTreeSet<String>,
    /// Whether the provider made it an administrator.
    pub admin: bool,
}

/// What an account has after its provider has spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endowed {
    /// Its labels.
    pub labels: Labels,
    /// Whether it is an administrator.
    pub admin: bool,
    /// What of it the provider gave.
    pub given: Given,
    /// What could not be done.
    pub warning: Option<String>,
}

impl Given {
    /// Whether it is nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// What of it may not be given any more by these settings, where it was given by those `before`. Which group made
    /// somebody an administrator is not kept: whoever is one by another group is made one again by the next check.
    #[must_use]
    pub fn beyond(&self, before: &ProviderSettings, settings: &ProviderSettings) -> Self {
        Self {
            labels: self.labels.iter().filter(|key| !settings.labels.contains_key(*key)).cloned().collect(),
            admin: self.admin && settings.makes_fewer_administrators(before),
        }
    }

    /// What is left of it without `taken`.
    #[must_use]
    pub fn without(&self, taken: &Self) -> Self {
        Self { labels: &self.labels - &taken.labels, admin: self.admin && !taken.admin }
    }

    /// Takes it from an account that has these labels and this flag.
    #[must_use]
    pub fn taken_from(&self, labels: &Labels, admin: bool) -> (Labels, bool) {
        (labels.without(&self.labels), admin && !self.admin)
    }

    /// What an account with these labels and this flag has after its provider has said what it says of the person, where
    /// this was given before. Labels that are too many are left out.
    #[must_use]
    pub fn renewed(&self, labels: &Labels, admin: bool, person: &Person) -> Endowed {
        let (own, is_admin_by_hand) = self.taken_from(labels, admin);
        // A claim that is not there takes the label away, whoever set it.
        let own = own.without(&person.labels.keys().cloned().collect());
        let said = person.labels.iter().filter(|(_, values)| !values.is_empty());
        let said: Vec<(String, Vec<String>)> =
            said.map(|(key, values)| (key.clone(), values.clone())).collect();
        let keys = said.iter().map(|(key, _)| key.clone()).collect();
        let (labels, keys, warning) = match own.with(said) {
            Ok(labels) => (labels, keys, None),
            Err(error) => {
                let why = format!("the labels of the provider are left out: {error}");
                (own, BTreeSet::new(), Some(why))
            }
        };
        let given = Self { labels: keys, admin: person.admin == Some(true) };
        Endowed { labels, admin: person.admin.unwrap_or(is_admin_by_hand), given, warning }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::parse(pairs.iter().map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()])))
            .unwrap()
    }

    fn person(pairs: &[(&str, &[&str])], admin: Option<bool>) -> Person {
        let values = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let labels: BTreeMap<String, Vec<String>> =
            pairs.iter().map(|(key, of)| ((*key).to_owned(), values(of))).collect();
        Person {
            external_id: "1".to_owned(),
            external_name: "alice".to_owned(),
            name: Err("not asked for".to_owned()),
            groups: BTreeSet::new(),
            labels,
            admin,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn what_was_given_goes_and_what_was_set_by_hand_stays() {
        let by_hand = labels(&[("desk", "7")]);
        let first = Given::default().renewed(
            &by_hand,
            false,
            &person(&[("team", &["web"]), ("unit", &[])], Some(true)),
        );
        assert_eq!(first.labels, labels(&[("desk", "7"), ("team", "web")]));
        assert!(first.admin && first.given.admin);
        assert_eq!(first.given.labels, BTreeSet::from(["team".to_owned()]));
        // The settings name neither any more.
        let second = first.given.renewed(&first.labels, true, &person(&[], None));
        assert_eq!((second.labels, second.admin), (by_hand.clone(), false));
        assert!(second.given.is_nothing());
        assert_eq!(first.given.taken_from(&first.labels, true), (by_hand.clone(), false));
        // A flag that was set by hand stays where the provider has no say in it.
        assert!(Given::default().renewed(&by_hand, true, &person(&[], None)).admin);
    }

    #[test]
    fn labels_that_are_too_many_are_left_out() {
        let many: Vec<(String, String)> = (0..64).map(|i| (format!("k{i}"), "v".to_owned())).collect();
        let many = Labels::parse(many.into_iter().map(|(key, value)| (key, vec![value]))).unwrap();
        let after = Given::default().renewed(&many, false, &person(&[("team", &["web"])], None));
        assert_eq!(after.labels, many);
        assert!(after.given.is_nothing() && after.warning.unwrap().contains("left out"));
    }
}
