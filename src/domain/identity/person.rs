//! A person as an identity provider describes them, in the terms of this server.

use super::groups::{NotGroups, claim, group_of, texts, values_of};
use super::settings::ProviderSettings;
use crate::domain::subject::{GroupName, SubjectName, shorten};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The greatest number of values of a label.
const MOST_VALUES: usize = 256;
/// The greatest number of warnings about values of the groups claim that cannot be the name of a group.
const MOST_TOLD: usize = 10;

/// A person for whom an identity provider vouches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The provider's permanent id of the person.
    pub external_id: String,
    /// The person's current name at the provider, or else the e-mail address, or else the permanent id; for display
    /// only.
    pub external_name: String,
    /// The name for a new user, or the reason why the provider's name is not valid on this server.
    pub name: Result<SubjectName, String>,
    /// The person's groups on this server.
    pub groups: BTreeSet<GroupName>,
    /// The labels that the provider's claims set, with their values.
    pub labels: BTreeMap<String, Vec<String>>,
    /// The administrator flag; `None` if the provider does not decide about it.
    pub admin: Option<bool>,
    /// Warnings for the operator of the provider.
    pub warnings: Vec<String>,
}

/// The reason why a provider's answer does not describe a person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPerson {
    /// The claim with the permanent id is missing, empty or not a text.
    #[error("the provider sent no claim `{0}`, which identifies the person")]
    NoId(&'static str),
    /// The claim with the permanent id is not a usable id.
    #[error("the claim `{0}`, which identifies the person, is not 1 to 255 bytes without control characters")]
    BadId(&'static str),
    /// The groups cannot be read.
    #[error(transparent)]
    Groups(#[from] NotGroups),
    /// The person is in none of the required groups.
    #[error(
        "the account is in none of the groups that may sign in here: ask whoever runs the provider to add it to one of them"
    )]
    NotRequired,
    /// A claim for a label is neither a text nor a list of texts, has too many texts, or has a text that is empty,
    /// too long or has control characters.
    #[error("the claim `{0}` cannot be a label: it must be at most 256 texts of 1 to 255 bytes")]
    Label(String),
}

impl NotAPerson {
    /// Returns true if the provider says that the person may not sign in. The other errors mean that the provider's
    /// answer is incomplete or malformed.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::NotRequired)
    }
}

/// Returns true if the text can be the permanent id of a person.
// SPEC: OpenID Connect Core 1.0 section 2: `sub` has at most 255 characters.
#[must_use]
pub fn is_external_id(text: &str) -> bool {
    (1..=255).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// Returns the name of the claim with the permanent id of a person.
// INTEROP: Entra gives a person a different `sub` for each client, but only one `oid`.
fn id_claim(issuer: &str) -> &'static str {
    if is_entra(issuer) { "oid" } else { "sub" }
}

/// Returns true if the issuer is Entra ID.
#[must_use]
pub fn is_entra(issuer: &str) -> bool {
    let host = issuer.split('/').nth(2).unwrap_or_default();
    let hosts = ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];
    hosts.contains(&host)
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claim(claims, name)?.as_str().filter(|text| !text.is_empty())
}

/// Computes the name of a new user from the claims of the person. Returns the reason if there is no valid name.
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

/// Returns the groups that the values of a groups claim make. Also returns at most [`MOST_TOLD`] warnings about values
/// that should become a group by `automatic`, but cannot be the name of a group.
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
        format!("the group `{value}` of the provider cannot be the name of a group here: map it to a group with `map`")
    });
    (groups, told.collect())
}

/// Makes a person from the claims of a provider. `claims` come from a checked ID token and from the userinfo
/// response.
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
