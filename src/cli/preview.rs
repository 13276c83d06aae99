//! `portreeve preview`: shows what would change if the objects in files were applied. A preview blocks no
//! writer.

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
/// Shows the same as `apply --dry-run`, for at most 1,000 objects in 1 MiB, and blocks no writer. The exit
/// code is 0 if the files can be applied.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve preview port.yaml")]
pub(super) struct Preview {
    #[command(flatten)]
    flags: ClientFlags,
    /// Files (.yaml, .yml, .ndjson, .jsonl), folders of such files, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Format of the files, if their names do not show it
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
