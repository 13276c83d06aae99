//! `portreeve repositories crawl`: starts a crawl, in which the server reads what a registry stores, and waits
//! until the crawl ends. With `--status`, only shows the progress of the last crawl.

use super::client::{Body, Client, Request, path, text_field};
use super::connection::ClientFlags;
use super::error::CliError;
use super::escape::clean;
use super::progress::Teller;
use crate::outbound::Method;
use clap::Args;
use serde_json::{Value, json};
use std::time::Duration;

/// The time between two requests for the state of the crawl.
const BETWEEN: Duration = Duration::from_millis(500);
/// The fields that a table shows first.
const FIRST: &[&str] = &[
    "service",
    "state",
    "started_at",
    "finished_at",
    "error",
    "repositories",
    "tags",
    "looked_up",
    "skipped",
    "refused",
    "gone",
    "requests",
];

#[derive(Debug, Args)]
pub(super) struct Crawl {
    /// The name of the service
    #[arg(value_name = "SERVICE")]
    object: String,
    /// Ask for the digest of each tag, also of tags that are known: they may have moved without a report
    #[arg(long)]
    all_tags: bool,
    /// If the registry lists no repository, declare everything gone; without this flag the crawl fails then
    #[arg(long)]
    accept_empty: bool,
    /// Only show the progress of the last crawl
    #[arg(long, conflicts_with_all = ["all_tags", "accept_empty"])]
    status: bool,
}

pub(super) fn run(flags: &ClientFlags, args: &Crawl) -> Result<(), CliError> {
    let (client, at) = (flags.connect()?, path(&["services", &args.object, "crawl"])?);
    if args.status {
        return flags.output().object(FIRST, &client.get(at)?.body);
    }
    let mut request = Request::new(Method::POST, at.clone());
    request.body = Body::Json(json!({"all_tags": args.all_tags, "accept_empty": args.accept_empty}));
    let begun = client.send(request)?.body;
    let ended = wait(&client, &at, begun)?;
    match text_field(&ended, "state") {
        "finished" => flags.output().object(FIRST, &ended),
        "failed" => Err(CliError::Failed(format!("the crawl failed: {}", clean(text_field(&ended, "error"))))),
        _ => Err(CliError::Failed(
            "the crawl was interrupted: its server stopped, or the service changed. A server continues the crawl by itself"
                .to_owned(),
        )),
    }
}

/// Waits until the crawl ends, and prints its progress. Returns the last state of the crawl.
fn wait(client: &Client, at: &str, begun: Value) -> Result<Value, CliError> {
    let mut teller = Teller::new();
    let mut state = begun;
    while text_field(&state, "state") == "running" {
        let number = |field: &str| state.get(field).and_then(Value::as_i64).unwrap_or_default();
        teller.tell(&format!(
            "{} repositories, {} tags, {} of them looked up, {} requests",
            number("repositories"),
            number("tags"),
            number("looked_up"),
            number("requests")
        ));
        std::thread::sleep(BETWEEN);
        state = client.get(at.to_owned())?.body;
    }
    teller.end();
    Ok(state)
}
