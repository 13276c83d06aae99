//! Checks the web console: its types, unit tests, import rules and committed files, and journeys through its pages in a
//! real browser. `tests/run` installs the npm packages. A missing component fails the test.
//!
//! Pictures of every page are in `target/console-pictures`. `console/README.md` explains how to run a single journey.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

#[path = "../support/server.rs"]
mod server;

use server::Server;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The greatest size of `app.js` and `app.css` together, in bytes after compression with gzip.
const MOST_BYTES: usize = 90_000;
/// The factor by which a page may be slower here than the goal in `console/tests/journeys/speed.mjs`. Other tests run
/// at the same time, and the build is not optimised.
const SLOWER: &str = "20";

fn console() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("console")
}

/// Runs a program in the console's folder. The program must succeed.
fn must(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    assert!(console().join("node_modules").exists(), "run tests/run, which installs console/node_modules");
    let mut command = Command::new(program);
    command.args(arguments).envs(environment.iter().copied()).env("NO_COLOR", "1").current_dir(console());
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    text
}

#[test]
fn types_and_markup_have_no_error_and_no_warning() {
    must("npm", &["run", "types"], &[]);
}

#[test]
fn the_unit_tests_pass_and_the_walls_stand() {
    must("npm", &["run", "unit"], &[]);
}

#[test]
fn the_committed_files_are_what_the_sources_make() {
    must("npm", &["run", "rebuild"], &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_types_of_the_api_are_those_that_the_server_tells() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("portreeve.db").display());
    let mut server = Server::spawn(folder.path(), &database, &[]);
    server.ready().await;
    must("npm", &["run", "schema", "--", "--check"], &[("CONSOLE_SERVER", &server.url(""))]);
}

#[test]
fn what_a_browser_loads_is_small() {
    let sent: usize = ["app.js", "app.css"]
        .iter()
        .map(|name| {
            let output =
                Command::new("gzip").args(["-9", "-c"]).arg(console().join("dist").join(name)).output();
            output.unwrap().stdout.len()
        })
        .sum();
    println!("app.js and app.css: {sent} bytes with gzip");
    assert!(sent > 0 && sent <= MOST_BYTES, "{sent} bytes");
}

#[test]
fn every_journey_through_the_pages_passes() {
    let pseudo = tempfile::tempdir().unwrap();
    let pseudo = pseudo.path().to_str().unwrap();
    must("npm", &["run", "pseudo", "--", "--outDir", pseudo], &[]);
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/console-pictures");
    let environment = [
        ("CONSOLE_BINARY", env!("CARGO_BIN_EXE_portreeve")),
        ("CONSOLE_ARTEFACTS", pictures.to_str().unwrap()),
        ("CONSOLE_PSEUDO", pseudo),
        ("CONSOLE_SLOWER", SLOWER),
    ];
    println!("{}", must("npm", &["run", "journeys"], &environment));
}
