//! The settings of an identity provider, as the API takes and shows them, and as they are stored.

use super::provider::{ProviderKind, ProviderName, is_provider_owner};
use crate::domain::invalid::FieldErrors;
use crate::domain::schema;
use crate::domain::subject::{GroupName, SubjectName, is_label_key};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use utoipa::ToSchema;

/// The default time between two checks of a person, seconds.
const USUAL_RECHECK: i64 = 3600;
/// The default time for which the last answer of a provider is valid, seconds.
const USUAL_HOLD: i64 = 86_400;
/// The default time for which a sign-in is valid if it cannot be checked again, seconds.
const USUAL_MAX_AGE: i64 = 43_200;
/// The longest allowed time in these settings, seconds: 30 days.
const LONGEST: i64 = 30 * 86_400;
/// The greatest number of entries of `map`, of `require_groups` and of `admin_groups`.
const MOST: usize = 1000;
/// The placeholder for the name in a template.
const NAME_PLACE: &str = "{name}";

/// A mapping from a value of the groups claim to a group on this server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupMapping {
    /// The value, as the provider sends it.
    #[schema(schema_with = schema::line)]
    pub value: String,
    /// The name of the group.
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

/// The writable fields of an identity provider, except its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IdentityProviderPut, example = json!({"kind": "oidc", "issuer": "https://id.example.org", "client_id": "portreeve", "enabled": false}))]
pub struct ProviderFields {
    /// The protocol of the provider: `oidc`.
    #[serde(default = "usual_kind")]
    #[schema(schema_with = schema::provider_kind)]
    pub kind: String,
    /// The issuer, exactly as the provider writes it, with or without a slash at the end.
    #[schema(schema_with = schema::line)]
    pub issuer: String,
    /// The client id that the provider gave.
    #[schema(schema_with = schema::line)]
    pub client_id: String,
    /// A file with the authorities that sign the provider's certificate; null for the authorities of the system.
    #[serde(default)]
    #[schema(schema_with = schema::line_or_null)]
    pub ca_file: Option<String>,
    /// The scopes to ask for. `offline_access` lets the server check people who are absent.
    #[serde(default = "usual_scopes")]
    #[schema(schema_with = schema::lines)]
    pub scopes: Vec<String>,
    /// True if people may sign in with the provider. While it is false, people of the provider are not checked
    /// either.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub enabled: bool,
    /// The position on the sign-in page; the lowest comes first.
    #[serde(default)]
    pub position: i64,
    /// The title on the sign-in page; null for the provider's name.
    #[serde(default)]
    #[schema(schema_with = schema::line_or_null)]
    pub title: Option<String>,
    /// True if the first sign-in of an unknown person creates a user.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub create_users: bool,
    /// The claim with the name of a new user.
    #[serde(default = "usual_name_claim")]
    #[schema(default = "preferred_username")]
    pub name_claim: String,
    /// The suffix that is removed from the person's name, for example `@example.org`.
    #[serde(default)]
    #[schema(schema_with = schema::line_or_null)]
    pub name_strip: Option<String>,
    /// The template of a new user's name; `{name}` stands for the person's name without the suffix.
    #[serde(default = "usual_name_template")]
    #[schema(default = "{name}")]
    pub name_template: String,
    /// The claim with the groups, for example `groups` or `realm_access.roles`; null for none.
    #[serde(default)]
    #[schema(schema_with = schema::line_or_null)]
    pub groups_claim: Option<String>,
    /// The mappings from values of the groups claim to groups on this server.
    #[serde(default)]
    pub map: Vec<GroupMapping>,
    /// True if all values that are not in `map` become groups called `PROVIDER.VALUE`.
    #[serde(default)]
    pub automatic: bool,
    /// The labels that claims set: a map from the key of a label to the name of a claim.
    #[serde(default)]
    #[schema(schema_with = schema::label_claims)]
    pub labels: BTreeMap<String, String>,
    /// The values of the groups claim that admit a person; one of them is enough. An empty list admits
    /// everybody.
    #[serde(default)]
    #[schema(schema_with = schema::lines)]
    pub require_groups: Vec<String>,
    /// The values of the groups claim that make a person an administrator. With an empty list, only administrators
    /// of this server set the administrator flag.
    #[serde(default)]
    #[schema(schema_with = schema::lines)]
    pub admin_groups: Vec<String>,
    /// The time between two checks of a person, seconds.
    #[serde(default = "usual_recheck")]
    #[schema(minimum = 1, maximum = 2592000, default = 3600)]
    pub recheck: i64,
    /// The time for which the provider's last answer is valid while the provider does not respond, seconds.
    #[serde(default = "usual_hold")]
    #[schema(minimum = 1, maximum = 2592000, default = 86400)]
    pub hold: i64,
    /// The time for which a sign-in is valid if it cannot be checked again, seconds.
    #[serde(default = "usual_max_age")]
    #[schema(minimum = 1, maximum = 2592000, default = 43200)]
    pub max_age: i64,
    /// The owner of the object, for declarative tools.
    #[serde(default)]
    #[schema(schema_with = schema::managed_by)]
    pub managed_by: Option<String>,
}

