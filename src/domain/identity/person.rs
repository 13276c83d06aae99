//! A person as a provider describes them, in the terms of this server.

use super::groups::{NotGroups, claim, group_of, texts, values_of};
use super::settings::ProviderSettings;
use crate::domain::subject::{GroupName, SubjectName, shorten};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The most values of a label.
const MOST_VALUES: usize = 256;
/// How many values are told of that make no group.
const MOST_TOLD: usize = 10;

/// Somebody whom a provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What the provider calls them for good.
    pub external_id: String,
    /// What they are called there now, for people to read.
    pub external_name: String,
    /// The name of a user that is made for them, or why it cannot be one.
    pub name: Result<SubjectName, String>,
    /// Their groups here.
    pub groups: BTreeSet<GroupName>,
    /// The labels that claims set, with their values.
    pub labels: BTreeMap<String, Vec<String>>,
    /// Whether they are an administrator; `None` where the provider has no say in it.
    pub admin: Option<bool>,
    /// What somebody should know who looks after the provider.
    pub warnings: Vec<String>,
}

/// Why a provider's words make nobody whom we let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPerson {
    /// The claim with the lasting id is not there.
    #[error("the provider sent no claim `{0}`, which says who somebody is")]
    NoId(&'static str),
    /// The claim with the lasting id cannot be kept.
    #[error("the claim `{0}`, which says who somebody is, is not 1 to 255 bytes without control characters")]
    BadId(&'static str),
    /// The groups cannot be read.
    #[error(transparent)]
    Groups(#[from] NotGroups),
    /// None of the groups that are required.
    #[error(
        "the account is in none of the groups that may sign in here: ask whoever runs the provider to add it to one of them"
    )]
    NotRequired,
    /// A claim for a label is not a text or a list of texts, or too long.
    #[error("the claim `{0}` cannot be a label: it must be at most 256 texts of 1 to 255 bytes")]
    Label(String),
}

impl NotAPerson {
    /// Whether the provider has said that the person may not sign in, and not only too little.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::NotRequired)
    }
}

/// Whether a text can be what a provider calls somebody for good.
// SPEC: OpenID Connect Core 1.0 section 2: `sub` has at most 255 characters.
#[must_use]
pub fn is_external_id(text: &str) -> bool {
    (1..=255).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// The claim that says who somebody is, for good.
// INTEROP: at Entra `sub` differs from client to client, and `oid` does not.
fn id_claim(issuer: &str) -> &'static str {
    if is_entra(issuer) { "oid" } else { "sub" }
}

/// Whether an issuer is Entra ID, which some things are different at.
#[must_use]
pub fn is_entra(issuer: &str) -> bool {
    let host = issuer.split('/').nth(2).unwrap_or_default();
    let hosts = ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];
    hosts.contains(&host)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claim(claims, name)?.as_str().filter(|text| !text.is_empty())
}

/// The name of a user that is made for the person.
fn name_of(settings: &ProviderSettings, claims: &Map<String, Value>) -> Result<SubjectName, String> {
    let given = text(claims, &settings.name_claim).ok_or_else(|| {
        format!("the provider sent no claim `{}`, which names a new user", settings.name_claim)
    })?;
    let stripped = match settings.name_strip.as_deref() {
        Some(end) => given.strip_suffix(end).unwrap_or(given),
        None => given,
    };
    let name = settings.name_template.replace("{name}", stripped);
    SubjectName::parse(&name).map_err(|error| error.to_string())
}

fn labels_of(
    settings: &ProviderSettings,
    claims: &Map<String, Value>,
) -> Result<BTreeMap<String, Vec<String>>, NotAPerson> {
    let mut labels = BTreeMap::new();
    for (key, name) in &settings.labels {
        let refused = || NotAPerson::Label(name.clone());
        let values = match claim(claims, name) {
            Some(value) => texts(value).ok_or_else(refused)?,
            None => Vec::new(),
        };
        let fits = |v: &String| (1..=255).contains(&v.len()) && !v.chars().any(char::is_control);
        if values.len() > MOST_VALUES || !values.iter().all(fits) {
            return Err(refused());
        }
        labels.insert(key.clone(), values);
    }
    Ok(labels)
}

/// The groups that the values of a person make, and what is told of those that make none.
fn groups_of(settings: &ProviderSettings, values: &[String]) -> (BTreeSet<GroupName>, Vec<String>) {
    let (mut groups, mut odd) = (BTreeSet::new(), Vec::new());
    for value in values {
        let mapped = settings.map.iter().filter(|mapping| mapping.value == *value);
        let mapped: Vec<_> = mapped.filter_map(|mapping| GroupName::parse(&mapping.group).ok()).collect();
        if !mapped.is_empty() || !settings.automatic {
            groups.extend(mapped);
            continue;
        }
        match group_of(settings.name.as_str(), value) {
            Some(group) => _ = groups.insert(group),
            None => odd.push(shorten(value)),
        }
    }
    let told = odd.iter().take(MOST_TOLD).map(|value| {
        format!("the group `{value}` of the provider makes none here: give it a name with `map`")
    });
    (groups, told.collect())
}

/// What the words of a provider make of a person. `claims` are those of a checked ID token and of its userinfo
/// answer.
pub fn person_of(settings: &ProviderSettings, claims: &Map<String, Value>) -> Result<Person, NotAPerson> {
    let id_claim = id_claim(&settings.issuer);
    let external_id = text(claims, id_claim).ok_or(NotAPerson::NoId(id_claim))?.to_owned();
    if !is_external_id(&external_id) {
        return Err(NotAPerson::BadId(id_claim));
    }
    let values = values_of(settings, claims)?;
    let has_one_of = |wanted: &[String]| values.iter().any(|value| wanted.contains(value));
    if !settings.require_groups.is_empty() && !has_one_of(&settings.require_groups) {
        return Err(NotAPerson::NotRequired);
    }
    let (groups, warnings) = groups_of(settings, &values);
    let shown = text(claims, &settings.name_claim).or_else(|| text(claims, "email"));
    let shown: String = shown.unwrap_or(&external_id).chars().filter(|c| !c.is_control()).take(255).collect();
    Ok(Person {
        external_name: shown,
        name: name_of(settings, claims),
        groups,
        labels: labels_of(settings, claims)?,
        admin: (!settings.admin_groups.is_empty()).then(|| has_one_of(&settings.admin_groups)),
        warnings,
        external_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::{ProviderFields, ProviderName};
    use serde_json::json;

    #[test]
    fn a_lasting_id_that_cannot_be_kept_is_refused() {
        let entra = "https://login.microsoftonline.com/tenant/v2.0";
        for (issuer, claim) in [("https://id.example.org", "sub"), (entra, "oid")] {
            let fields: ProviderFields =
                serde_json::from_value(json!({"issuer": issuer, "client_id": "portreeve"})).unwrap();
            let settings = ProviderSettings::parse(ProviderName::parse("corp").unwrap(), fields).unwrap();
            let person = |id: &str| {
                let claims = json!({claim: id, "preferred_username": "alice"});
                person_of(&settings, claims.as_object().unwrap()).map(|person| person.external_id)
            };
            assert_eq!(person(&"a".repeat(255)), Ok("a".repeat(255)));
            for id in [&"a".repeat(256), "a\u{0}", "\n"] {
                assert_eq!(person(id), Err(NotAPerson::BadId(claim)), "{id:?}");
            }
            assert_eq!(person(""), Err(NotAPerson::NoId(claim)));
        }
    }
}
