//! `portreeve usage`, `portreeve pulls` and `portreeve activity`: show who did what in registries.

use super::client::path;
use super::connection::ClientFlags;
use super::error::CliError;
use super::escape::clean;
use super::when;
use crate::domain::events::{Digest, EventAction};
use clap::Args;
use std::str::FromStr;

/// The number of events that a list shows without --limit.
const SHOWN: usize = 50;
const SUMS: &[&str] = &["service", "repository", "subject", "action", "count", "first_at", "last_at"];
const EVENTS: &[&str] =
    &["at", "service", "action", "repository", "tag", "digest", "subject", "address", "agent"];

/// Show who did what in which repository, and how often
///
/// For administrators; with --mine everybody sees their own use. The command covers the last 30 days unless
/// you give --from or --to. The server sums up days older than about two months by month.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve usage --subject robot:ci\n  \
    portreeve usage --repository web/site --action push --from 7d\n  portreeve usage --mine")]
pub(super) struct Usage {
    #[command(flatten)]
    flags: ClientFlags,
    /// Show your own use
    #[arg(long, conflicts_with = "subject")]
    mine: bool,
    #[command(flatten)]
    narrowed: Narrowed,
    /// Only use by this subject: NAME, user:NAME, robot:NAME, or anonymous
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    /// Only this action: pull, check, push, mount or delete
    #[arg(long, value_name = "ACTION", value_parser = action)]
    action: Option<String>,
    /// The greatest number of lines; all lines when left out
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
}

/// Show who pulled a manifest, and so has the image with this digest
///
/// For administrators. The command covers the last 30 days unless you give --from or --to. The server keeps pulls of a
/// digest for 90 days after the last one, unless its configuration says otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve pulls \
    sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n  portreeve pulls \
    sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 --from 90d --output json")]
pub(super) struct Pulls {
    #[command(flatten)]
    flags: ClientFlags,
    /// The digest of the manifest or index
    #[arg(value_name = "DIGEST", value_parser = digest)]
    digest: String,
    #[command(flatten)]
    narrowed: Narrowed,
    /// Only pulls by this subject: NAME, user:NAME, robot:NAME, or anonymous
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    /// The greatest number of lines; all lines when left out
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,
}

/// Show the events of registries, the newest first
///
/// For administrators. The command covers the last 30 days unless you give --from or --to.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve activity --action delete\n  \
    portreeve activity --repository web/site --from 24h --limit 10")]
pub(super) struct Activity {
    #[command(flatten)]
    flags: ClientFlags,
    /// Only this action: pull, push, mount or delete
    #[arg(long, value_name = "ACTION", value_parser = listed_action)]
    action: Option<String>,
    #[command(flatten)]
    narrowed: Narrowed,
    /// Only events by this subject: NAME, user:NAME, robot:NAME, or anonymous
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    /// Only events of this manifest or layer
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    digest: Option<String>,
    /// The greatest number of events
    #[arg(long, value_name = "NUMBER", default_value_t = SHOWN)]
    limit: usize,
}

/// The flags that narrow the events by registry, repository and time.
#[derive(Debug, Args)]
struct Narrowed {
    /// Show only this registry
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Show only this repository
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Only repositories whose names begin with this text
    #[arg(long, value_name = "TEXT")]
    prefix: Option<String>,
    /// From this time on: RFC 3339, a day (UTC), or a time before now, for example 24h
    #[arg(long, value_name = "TIME", value_parser = bound)]
    from: Option<String>,
    /// Up to and including this day (UTC), or up to this time: RFC 3339, or a time before now
    #[arg(long, value_name = "TIME", value_parser = bound)]
    to: Option<String>,
}

type Query = Vec<(&'static str, String)>;

impl Narrowed {
    fn query(&self, subject: Option<&String>) -> Query {
        let fields = [
            ("service", self.service.as_ref()),
            ("repository", self.repository.as_ref()),
            ("q", self.prefix.as_ref()),
            ("subject", subject),
            ("from", self.from.as_ref()),
            ("to", self.to.as_ref()),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?.clone()))).collect()
    }
}

/// Returns a time in the form of the API. A day stays a day, because the API takes a day as `to` up to the end of
/// the day.
fn bound(text: &str) -> Result<String, String> {
    let time = when::past(text)?;
    Ok(if when::is_date(text) { text.to_owned() } else { time.to_string() })
}

/// Accepts an action of registry events that needs a right: pull, check, push, mount or delete.
fn action(text: &str) -> Result<String, String> {
    let known = EventAction::from_str(text).is_ok_and(|action| action.right().is_some());
    if known { Ok(text.to_owned()) } else { Err("write pull, check, push, mount or delete".to_owned()) }
}

/// Accepts an action whose events are listed. Refuses `check`, because the server only counts checks.
fn listed_action(text: &str) -> Result<String, String> {
    match text {
        "check" => Err("checks are only counted: see portreeve usage --action check".to_owned()),
        "pull" | "push" | "mount" | "delete" => Ok(text.to_owned()),
        _ => Err("write pull, push, mount or delete".to_owned()),
    }
}

fn digest(text: &str) -> Result<String, String> {
    Digest::parse(text).map(|digest| digest.to_string()).map_err(|error| clean(&error.to_string()))
}

pub(super) fn usage(args: &Usage) -> Result<(), CliError> {
    let mut query = args.narrowed.query(args.subject.as_ref());
    query.extend(args.action.clone().map(|action| ("action", action)));
    let at = if args.mine { path(&["me", "usage"])? } else { path(&["usage"])? };
    let found = args.flags.connect()?.list(&at, &query, args.limit);
    let found = found.map_err(|error| error.or_instead(|| "portreeve usage --mine".to_owned()))?;
    args.flags.output().list(SUMS, &found)
}

pub(super) fn pulls(args: &Pulls) -> Result<(), CliError> {
    let mut query = args.narrowed.query(args.subject.as_ref());
    query.push(("digest", args.digest.clone()));
    let found = args.flags.connect()?.list(&path(&["pulls"])?, &query, args.limit)?;
    args.flags.output().list(SUMS, &found)
}

pub(super) fn activity(args: &Activity) -> Result<(), CliError> {
    let mut query = args.narrowed.query(args.subject.as_ref());
    query.extend(args.action.clone().map(|action| ("action", action)));
    query.extend(args.digest.clone().map(|digest| ("digest", digest)));
    let found = args.flags.connect()?.list(&path(&["activity"])?, &query, Some(args.limit))?;
    args.flags.output().list(EVENTS, &found)
}