/// The settings of an identity provider, after all checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSettings {
    /// The name of the provider.
    pub name: ProviderName,
    /// The protocol of the provider.
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
    /// Checks the settings of a provider. Does not check whether the server may call the issuer: the caller does
    /// that.
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
            errors.push(
                "managed_by",
                "this owner is reserved for objects of identity providers: choose another",
            );
        }
        errors.into_result()?;
        Ok(Self { name, kind, fields })
    }

    /// Parses stored settings.
    pub fn stored(name: &str, settings: &str) -> Result<Self, String> {
        let name = ProviderName::parse(name).map_err(|error| error.to_string())?;
        let fields = serde_json::from_str(settings).map_err(|error| error.to_string())?;
        Self::parse(name, fields).map_err(|errors| errors.to_string())
    }

    /// Returns the `managed_by` of objects that this provider manages.
    #[must_use]
    pub fn owner(&self) -> String {
        self.kind.owner(&self.name)
    }

    /// Returns true if the first sign-in of a person can make a user with this name.
    #[must_use]
    pub fn may_make_user(&self, name: &SubjectName) -> bool {
        let (before, after) = self.name_template.split_once(NAME_PLACE).unwrap_or_default();
        let inner = name.as_str().strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        self.create_users && inner.is_some_and(|inner| !inner.is_empty())
    }

    /// Returns true if a sign-in can make a group with this name.
    #[must_use]
    pub fn may_make_group(&self, name: &GroupName) -> bool {
        let own = name.as_str().strip_prefix(self.name.as_str()).and_then(|rest| rest.strip_prefix('.'));
        (self.automatic && own.is_some_and(|value| !value.is_empty()))
            || self.map.iter().any(|mapping| mapping.group == name.as_str())
    }

    /// Returns true if a value of the groups claim makes administrators by the settings `before`, but not by these
    /// settings.
    #[must_use]
    pub fn makes_fewer_administrators(&self, before: &Self) -> bool {
        before.admin_groups.iter().any(|value| !self.admin_groups.contains(value))
    }

    /// Returns true if these settings may give people other groups, labels or rights than the settings `before`.
    #[must_use]
    pub fn gives_otherwise(&self, before: &Self) -> bool {
        let given = |of: &Self| {
            let ProviderFields { groups_claim, map, automatic, labels, require_groups, admin_groups, .. } =
                of.fields.clone();
            (groups_claim, map, automatic, labels, require_groups, admin_groups)
        };
        given(self) != given(before)
    }

    /// Returns the title of the provider, as people see it.
    #[must_use]
    pub fn shown_title(&self) -> &str {
        self.title.as_deref().unwrap_or(self.name.as_str())
    }

    /// Returns the settings as fields, as they are stored and shown.
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
        errors.push("name_template", format_args!("must contain `{NAME_PLACE}` once"));
    }
    // SPEC: RFC 6749 section 3.3.
    let is_scope = |text: &String| {
        is_line(text, 255) && text.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    };
    if !fields.scopes.iter().all(is_scope) || fields.scopes.len() > 64 {
        errors.push("scopes", "must be at most 64 scopes without spaces and quotes");
    } else if !fields.scopes.iter().any(|scope| scope == "openid") {
        errors.push("scopes", "must contain `openid`");
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
            errors.push(format!("map[{i}]"), "is in the list twice");
        }
    }
}
