//! Tests which person claims describe: with the claims of known providers, as their documentation shows them, and with
//! odd claims.

use crate::domain::identity::{Person, ProviderFields, ProviderName, ProviderSettings, person_of};
use crate::domain::subject::GroupName;
use serde_json::{Value, json};

fn settings(more: &Value) -> ProviderSettings {
    let mut fields = json!({"issuer": "https://id.example.org", "client_id": "portreeve"});
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let fields: ProviderFields = serde_json::from_value(fields).unwrap();
    ProviderSettings::parse(ProviderName::parse("corp").unwrap(), fields).unwrap()
}

fn person(more: &Value, claims: &Value) -> Result<Person, String> {
    person_of(&settings(more), claims.as_object().unwrap()).map_err(|error| error.to_string())
}

fn groups(person: &Person) -> Vec<&str> {
    person.groups.iter().map(GroupName::as_str).collect()
}

/// A provider: its name, settings and claims, and the expected id, name and groups.
type Shape = (&'static str, Value, Value, (&'static str, &'static str, &'static [&'static str]));

#[expect(clippy::too_many_lines, reason = "the function is one table")]
fn shapes() -> Vec<Shape> {
    vec![
        (
            "Keycloak with a group mapper (full path)",
            json!({"groups_claim": "groups", "automatic": true}),
            json!({"sub": "f7b1c9e0-1c43-4b3a-9f6e-2b6f0f4b6f11", "preferred_username": "alice", "email_verified": true,
                "name": "Alice Liddell", "sid": "9a1", "groups": ["/dev/web", "/ops"]}),
            ("f7b1c9e0-1c43-4b3a-9f6e-2b6f0f4b6f11", "alice", &["corp.@dev@web", "corp.@ops"]),
        ),
        (
            "Keycloak by realm roles",
            json!({"groups_claim": "realm_access.roles", "map": [{"value": "registry-writer", "group": "writers"}]}),
            json!({"sub": "f7b1", "preferred_username": "alice",
                "realm_access": {"roles": ["offline_access", "registry-writer", "default-roles-lab"]}}),
            ("f7b1", "alice", &["writers"]),
        ),
        (
            "Entra ID",
            json!({"issuer": "https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0",
                "name_strip": "@example.org", "groups_claim": "groups",
                "map": [{"value": "11111111-2222-3333-4444-555555555555", "group": "web"}]}),
            json!({"sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "oid": "00000000-0000-0000-66f3-3332eca7ea81",
                "tid": "9122040d-6c67-4c5b-b112-36a304b66dad", "preferred_username": "alice@example.org", "ver": "2.0",
                "groups": ["11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000"]}),
            ("00000000-0000-0000-66f3-3332eca7ea81", "alice", &["web"]),
        ),
        (
            "GitLab",
            json!({"name_claim": "preferred_username", "groups_claim": "groups_direct", "automatic": true}),
            json!({"sub": "3", "sub_legacy": "9a0f", "name": "Alice", "nickname": "alice", "preferred_username": "alice",
                "groups_direct": ["lab", "lab/web"]}),
            ("3", "alice", &["corp.lab", "corp.lab@web"]),
        ),
        (
            "Gitea",
            json!({"groups_claim": "groups", "automatic": true}),
            json!({"sub": "12", "name": "Alice", "preferred_username": "alice", "email": "alice@example.org",
                "groups": ["lab", "lab:owners"]}),
            ("12", "alice", &["corp.lab", "corp.lab+owners"]),
        ),
        (
            "Dex with an LDAP connector",
            json!({"groups_claim": "groups", "automatic": true}),
            json!({"sub": "CgVhbGljZRIEbGRhcA", "at_hash": "x", "preferred_username": "alice", "name": "Alice",
                "groups": ["admins", "developers"]}),
            ("CgVhbGljZRIEbGRhcA", "alice", &["corp.admins", "corp.developers"]),
        ),
        (
            "Google Workspace, which sends no groups",
            json!({"issuer": "https://accounts.google.com", "name_claim": "email", "name_strip": "@example.org",
                "name_template": "{name}@work"}),
            json!({"sub": "10769150350006150715113082367", "email": "alice@example.org", "email_verified": true,
                "hd": "example.org"}),
            ("10769150350006150715113082367", "alice@work", &[]),
        ),
        (
            "authentik",
            json!({"groups_claim": "groups", "automatic": true}),
            json!({"sub": "4d2e", "preferred_username": "alice", "nickname": "alice", "given_name": "Alice Liddell",
                "groups": ["authentik Admins", "web"]}),
            ("4d2e", "alice", &["corp.web"]),
        ),
    ]
}

#[test]
fn what_known_providers_send_becomes_a_person() {
    for (provider, settings, claims, (id, name, expected)) in shapes() {
        let person = person(&settings, &claims).unwrap_or_else(|why| panic!("{provider}: {why}"));
        assert_eq!(person.external_id, id, "{provider}");
        assert_eq!(person.name.as_ref().unwrap().as_str(), name, "{provider}");
        assert_eq!(groups(&person), expected, "{provider}");
        assert_eq!(person.admin, None, "{provider}");
    }
}

#[test]
fn a_value_that_makes_no_group_is_told_of() {
    let found = person(
        &json!({"groups_claim": "groups", "automatic": true}),
        &json!({"sub": "1", "preferred_username": "a", "groups": ["authentik Admins"]}),
    );
    let warnings = found.unwrap().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("`authentik Admins`"), "{warnings:?}");
}

#[test]
fn missing_groups_are_not_no_groups() {
    let by_groups = json!({"groups_claim": "groups"});
    let many: Vec<String> = (0..10_000).map(|i| format!("g{i}")).collect();
    for (claims, reason) in [
        (json!({"sub": "1"}), "sent no claim `groups`"),
        (
            json!({"sub": "1", "_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}}),
            "sent a link",
        ),
        (json!({"sub": "1", "hasgroups": true}), "sent a link"),
        (json!({"sub": "1", "groups": {"a": 1}}), "not a list of texts"),
        (json!({"sub": "1", "groups": ["a", 1]}), "not a list of texts"),
        (json!({"sub": "1", "groups": many}), "has 10000 values, and at most 1000"),
        (json!({"groups": []}), "sent no claim `sub`"),
    ] {
        let refused = person(&by_groups, &claims).unwrap_err();
        assert!(refused.contains(reason), "{refused}");
    }
    assert!(person(&by_groups, &json!({"sub": "1", "groups": []})).unwrap().groups.is_empty());
}

#[test]
fn groups_let_in_and_make_administrators() {
    let by_groups = json!({"groups_claim": "groups", "require_groups": ["staff"], "admin_groups": ["ops"]});
    for (groups, admin) in [
        (json!(["staff"]), Some(Some(false))),
        (json!(["staff", "ops"]), Some(Some(true))),
        (json!(["ops"]), None),
        (json!(["Staff"]), None),
        (json!([]), None),
    ] {
        let found = person(&by_groups, &json!({"sub": "1", "groups": groups}));
        assert_eq!(found.as_ref().ok().map(|person| person.admin), admin, "{groups}: {found:?}");
    }
}

#[test]
fn odd_names_make_no_user_and_the_reason_is_told() {
    for (name, taken) in [
        ("Alice", true),
        ("alice smith", false),
        ("../alice", false),
        ("al\u{456}ce", false),
        ("M\u{fc}ller", false),
        ("admin\0", false),
        ("anonymous", false),
        ("", false),
    ] {
        let found = person(&json!({}), &json!({"sub": "1", "preferred_username": name})).unwrap();
        assert_eq!(found.name.is_ok(), taken, "{name:?}: {:?}", found.name);
    }
    let labels = json!({"labels": {"team": "department"}});
    let found = person(&labels, &json!({"sub": "1", "department": ["web/api", "ops"]})).unwrap();
    assert_eq!(found.labels["team"], ["web/api", "ops"]);
    assert!(person(&labels, &json!({"sub": "1"})).unwrap().labels["team"].is_empty());
    assert!(person(&labels, &json!({"sub": "1", "department": 7})).is_err());
    assert!(person(&labels, &json!({"sub": "1", "department": "a\nb"})).is_err());
}
