//! The settings of an identity provider, as the API takes and shows them, and as they are stored.

use super::provider::{ProviderKind, ProviderName, is_provider_owner};
use crate::domain::invalid::FieldErrors;
use crate::domain::schema;
use crate::domain::subject::{GroupName, SubjectName, is_label_key};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use utoipa::ToSchema;

/// How often a person is checked again, seconds.
const USUAL_RECHECK: i64 = 3600;
/// How long the last answer of a provider is good, seconds.
const USUAL_HOLD: i64 = 86_400;
/// How long a sign-in is good that cannot be checked again, seconds.
const USUAL_MAX_AGE: i64 = 43_200;
/// The longest of these times, seconds: 30 days.
const LONGEST: i64 = 30 * 86_400;
/// The most entries of a list.
const MOST: usize = 1000;
/// The place of the name in a template.
const NAME_PLACE: &str = "{name}";

/// That people with a value of the groups claim are in a group here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupMapping {
    /// The value, as the provider sends it.
    #[schema(schema_with = schema::line)]
    pub value: String,
    /// The group.
    #[schema(value_type = GroupName)]
    pub group: String,
}

fn usual_kind() -> String {
    ProviderKind::Oidc.as_str().to_owned()
}

fn usual_scopes() -> Vec<String> {
    ["openid", "profile", "email", "offline_access"].map(str::to_owned).to_vec()
}

fn yes() -> bool {
    true
}

fn usual_name_claim() -> String {
    "preferred_username".to_owned()
}

fn usual_name_template() -> String {
    NAME_PLACE.to_owned()
}

fn usual_recheck() -> i64 {
    USUAL_RECHECK
}

fn usual_hold() -> i64 {
    USUAL_HOLD
}

fn usual_max_age() -> i64 {
    USUAL_MAX_AGE
}

/// The fields of an identity provider that may be written, but for its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IdentityProviderPut, example = json!({"kind": "oidc", "issuer": "https://id.example.org", "client_id": "portreeve", "enabled": false}))]
pub struct ProviderFields {
    /// How it is asked: `oidc`.
    #[serde(default = "usual_kind")]
    #[schema(schema_with = schema::provider_kind)]
    pub kind: String,
    /// The issuer, exactly as the provider writes it, with or without a slash at the end.
    #[schema(schema_with = schema::line)]
    pub issuer: String,
    /// The client id that the provider gave.
    #[schema(schema_with = schema::line)]
    pub client_id: String,
    /// A file with the authorities that sign the certificate of the provider; null for those of the system.
    #[serde(default)]
    #[schema(schema_with = schema::line_or_null)]
    pub ca_file: Option<String>,
    /// The scopes to ask for. `offline_access` is what makes checks possible without the person.
    #[serde(default = "usual_scopes")]
    #[schema(schema_with = schema::lines)]
    pub scopes: Vec<String>,
    /// Whether people may sign in with it. While it is false, people of it are not checked either.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub enabled: bool,
    /// Its place on the sign-in page; lower comes first.
    #[serde(default)]
    pub position: i64,
    /// What the sign-in page calls it; null for its name.
    #[serde(default)]
    #[schema(schema_with = schema::line_or_null)]
    pub title: Option<String>,
    /// Whether the first sign-in of somebody unknown makes a user.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub create_users: bool,
    /// The claim that names a new user.
    #[serde(default = "usual_name_claim")]
    #[schema(default = "preferred_username")]
    pub name_claim: String,
    /// What is taken off the end of that name, for example `@example.org`.
    #[serde(default)]
    #[schema(schema_with = schema::line_or_null)]
    pub name_strip: Option<String>,
    /// What the name becomes; `{name}` stands for it.
    #[serde(default = "usual_name_template")]
    #[schema(default = "{name}")]
    pub name_template: String,
    /// The claim with the groups, for example `groups` or `realm_access.roles`; null for none.
    #[serde(default)]
    #[schema(schema_with = schema::line_or_null)]
    pub groups_claim: Option<String>,
    /// Which values of it are which groups.
    #[serde(default)]
    pub map: Vec<GroupMapping>,
    /// Whether the other values become groups called `PROVIDER.VALUE`.
    #[serde(default)]
    pub automatic: bool,
    /// Labels that are set from claims: the key of the label, and the claim.
    #[serde(default)]
    #[schema(schema_with = schema::label_claims)]
    pub labels: BTreeMap<String, String>,
    /// Values of the groups claim of which a person must have one; empty for everybody.
    #[serde(default)]
    #[schema(schema_with = schema::lines)]
    pub require_groups: Vec<String>,
    /// Values of the groups claim that make a person an administrator; empty to leave that to administrators.
    #[serde(default)]
    #[schema(schema_with = schema::lines)]
    pub admin_groups: Vec<String>,
    /// How often a person is checked again, seconds.
    #[serde(default = "usual_recheck")]
    #[schema(minimum = 1, maximum = 2592000, default = 3600)]
    pub recheck: i64,
    /// How long the last answer of the provider is good while it is silent, seconds.
    #[serde(default = "usual_hold")]
    #[schema(minimum = 1, maximum = 2592000, default = 86400)]
    pub hold: i64,
    /// How long a sign-in is good that cannot be checked again, seconds.
    #[serde(default = "usual_max_age")]
    #[schema(minimum = 1, maximum = 2592000, default = 43200)]
    pub max_age: i64,
    /// Who keeps it, for declarative tools.
    #[serde(default)]
    #[schema(schema_with = schema::managed_by)]
    pub managed_by: Option<String>,
}

