//! Every fenced block of the documents is run by a test, or a list names the reason why no test runs it.
//!
//! `advice.rs` runs the blocks of commands (`sh`, `console`) and has its own list. The tests of packages run the blocks
//! of installation.md. All other blocks are in [`OTHERS`]. Add a new block there, with the test that runs it.

use crate::examples::documents;
use crate::program::Shell;
use crate::server::{ADMIN_PASSWORD, Server};
use crate::world::repository;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tempfile::TempDir;

/// A fenced block.
struct Block {
    document: String,
    line: usize,
    kind: String,
    /// The white space before the fence. A block in a list is indented.
    indent: String,
    body: String,
}

/// The blocks that are neither `sh` nor `console`: the document, the kind and the beginning of the block, and the test
/// that uses it or a reason.
const OTHERS: &[(&str, &str, &str, &str)] = &[
    (
        "README.md",
        "yaml",
        "# Paste this into",
        "what `serve` prints: the tests of interop give it to a registry",
    ),
    ("docs/api.md", "json", "", "answers: api_document.rs compares each with what the server says"),
    ("docs/api.md", "text", "curl -sS http://localhost:5001/oauth2/token", "api_document.rs asks as it says"),
    (
        "docs/architecture.md",
        "text",
        "src/main.rs",
        "a picture of the tree: the tests of architecture check the layers",
    ),
    ("docs/architecture.md", "text", "http, cli", "the tests of architecture check the layers"),
    ("docs/configuration.md", "text", "portreeve: portreeve.toml", "run here: each message"),
    ("docs/configuration.md", "toml", "# portreeve.toml", "run here"),
    (
        "docs/doctor.md",
        "json",
        "{\"registry\"",
        "the form of a report, shortened: the tests of the doctor read whole reports",
    ),
    (
        "docs/events.md",
        "yaml",
        "notifications:",
        "what `services config --events` prints: the tests of events give it to a registry",
    ),
    ("docs/files.md", "yaml", "", "run here"),
    (
        "docs/files.md",
        "text",
        "  everyone  repository **",
        "one row of a long plan: the tests of `apply` make such rows",
    ),
    ("docs/operations.md", "bash", "", "the tests of moving run the recipes of encrypted backups"),
    ("docs/operations.md", "json", "{\"timestamp\"", "api_document.rs compares it with the log"),
    (
        "docs/operations.md",
        "yaml",
        "auth:",
        "what `services config` prints, with comments: the tests of interop give it to a registry",
    ),
    ("docs/policy.md", "json", "", "run here"),
    ("docs/reverse-proxies.md", "caddyfile", "", "the tests of packages run it"),
    ("docs/reverse-proxies.md", "haproxy", "", "the tests of packages run it"),
    ("docs/reverse-proxies.md", "nginx", "", "the tests of packages run it"),
    ("docs/reverse-proxies.md", "toml", "", "the tests of packages run it"),
    (
        "docs/reverse-proxies.md",
        "yaml",
        "",
        "Traefik cannot be installed: the tests of packages compare it with its schemas",
    ),
    ("docs/search.md", "nginx", "", "the tests of search run it"),
    ("docs/search.md", "caddyfile", "", "the tests of search run it"),
    (
        "docs/search.md",
        "yaml",
        "",
        "Traefik cannot be installed: the tests of search compare it with its schema",
    ),
    (
        "docs/signin.md",
        "text",
        "Open this page in a browser",
        "what `login` says: the tests of the login read it",
    ),
];

