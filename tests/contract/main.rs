//! Compares the served description of the API with the server, by schemathesis: every check must succeed. Other files
//! of this program compare the description with those of the releases, and check the page at `/docs/`.
//!
//! `schemathesis.toml` lists the statuses that are right where a schema cannot express a rule, with the reasons.
//! `tests/run` installs schemathesis. If schemathesis is missing, the test fails. The requests of a usual run come from
//! one seed, so that only a change of the code changes the result. A longer run uses new requests each time, unless
//! `PORTREEVE_CONTRACT_SEED` names the seed:
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

/// The number of requests for each operation in the fuzzing and stateful phases.
const EXAMPLES: &str = "10";
/// The seed for the requests of a usual run.
const SEED: &str = "20";
/// The time limit of one usual run.
const LONGEST: Duration = Duration::from_secs(480);

/// Returns the program that `tests/run` prepared.
fn schemathesis() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/interop-venv/bin/schemathesis");
    let program = std::env::var("PORTREEVE_TEST_SCHEMATHESIS").map_or(default, PathBuf::from);
    assert!(program.exists(), "{} is missing: run tests/run, which installs it", program.display());
    program
}

/// Runs schemathesis on the served description, with these credentials and additional arguments. Every check must
/// succeed.
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
    let output = output.expect("schemathesis took too long").expect("schemathesis cannot be run");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(output.status.success(), "{said}\n{complaints}");
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// The requests use a key of a robot. No request guesses the robot's name, and the server protects the robot as its
/// last administrator.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_does_what_the_description_says_for_an_administrator() {
    let app = App::spawn_unthrottled().await;
    let name = uuid::Uuid::new_v4().to_string();
    app.must("PUT", &format!("/robots/{name}"), json!({"admin": true})).await;
    let key = app.must("POST", &format!("/robots/{name}/access-keys"), json!({"name": "contract"})).await;
    let authorization = format!("Bearer {}", key["secret"].as_str().unwrap());
    let me = || App::send(app.request("GET", "/api/v1/me").header("authorization", authorization.clone()));
    assert_eq!(app.api("PATCH", "/users/admin", json!({"admin": false})).await.status, 200);
    // The operations that read the policy come first. A later request deletes the service that they ask about.
    run(&app, &authorization, &["--include-tag", "policy", "--phases", "examples,coverage,fuzzing"]).await;
    // `deleteMyAccessKey` could revoke the key of this run. The run of an ordinary user tests it.
    run(&app, &authorization, &["--exclude-operation-id", "deleteMyAccessKey"]).await;
    let me = me().await;
    assert_eq!(
        (me.status, me.json()["admin"] == true),
        (200, true),
        "the run has removed its own access: {}",
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
