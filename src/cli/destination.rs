//! Where a command writes what may be long: to standard output, or to a file that is written whole or not at all.

use super::error::CliError;
use clap::Args;
use std::fs::Permissions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// The mode of files that registries hold: everybody may read them.
pub(super) const PUBLIC: u32 = 0o644;

/// Where to write.
#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// The file; standard output when left out
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl OutputArgs {
    /// Opens it; `mode` is what a new file gets.
    pub(super) fn open(&self, mode: u32) -> Result<Destination, CliError> {
        Destination::open(self.file.as_deref(), mode)
    }
}

/// A writer that must be finished, else a file stays as it was.
pub(super) enum Destination {
    /// Standard output.
    Stdout(BufWriter<std::io::Stdout>),
    /// A file beside the one that it becomes.
    File(BufWriter<NamedTempFile>, PathBuf),
}

impl Destination {
    /// `None` and `-` are standard output. `mode` is what a file may be used for, and by whom.
    pub(super) fn open(path: Option<&Path>, mode: u32) -> Result<Self, CliError> {
        let path = match path {
            None => return Ok(Self::stdout()),
            Some(path) if path == Path::new("-") => return Ok(Self::stdout()),
            // What a link leads to is replaced, not the link.
            Some(path) => path.canonicalize().unwrap_or_else(|_| path.to_owned()),
        };
        if path.exists() && !path.is_file() {
            return Err(CliError::Usage(format!("`{}` is no file", path.display())));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = Builder::new()
            .prefix(".portreeve-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(|error| unwritable(&path, &error))?;
        Ok(Self::File(BufWriter::new(file), path))
    }

    fn stdout() -> Self {
        Self::Stdout(BufWriter::new(std::io::stdout()))
    }

    /// Writes a text.
    pub(super) fn write(&mut self, text: &str) -> Result<(), CliError> {
        match self {
            Self::Stdout(out) => out.write_all(text.as_bytes()).map_err(CliError::Output),
            Self::File(out, path) => out.write_all(text.as_bytes()).map_err(|error| unwritable(path, &error)),
        }
    }

    /// Makes what was written last; gives the file, if it is one.
    pub(super) fn finish(self) -> Result<Option<PathBuf>, CliError> {
        match self {
            Self::Stdout(mut out) => out.flush().map(|()| None).map_err(CliError::Output),
            Self::File(out, path) => {
                let file = out.into_inner().map_err(|error| unwritable(&path, error.error()))?;
                file.as_file().sync_all().map_err(|error| unwritable(&path, &error))?;
                file.persist(&path).map_err(|error| unwritable(&path, &error.error))?;
                Ok(Some(path))
            }
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Failed(format!("cannot write `{}`: {error}", path.display()))
}
