//! Where a command writes what may be long: to standard output, or to a file that is written whole or not at all.

use super::error::CliError;
use clap::Args;
use std::fs::Permissions;
use std::io::{BufWriter, ErrorKind, Write};
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
    /// Replace the file if it exists
    #[arg(long, requires = "file")]
    force: bool,
}

impl OutputArgs {
    /// Opens it; `mode` is what a new file gets. Fails if the file exists, unless it may be replaced.
    pub(super) fn open(&self, mode: u32) -> Result<Destination, CliError> {
        let there = if self.force { There::Replace } else { There::Keep };
        Destination::open(self.file.as_deref(), mode, there)
    }
}

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    /// It stays, and nothing is written.
    Keep,
    /// It is replaced.
    Replace,
}

/// A writer that must be finished, else a file stays as it was.
pub(super) enum Destination {
    /// Standard output.
    Stdout(BufWriter<std::io::Stdout>),
    /// A file beside the one that it becomes.
    File(BufWriter<NamedTempFile>, PathBuf, There),
}

impl Destination {
    /// `None` and `-` are standard output. `mode` is what a file may be used for, and by whom.
    pub(super) fn open(path: Option<&Path>, mode: u32, there: There) -> Result<Self, CliError> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Stdout(BufWriter::new(std::io::stdout())));
        };
        if path.exists() && !path.is_file() {
            return Err(CliError::Usage(format!("`{}` is not a file", path.display())));
        }
        if there == There::Keep && path.symlink_metadata().is_ok() {
            return Err(exists(path));
        }
        // What a link leads to is replaced, not the link.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = Builder::new()
            .prefix(".portreeve-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(|error| unwritable(&path, &error))?;
        Ok(Self::File(BufWriter::new(file), path, there))
    }

    /// Writes a text.
    pub(super) fn write(&mut self, text: &str) -> Result<(), CliError> {
        match self {
            Self::Stdout(out) => out.write_all(text.as_bytes()).map_err(CliError::Output),
            Self::File(out, path, _) => {
                out.write_all(text.as_bytes()).map_err(|error| unwritable(path, &error))
            }
        }
    }

    /// Makes what was written last; gives the file, if it is one.
    pub(super) fn finish(self) -> Result<Option<PathBuf>, CliError> {
        match self {
            Self::Stdout(mut out) => out.flush().map(|()| None).map_err(CliError::Output),
            Self::File(out, path, there) => {
                let file = out.into_inner().map_err(|error| unwritable(&path, error.error()))?;
                file.as_file().sync_all().map_err(|error| unwritable(&path, &error))?;
                let persisted = match there {
                    There::Replace => file.persist(&path),
                    There::Keep => file.persist_noclobber(&path),
                };
                persisted.map_err(|error| match error.error.kind() {
                    ErrorKind::AlreadyExists => exists(&path),
                    _ => unwritable(&path, &error.error),
                })?;
                Ok(Some(path))
            }
        }
    }
}

fn exists(path: &Path) -> CliError {
    let path = path.display();
    CliError::Failed(format!("`{path}` exists already: choose another name, or replace it with --force"))
}

fn unwritable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Failed(format!("cannot write `{}`: {error}", path.display()))
}
