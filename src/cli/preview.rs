//! `portreeve preview`: what some objects in files would change, without waiting for a writer.

use super::apply::in_words;
use super::client::{Body, Request, path};
use super::connection::ClientFlags;
use super::error::CliError;
use super::export::FileFormat;
use super::files::join;
use super::output::write;
use super::paint::Paint;
use crate::outbound::Method;
use clap::Args;
use std::path::PathBuf;

/// Preview what some rules, groups, users and robots in files would change
///
/// Tells the same as `apply --dry-run`, for at most 1,000 objects in 1 MiB, and makes no writer wait. Always exits with
/// 0 when the files can be applied.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve preview port.yaml")]
pub(super) struct Preview {
    #[command(flatten)]
    flags: ClientFlags,
    /// Files (.yaml, .yml, .ndjson, .jsonl), folders of such files, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Form of the files, where their names do not tell
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<FileFormat>,
}

pub(super) fn run(args: &Preview) -> Result<(), CliError> {
    let joined = join(&args.files, args.format)?;
    let mut request = Request::new(Method::POST, path(&["preview"])?);
    request.body = Body::Stream(joined.format.content_type(), Box::new(joined.reread()?));
    let places = joined.places();
    let plan = args.flags.connect()?.send(request).map_err(|error| places.of(error))?.body;
    let output = args.flags.output();
    if output.is_table() { write(&in_words(&plan, Paint::stdout())) } else { output.value(&plan) }
}