fn blocks() -> Vec<Block> {
    let mut found = Vec::new();
    for path in documents() {
        let document = path.strip_prefix(repository()).unwrap().display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut open: Option<Block> = None;
        for (line, text) in text.lines().enumerate() {
            let fence = text.trim_start().strip_prefix("```").filter(|rest| !rest.contains('`'));
            match (&mut open, fence) {
                (None, Some(kind)) => {
                    let indent = text.split('`').next().unwrap_or_default().to_owned();
                    let (kind, body, document) = (kind.to_owned(), String::new(), document.clone());
                    open = Some(Block { document, line: line + 1, kind, indent, body });
                }
                (Some(_), Some("")) => found.extend(open.take()),
                (Some(block), _) => {
                    block.body.push_str(text.strip_prefix(&block.indent).unwrap_or(text));
                    block.body.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{document}: a block does not end");
    }
    found
}

/// Returns the texts of the blocks of one kind in one document.
pub fn bodies(document: &str, kind: &str) -> Vec<String> {
    let of = blocks().into_iter().filter(|block| block.document == document && block.kind == kind);
    of.map(|block| block.body).collect()
}

#[test]
fn every_block_of_the_documents_is_run_or_listed_with_a_reason() {
    let (mut used, mut unknown) = (BTreeSet::new(), Vec::new());
    for block in blocks() {
        // A test runs each of these commands, or one of two lists names it: the list in `advice.rs`, or the list in the
        // tests of packages.
        if matches!(block.kind.as_str(), "sh" | "console") {
            continue;
        }
        let is_it = |(document, kind, beginning, _): &(&str, &str, &str, &str)| {
            (block.document.as_str(), block.kind.as_str()) == (*document, *kind)
                && block.body.starts_with(beginning)
        };
        match OTHERS.iter().position(is_it) {
            Some(at) => {
                used.insert(at);
            }
            None => unknown.push(format!("{}:{}: ```{}", block.document, block.line, block.kind)),
        }
    }
    assert!(
        unknown.is_empty(),
        "no test runs these blocks: run them, or add them to OTHERS with the reason: {unknown:?}"
    );
    let unused: Vec<_> =
        OTHERS.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, other)| other).collect();
    assert!(
        unused.is_empty(),
        "no block begins with these texts any more: remove them from OTHERS: {unused:?}"
    );
}

/// Starts a server that may call the host `id.example.org`. Returns a shell that is logged in to the server.
async fn port() -> (TempDir, Server, Shell) {
    let folder = tempfile::tempdir().unwrap();
    let mut server =
        Server::spawn(folder.path(), "sqlite://portreeve.db", &["--identity-host", "id.example.org"]);
    server.ready().await;
    let shell = Shell::new();
    shell.with_input(&["login", &server.url(""), "--user", "admin"], ADMIN_PASSWORD).await.ok();
    (folder, server, shell)
}

#[tokio::test]
async fn the_rules_of_the_page_about_the_policy_are_taken_without_a_warning() {
    let (_folder, server, _shell) = port().await;
    for (path, body) in [
        ("/users/alice", json!({})),
        ("/robots/ci-web", json!({})),
        ("/robots/release", json!({})),
        ("/groups/web", json!({"members": ["user:alice", "robot:ci-web"]})),
    ] {
        server.must("PUT", path, body).await;
    }
    let mut count = 0;
    for body in bodies("docs/policy.md", "json") {
        for rule in serde_json::Deserializer::from_str(&body).into_iter::<Value>() {
            let mut rule = rule.unwrap();
            let name = rule["name"].as_str().unwrap().to_owned();
            rule.as_object_mut().unwrap().remove("name");
            let made = server.must("PUT", &format!("/rules/{name}"), rule).await;
            assert_eq!(made["enabled"], true, "{made}");
            count += 1;
        }
    }
    assert!(count >= 6, "only {count} rules were found");
}

#[tokio::test]
async fn the_files_of_the_page_about_files_are_applied() {
    let (_folder, server, shell) = port().await;
    server.must("PUT", "/users/alice", json!({})).await;
    let provider = json!({"issuer": "https://id.example.org", "client_id": "portreeve"});
    server.must("PUT", "/identity-providers/corp", provider).await;
    let files = bodies("docs/files.md", "yaml");
    assert_eq!(files.len(), 2);
    for file in files {
        let said = shell.with_input(&["apply", "-", "--format", "yaml", "--yes"], &file).await;
        assert!(said.ok().contains("created"), "{file}");
    }
}

#[tokio::test]
async fn the_settings_of_the_page_about_settings_can_be_used() {
    let shell = Shell::new();
    let [settings] = &bodies("docs/configuration.md", "toml")[..] else { panic!("expected one example") };
    let home = shell.home.path().display().to_string();
    std::fs::create_dir(shell.home.path().join("lib")).unwrap();
    let here = settings.replace("/var/lib/portreeve", &format!("{home}/lib"));
    std::fs::write(shell.home.path().join("portreeve.toml"), here).unwrap();
    let said = shell.line("config check").await;
    // Exit code 2 means an unusable setting. Exit code 1 can mean that an address is in use on this machine.
    assert!(matches!(said.code, 0 | 1), "{said:?}");
    for line in settings.lines().filter_map(|line| line.split_once(" = ")) {
        assert!(!said.err.contains(&format!("`{}`", line.0)), "{}: {said:?}", line.0);
    }
}

#[tokio::test]
async fn the_mistakes_of_the_page_about_settings_are_told_as_it_shows_them() {
    let [shown] = &bodies("docs/configuration.md", "text")[..] else { panic!("expected one example") };
    let mut shown = shown.lines();
    for (file, flag, variable) in [
        ("listen = 127.0.0.1:5007\n", None, None),
        ("issuer = \"a\"\n\nmax_stale = 3\n", None, None),
        ("issuer = \"a\"\nmax_staleness = 100000\n", None, None),
        ("", Some("--tls-cert"), None),
        ("", None, Some(("PORTREEVE_LISTEN", "x"))),
    ] {
        let mut shell = Shell::new();
        if !file.is_empty() {
            std::fs::write(shell.home.path().join("portreeve.toml"), file).unwrap();
        }
        if let Some((name, value)) = variable {
            shell.set(name, value);
        }
        let mut arguments = vec!["serve"];
        arguments.extend(flag.into_iter().flat_map(|flag| [flag, "a.crt"]));
        let said = shell.run(&arguments).await;
        let expected = shown.next().unwrap();
        let (beginning, _) = expected.split_once('…').unwrap_or((expected, ""));
        assert!(said.code == 2 && said.err.starts_with(beginning), "{expected}: {said:?}");
        assert!(expected.contains('…') || said.err.trim_end() == expected, "{expected}: {said:?}");
    }
    assert_eq!(shown.next(), None, "a shown message was not tried");
}
