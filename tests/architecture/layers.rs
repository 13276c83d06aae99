//! The layers of the crate, the modules that each layer may name, and the foreign crates that only some layers may
//! name.

use crate::SourceFile;
use regex::Regex;
use std::collections::BTreeSet;
use std::path::Path;

/// For each layer, the other modules of the crate that it may name.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("causes", &[]),
    ("clock", &["domain"]),
    ("entropy", &[]),
    ("metrics", &[]),
    ("release", &[]),
    ("telemetry", &["config"]),
    ("config", &["domain"]),
    ("storage", &["domain"]),
    ("token", &["domain", "entropy"]),
    ("snapshot", &["storage", "domain"]),
    ("accounts", &["storage", "domain"]),
    ("upstream", &["outbound", "token", "domain"]),
    ("authn", &["accounts", "upstream", "token", "snapshot", "storage", "domain", "entropy", "metrics"]),
    ("issue", &["authn", "token", "snapshot", "storage", "domain", "entropy", "metrics"]),
    (
        "manage",
        &["authn", "accounts", "upstream", "token", "snapshot", "storage", "domain", "entropy", "release"],
    ),
    ("catalogue", &["authn", "token", "snapshot", "storage", "domain"]),
    ("events", &["authn", "snapshot", "storage", "domain", "entropy", "metrics", "causes"]),
    (
        "crawl",
        &[
            "issue", "manage", "events", "authn", "accounts", "snapshot", "storage", "outbound", "domain",
            "clock", "metrics", "causes",
        ],
    ),
    ("signin", &["authn", "accounts", "snapshot", "storage", "domain", "entropy"]),
    (
        "http",
        &[
            "issue",
            "manage",
            "signin",
            "events",
            "catalogue",
            "crawl",
            "authn",
            "accounts",
            "token",
            "snapshot",
            "storage",
            "domain",
            "clock",
            "entropy",
            "metrics",
            "causes",
        ],
    ),
    (
        "app",
        &[
            "http",
            "issue",
            "manage",
            "signin",
            "events",
            "catalogue",
            "crawl",
            "authn",
            "accounts",
            "upstream",
            "token",
            "snapshot",
            "storage",
            "outbound",
            "domain",
            "clock",
            "config",
            "entropy",
            "metrics",
            "causes",
            "release",
        ],
    ),
    ("outbound", &["domain"]),
    ("doctor", &["token", "outbound", "domain", "clock", "entropy", "causes"]),
    (
        "cli",
        &[
            "app",
            "doctor",
            "manage",
            "token",
            "entropy",
            "outbound",
            "config",
            "telemetry",
            "domain",
            "clock",
            "causes",
            "release",
        ],
    ),
];

/// For each foreign crate, the only layers or files that may name the crate.
const HOMES: &[(&str, &[&str])] = &[
    ("sqlx", &["storage"]),
    ("askama", &["http"]),
    ("actix_web", &["http", "app"]),
    // `telemetry.rs` names only the target of log lines.
    ("actix_http", &["http/connection/service.rs", "telemetry.rs"]),
    ("actix_service", &["http/connection/service.rs"]),
    ("tokio_rustls", &["http"]),
    ("flate2", &["http/gzip.rs"]),
    ("jsonwebtoken", &["token"]),
    ("rcgen", &["token"]),
    ("argon2", &["authn"]),
    ("bcrypt", &["authn"]),
    ("moka", &["authn/cache.rs"]),
    ("hashlink", &["authn/throttle.rs"]),
    ("x509_parser", &["token/x509.rs"]),
    ("clap", &["cli", "main"]),
    ("metrics_exporter_prometheus", &["metrics"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("reqwest", &["outbound"]),
    ("oauth2", &["upstream"]),
    ("rustls", &["http", "outbound", "doctor"]),
    ("listenfd", &["app/systemd.rs"]),
    ("sd_notify", &["app"]),
    ("rpassword", &["cli"]),
    ("ring", &["token", "authn", "signin", "storage", "entropy", "cli", "doctor"]),
    ("utoipa", &["http", "manage", "accounts", "domain"]),
    (
        "tokio",
        &[
            "storage",
            "snapshot",
            "authn",
            "upstream",
            "manage",
            "events",
            "catalogue",
            "crawl",
            "http",
            "app",
            "cli",
            "doctor",
        ],
    ),
    (
        "tracing",
        &[
            "authn",
            "issue",
            "manage",
            "events",
            "catalogue",
            "crawl",
            "http",
            "app",
            "cli",
            "telemetry",
            "storage",
            "snapshot",
        ],
    ),
];

/// The names that the pure core may use besides its own.
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
    "shlex",
    "strum",
    "utoipa",
];
/// The parts of the standard library that the pure core must not name.
const IMPURE: &[&str] =
    &["std::fs", "std::env", "std::net::Tcp", "std::process", "std::io", "SystemTime", "Instant"];

/// Returns the code of a file without comments and unit tests.
pub fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    body.lines().map(|line| line.split("//").next().unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// Returns the layer of a file. Both `src/authn/mod.rs` and `src/authn.rs` are in the layer `authn`.
pub fn layer(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
    first.strip_suffix(".rs").unwrap_or(first).to_owned()
}

/// Finds names in a file that it may not use. Also finds a missing module comment.
pub fn breaches(source: &SourceFile) -> Vec<String> {
    let own = layer(&source.path);
    let text = code(&source.text);
    let mut found = Vec::new();
    let mut breach = |what: String| found.push(format!("{}: {what}", source.path.display()));
    if !source.text.starts_with("//!") {
        breach("does not begin by saying what it is".to_owned());
    }
    if own == "lib" || own == "main" {
        return found;
    }
    let allowed = MAY_NAME.iter().find(|(name, _)| *name == own).map(|(_, allowed)| *allowed);
    let Some(allowed) = allowed else {
        breach(format!("`{own}` is not a layer: give it a place in the table"));
        return found;
    };
    let one = Regex::new(r"\b(?:crate|portreeve)::([a-z_]+)").unwrap();
    let group = Regex::new(r"\b(?:crate|portreeve)::\{([^;]*)\}").unwrap();
    let in_group = Regex::new(r"(?:^|,)\s*([a-z_]+)").unwrap();
    let groups = group.captures_iter(&text).map(|captures| captures[1].to_owned()).collect::<Vec<_>>();
    let named = groups.iter().flat_map(|names| in_group.captures_iter(names)).chain(one.captures_iter(&text));
    let named: BTreeSet<String> = named.map(|captures| captures[1].to_owned()).collect();
    for other in named.iter().filter(|other| **other != own && !allowed.contains(&other.as_str())) {
        breach(format!("`{own}` names `{other}`"));
    }
    for (foreign, homes) in HOMES {
        let is_home = homes.iter().any(|home| *home == own || source.path == Path::new(home));
        if Regex::new(&format!(r"\b{foreign}::")).unwrap().is_match(&text) && !is_home {
            breach(format!("`{own}` names the crate `{foreign}`"));
        }
    }
    if Regex::new(r"\bStatusCode::").unwrap().is_match(&text)
        && !source.path.with_extension("").starts_with("http/error")
    {
        breach("names HTTP status codes, which is the business of http/error/".to_owned());
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
