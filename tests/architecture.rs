//! The walls of `docs/architecture.md`: who may name whom, checked in the source.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use regex::Regex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// For each layer: the other modules of the crate that it may name.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("causes", &[]),
    ("clock", &["domain"]),
    ("entropy", &[]),
    ("metrics", &[]),
    ("telemetry", &["config"]),
    ("config", &["domain"]),
    ("storage", &["domain"]),
    ("token", &["domain", "entropy"]),
    ("snapshot", &["storage", "domain"]),
    ("authn", &["snapshot", "storage", "domain", "entropy", "metrics"]),
    ("issue", &["authn", "token", "snapshot", "storage", "domain", "entropy", "metrics"]),
    ("manage", &["authn", "token", "snapshot", "storage", "domain", "entropy"]),
    (
        "http",
        &[
            "issue", "manage", "authn", "token", "snapshot", "storage", "domain", "clock", "entropy",
            "metrics", "causes",
        ],
    ),
    (
        "app",
        &[
            "http", "issue", "manage", "authn", "token", "snapshot", "storage", "domain", "clock", "config",
            "entropy", "metrics", "causes",
        ],
    ),
    ("outbound", &["domain"]),
    ("doctor", &["token", "outbound", "domain", "clock", "entropy", "causes"]),
    (
        "cli",
        &["app", "doctor", "manage", "token", "outbound", "config", "telemetry", "domain", "clock", "causes"],
    ),
];

/// Foreign crates that only some layers may name.
const HOMES: &[(&str, &[&str])] = &[
    ("sqlx", &["storage"]),
    ("actix_web", &["http", "app"]),
    ("jsonwebtoken", &["token"]),
    ("rcgen", &["token"]),
    ("argon2", &["authn"]),
    ("bcrypt", &["authn"]),
    ("clap", &["cli", "main"]),
    ("metrics_exporter_prometheus", &["metrics"]),
    ("clap_complete", &["cli"]),
    ("reqwest", &["outbound"]),
    ("rustls", &["http", "outbound", "doctor"]),
    ("rpassword", &["cli"]),
    ("ring", &["token", "authn", "storage", "entropy", "cli", "doctor"]),
    ("utoipa", &["http", "manage", "domain"]),
    ("utoipa_swagger_ui", &["http"]),
    ("tokio", &["storage", "snapshot", "authn", "manage", "http", "app", "cli", "doctor"]),
    ("tracing", &["authn", "issue", "manage", "http", "app", "cli", "telemetry", "storage", "snapshot"]),
];

/// All that the pure core may name besides itself.
const PURE: &[&str] = &[
    "std",
    "core",
    "super",
    "self",
    "crate",
    "serde",
    "serde_json",
    "thiserror",
    "zeroize",
    "ipnet",
    "time",
    "crc32fast",
    "utoipa",
];
/// Parts of the standard library that are not pure.
const IMPURE: &[&str] =
    &["std::fs", "std::env", "std::net::Tcp", "std::process", "std::io", "SystemTime", "Instant"];

struct Source {
    path: PathBuf,
    text: String,
}

/// The code of a file without comments and without its unit tests.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    body.lines().map(|line| line.split("//").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// `src/authn/mod.rs` and `src/authn.rs` are both of layer `authn`.
fn layer(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

fn breaches(source: &Source) -> Vec<String> {
    let own = layer(&source.path);
    let text = code(&source.text);
    let mut found = Vec::new();
    let mut breach = |what: String| found.push(format!("{}: {what}", source.path.display()));
    if !source.text.starts_with("//!") {
        breach("does not begin by saying what it is".to_owned());
    }
    if source.text.lines().count() > 400 {
        breach(format!("has {} lines, more than 400", source.text.lines().count()));
    }
    if own == "lib" || own == "main" {
        return found;
    }
    let allowed = MAY_NAME.iter().find(|(name, _)| *name == own).map(|(_, allowed)| *allowed);
    let Some(allowed) = allowed else {
        breach(format!("`{own}` is no layer: give it a place in the table"));
        return found;
    };
    let named: BTreeSet<String> = Regex::new(r"\b(?:crate|portreeve)::(?:\{\s*)?([a-z_]+)")
        .unwrap()
        .captures_iter(&text)
        .map(|captures| captures[1].to_owned())
        .collect();
    for other in named.iter().filter(|other| **other != own && !allowed.contains(&other.as_str())) {
        breach(format!("`{own}` names `{other}`"));
    }
    for (foreign, homes) in HOMES {
        if Regex::new(&format!(r"\b{foreign}::")).unwrap().is_match(&text) && !homes.contains(&own.as_str()) {
            breach(format!("`{own}` names the crate `{foreign}`"));
        }
    }
    if Regex::new(r"\bStatusCode::").unwrap().is_match(&text) && source.path != Path::new("http/error.rs") {
        breach("names HTTP status codes, which is the business of http/error.rs".to_owned());
    }
    if own == "domain" {
        let roots = Regex::new(r"(?m)^\s*(?:pub )?use ([a-z_0-9]+)").unwrap();
        for captures in roots.captures_iter(&text) {
            let is_own_module = text.contains(&format!("mod {};", &captures[1]));
            if !PURE.contains(&&captures[1]) && !is_own_module {
                breach(format!("the pure core names `{}`", &captures[1]));
            }
        }
        for impure in IMPURE.iter().filter(|impure| text.contains(**impure)) {
            breach(format!("the pure core names `{impure}`"));
        }
    }
    found
}

fn sources(folder: &Path, root: &Path, into: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, root, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test(&path) {
            let text = std::fs::read_to_string(&path).unwrap();
            into.push(Source { path: path.strip_prefix(root).unwrap().to_owned(), text });
        }
    }
}

/// Unit tests in files of their own.
fn is_test(path: &Path) -> bool {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .is_some_and(|stem| stem.ends_with("_tests") || stem == "testing")
}

#[test]
fn every_layer_names_only_what_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    sources(&root, &root, &mut all);
    assert!(all.len() > 40, "the sources are found");
    let found: Vec<String> = all.iter().flat_map(breaches).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn breaches_are_noticed() {
    let breach = |path: &str, text: &str| {
        breaches(&Source { path: path.into(), text: format!("//! Words.\n{text}\n") }).join("\n")
    };
    for (path, text, expected) in [
        ("domain/x.rs", "use crate::storage::Store;", "`domain` names `storage`"),
        ("domain/x.rs", "use tokio::sync::Mutex;", "the pure core names `tokio`"),
        ("domain/x.rs", "fn f() { std::env::var(\"X\"); }", "the pure core names `std::env`"),
        ("token/x.rs", "use crate::{storage::Store};", "`token` names `storage`"),
        ("storage/x.rs", "fn f() { crate::token::f(); }", "`storage` names `token`"),
        ("manage/users.rs", "use sqlx::Row;", "names the crate `sqlx`"),
        ("issue.rs", "use actix_web::HttpResponse;", "names the crate `actix_web`"),
        ("http/jwks.rs", "fn f() { StatusCode::OK; }", "status codes"),
        ("manage/x.rs", "use crate::http::Web;", "`manage` names `http`"),
        ("novel/x.rs", "", "is no layer"),
        ("clock.rs", &"\n".repeat(400), "more than 400"),
    ] {
        assert!(breach(path, text).contains(expected), "{path} {text}");
    }
    assert_eq!(breach("authn/x.rs", "use crate::storage::Store; // sqlx:: in words is no breach"), "");
}
