//! The served description of the API against the server, by schemathesis: every check, no failure.
//!
//! `schemathesis.toml` says which answers it takes for right where a schema cannot say the rule, and
//! why. `tests/run` installs schemathesis; where it is missing, the test fails. The requests of a
//! usual run are drawn from one seed, so that a change and not chance decides; a longer run draws
//! others each time, unless it is given its seed:
//!
//! ```sh
//! PORTREEVE_CONTRACT_EXAMPLES=500 cargo nextest run --test contract
//! PORTREEVE_CONTRACT_EXAMPLES=12 PORTREEVE_CONTRACT_SEED=7 cargo nextest run --test contract
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod compatible;
#[path = "../api/helpers.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod helpers;
mod page;
mod released;

use helpers::{ADMIN, App, PASSWORD};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What each operation is tried with in the fuzzing and stateful phases.
const EXAMPLES: &str = "12";
/// What the requests of a usual run are drawn from.
const SEED: &str = "20";
/// How long one run may take, unless it is a longer run.
const LONGEST: Duration = Duration::from_secs(300);

/// The program that `tests/run` prepared.
fn schemathesis() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/interop-venv/bin/schemathesis");
    let program = std::env::var("PORTREEVE_TEST_SCHEMATHESIS").map_or(default, PathBuf::from);
    assert!(program.exists(), "{} is missing: run tests/run, which installs it", program.display());
    program
}

/// Runs all phases and checks over the served document with these credentials.
async fn run(app: &App, authorization: &str, which: &[&str]) {
    let examples = std::env::var("PORTREEVE_CONTRACT_EXAMPLES");
    let longest = if examples.is_ok() { Duration::from_secs(24 * 3600) } else { LONGEST };
    let seed = std::env::var("PORTREEVE_CONTRACT_SEED").ok();
    let seed = seed.or_else(|| examples.is_err().then(|| SEED.to_owned()));
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/schemathesis.toml");
    let mut command = tokio::process::Command::new(schemathesis());
    command
        .arg("--config-file")
        .arg(config)
        .args(["run", "--checks", "all", "--workers", "1", "--no-color", "--continue-on-failure"])
        .args(["--max-examples", examples.as_deref().unwrap_or(EXAMPLES)])
        .args(["--generation-database", "none"])
        .args(seed.iter().flat_map(|seed| ["--seed", seed]))
        .args(["--header", &format!("Authorization: {authorization}")])
        .args(which)
        .arg(app.url("/api/v1/openapi.json"))
        .current_dir(app.folder.path())
        .kill_on_drop(true);
    let output = tokio::time::timeout(longest, command.output()).await;
    let output = output.expect("schemathesis took too long").expect("schemathesis runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(output.status.success(), "{said}\n{complaints}");
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// A robot in whose name everything is tried. Nothing guesses its name, and it is the last
/// administrator, whom the server protects.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_does_what_the_description_says_for_an_administrator() {
    let app = App::spawn_unthrottled().await;
    let name = uuid::Uuid::new_v4().to_string();
    app.must("PUT", &format!("/robots/{name}"), json!({"admin": true})).await;
    let key = app.must("POST", &format!("/robots/{name}/access-keys"), json!({"name": "contract"})).await;
    let authorization = format!("Bearer {}", key["secret"].as_str().unwrap());
    let me = || App::send(app.request("GET", "/api/v1/me").header("authorization", authorization.clone()));
    assert_eq!(app.api("PATCH", "/users/admin", json!({"admin": false})).await.status, 200);
    // First what looks at the policy, before the service it asks about is deleted.
    run(&app, &authorization, &["--include-tag", "policy", "--phases", "examples,coverage,fuzzing"]).await;
    // The key that everything is tried with is its own key. Ordinary users revoke theirs.
    run(&app, &authorization, &["--exclude-operation-id", "deleteMyAccessKey"]).await;
    let me = me().await;
    assert_eq!(
        (me.status, me.json()["admin"] == true),
        (200, true),
        "the run has shut itself out: {}",
        me.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_does_what_the_description_says_for_an_ordinary_user() {
    let app = App::spawn_unthrottled().await;
    app.user("ordinary").await;
    let rule = json!({"subjects": ["authenticated"], "names": ["web/**"], "actions": ["pull"]});
    app.rule("pull", rule).await;
    for client in ["one", "two", "three"] {
        let query = format!("service=registry&offline_token=true&client_id={client}");
        app.token(Some(("ordinary", PASSWORD)), &query).await.refresh_token();
    }
    run(&app, &basic("ordinary", PASSWORD), &[]).await;
    assert_eq!(app.api_as(("ordinary", PASSWORD), "GET", "/me", None).await.status, 200);
    assert_eq!(app.api_as(ADMIN, "GET", "/users/ordinary", None).await.status, 200);
}