/// The settings of an identity provider, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSettings {
    /// Its name.
    pub name: ProviderName,
    /// How it is asked.
    pub kind: ProviderKind,
    fields: ProviderFields,
}

impl Deref for ProviderSettings {
    type Target = ProviderFields;
    fn deref(&self) -> &ProviderFields {
        &self.fields
    }
}

impl ProviderSettings {
    /// Checks the settings of a provider. Whether its issuer may be called is checked where calls are made.
    pub fn parse(name: ProviderName, fields: ProviderFields) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let kind = fields.kind.parse().unwrap_or_else(|_| {
            errors.push("kind", "must be `oidc`");
            ProviderKind::Oidc
        });
        check_texts(&fields, &mut errors);
        check_groups(&fields, &mut errors);
        for (field, value) in
            [("recheck", fields.recheck), ("hold", fields.hold), ("max_age", fields.max_age)]
        {
            if !(1..=LONGEST).contains(&value) {
                errors.push(field, format_args!("must be 1 to {LONGEST} seconds"));
            }
        }
        if fields.managed_by.as_deref().is_some_and(is_provider_owner) {
            errors.push("managed_by", "this owner is kept for what providers keep: choose another");
        }
        errors.into_result()?;
        Ok(Self { name, kind, fields })
    }

    /// The settings as they were stored.
    pub fn stored(name: &str, settings: &str) -> Result<Self, String> {
        let name = ProviderName::parse(name).map_err(|error| error.to_string())?;
        let fields = serde_json::from_str(settings).map_err(|error| error.to_string())?;
        Self::parse(name, fields).map_err(|errors| errors.to_string())
    }

    /// The `managed_by` of what this provider keeps.
    #[must_use]
    pub fn owner(&self) -> String {
        self.kind.owner(&self.name)
    }

    /// Whether the first sign-in of somebody can make a user of this name.
    #[must_use]
    pub fn may_make_user(&self, name: &SubjectName) -> bool {
        let (before, after) = self.name_template.split_once(NAME_PLACE).unwrap_or_default();
        let inner = name.as_str().strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        self.create_users && inner.is_some_and(|inner| !inner.is_empty())
    }

    /// Whether a sign-in can make a group of this name.
    #[must_use]
    pub fn may_make_group(&self, name: &GroupName) -> bool {
        let own = name.as_str().strip_prefix(self.name.as_str()).and_then(|rest| rest.strip_prefix('.'));
        (self.automatic && own.is_some_and(|value| !value.is_empty()))
            || self.map.iter().any(|mapping| mapping.group == name.as_str())
    }

    /// Whether a value that made administrators by the settings `before` makes none any more.
    #[must_use]
    pub fn makes_fewer_administrators(&self, before: &Self) -> bool {
        before.admin_groups.iter().any(|value| !self.admin_groups.contains(value))
    }

    /// Whether people may have other groups, labels or rights here than by the settings `before`.
    #[must_use]
    pub fn gives_otherwise(&self, before: &Self) -> bool {
        let given = |of: &Self| {
            let ProviderFields { groups_claim, map, automatic, labels, require_groups, admin_groups, .. } =
                of.fields.clone();
            (groups_claim, map, automatic, labels, require_groups, admin_groups)
        };
        given(self) != given(before)
    }

    /// What people call it.
    #[must_use]
    pub fn shown_title(&self) -> &str {
        self.title.as_deref().unwrap_or(self.name.as_str())
    }

    /// The fields, as they are stored and shown.
    #[must_use]
    pub fn fields(&self) -> &ProviderFields {
        &self.fields
    }
}

