//! The labels and the administrator flag that a provider gave to an account. The account loses them when the provider
//! no longer gives them.

use super::person::Person;
use super::settings::ProviderSettings;
use crate::domain::subject::Labels;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The labels and the administrator flag that a provider gave to an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The keys of the account's labels that the provider set.
    pub labels: BTreeSet<String>,
    /// True if the provider made the account an administrator.
    pub admin: bool,
}

/// The labels and the administrator flag of an account after its provider described the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endowed {
    /// The labels of the account.
    pub labels: Labels,
    /// True if the account is an administrator.
    pub admin: bool,
    /// The labels and the flag that come from the provider.
    pub given: Given,
    /// A warning if the account could not get the provider's labels.
    pub warning: Option<String>,
}

impl Given {
    /// Returns true if the provider gave nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the labels that `settings` no longer set, and the administrator flag if `settings` lack an
    /// administrator group of `before`. The store does not record which group made a user an administrator. So a
    /// user may lose the flag although another group also gives it; the next check restores it.
    #[must_use]
    pub fn beyond(&self, before: &ProviderSettings, settings: &ProviderSettings) -> Self {
        Self {
            labels: self.labels.iter().filter(|key| !settings.labels.contains_key(*key)).cloned().collect(),
            admin: self.admin && settings.makes_fewer_administrators(before),
        }
    }

    /// Returns these labels and this flag without those in `taken`.
    #[must_use]
    pub fn without(&self, taken: &Self) -> Self {
        Self { labels: &self.labels - &taken.labels, admin: self.admin && !taken.admin }
    }

    /// Returns an account's labels and administrator flag without these.
    #[must_use]
    pub fn taken_from(&self, labels: &Labels, admin: bool) -> (Labels, bool) {
        (labels.without(&self.labels), admin && !self.admin)
    }

    /// Computes the labels and the flag of an account from a new description of the person. `self` is the part that
    /// the provider gave before. The provider's labels are left out if the account would then have too many labels
    /// or values.
    #[must_use]
    pub fn renewed(&self, labels: &Labels, admin: bool, person: &Person) -> Endowed {
        let (own, is_admin_by_hand) = self.taken_from(labels, admin);
        // If the person lacks the claim of a label, the account loses the label, even if an administrator set the
        // label.
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
        // The new settings name neither the label nor the group.
        let second = first.given.renewed(&first.labels, true, &person(&[], None));
        assert_eq!((second.labels, second.admin), (by_hand.clone(), false));
        assert!(second.given.is_nothing());
        assert_eq!(first.given.taken_from(&first.labels, true), (by_hand.clone(), false));
        // An administrator flag that was set by hand stays if the provider does not decide about it.
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