fn is_line(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn check_texts(fields: &ProviderFields, errors: &mut FieldErrors) {
    let mut line = |field: &str, text: Option<&str>, longest: usize| {
        if text.is_some_and(|text| !is_line(text, longest)) {
            errors.push(field, format_args!("must be 1 to {longest} bytes without control characters"));
        }
    };
    line("issuer", Some(&fields.issuer), 1024);
    line("client_id", Some(&fields.client_id), 255);
    line("ca_file", fields.ca_file.as_deref(), 4096);
    line("title", fields.title.as_deref(), 255);
    line("name_claim", Some(&fields.name_claim), 255);
    line("name_strip", fields.name_strip.as_deref(), 255);
    line("name_template", Some(&fields.name_template), 255);
    line("groups_claim", fields.groups_claim.as_deref(), 255);
    line("managed_by", fields.managed_by.as_deref(), 255);
    if fields.name_template.matches(NAME_PLACE).count() != 1 {
        errors.push("name_template", format_args!("must hold `{NAME_PLACE}` once"));
    }
    // SPEC: RFC 6749 section 3.3.
    let is_scope = |text: &String| {
        is_line(text, 255) && text.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    };
    if !fields.scopes.iter().all(is_scope) || fields.scopes.len() > 64 {
        errors.push("scopes", "must be at most 64 scopes without spaces and quotes");
    } else if !fields.scopes.iter().any(|scope| scope == "openid") {
        errors.push("scopes", "must hold `openid`");
    }
    for (key, claim) in &fields.labels {
        if !is_label_key(key) {
            errors.push("labels", format_args!("`{key}` is not a label key"));
        }
        if !is_line(claim, 255) {
            errors.push("labels", format_args!("the claim of `{key}` must be 1 to 255 bytes"));
        }
    }
}

fn check_groups(fields: &ProviderFields, errors: &mut FieldErrors) {
    let lists = [("require_groups", &fields.require_groups), ("admin_groups", &fields.admin_groups)];
    for (field, list) in lists {
        if list.len() > MOST || !list.iter().all(|value| is_line(value, 255)) {
            errors.push(field, format_args!("must be at most {MOST} texts of 1 to 255 bytes"));
        }
        if !list.is_empty() && fields.groups_claim.is_none() {
            errors.push(field, "needs `groups_claim`");
        }
    }
    if fields.groups_claim.is_none() && (fields.automatic || !fields.map.is_empty()) {
        let field = if fields.automatic { "automatic" } else { "map" };
        errors.push(field, "needs `groups_claim`");
    }
    if fields.map.len() > MOST {
        errors.push("map", format_args!("must be at most {MOST} entries"));
    }
    let mut seen = BTreeSet::new();
    for (i, mapping) in fields.map.iter().enumerate() {
        if !is_line(&mapping.value, 255) {
            errors.push(format!("map[{i}].value"), "must be 1 to 255 bytes without control characters");
        }
        errors.keep(format!("map[{i}].group"), GroupName::parse(&mapping.group));
        if !seen.insert((&mapping.value, &mapping.group)) {
            errors.push(format!("map[{i}]"), "stands in the list twice");
        }
    }
}
