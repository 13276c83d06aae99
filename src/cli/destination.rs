//! The output of a command: standard output, or a file that is written atomically.

use super::error::CliError;
use clap::Args;
use std::fs::Permissions;
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// The mode of files for registries: every account of the machine may read them.
pub(super) const PUBLIC: u32 = 0o644;

/// The flags for the destination of a command's output.
#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// The file to write; standard output when left out
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long, requires = "file")]
    force: bool,
}

impl OutputArgs {
    /// Opens the destination. The file gets the mode `mode`, reduced by the umask. Fails if the file exists and
    /// `--force` was not given.
    pub(super) fn open(&self, mode: u32) -> Result<Destination, CliError> {
        let there = if self.force { There::Replace } else { There::Keep };
        Destination::open(self.file.as_deref(), mode, there)
    }
}

/// The treatment of a file that exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    /// Keep the existing file, and fail.
    Keep,
    /// Replace the existing file.
    Replace,
}

/// A writer of a command's output. An existing file keeps its content until [`Destination::finish`] succeeds.
pub(super) enum Destination {
    /// The destination is standard output.
    Stdout(BufWriter<std::io::Stdout>),
    /// A temporary file in the folder of the final file, the path of the final file, and the treatment of an existing
    /// file.
    File(BufWriter<NamedTempFile>, PathBuf, There),
}

impl Destination {
    /// Opens the destination. The paths `None` and `-` mean standard output. The file gets the mode `mode`, reduced
    /// by the umask. Fails if the path is not a file, or if it exists and `there` is [`There::Keep`].
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
        // If the path is a symbolic link, the file that the link leads to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let file = Builder::new()
            .prefix(".portreeve-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(|error| unwritable(&path, &error))?;
        Ok(Self::File(BufWriter::new(file), path, there))
    }

    /// Writes a text to the destination.
    pub(super) fn write(&mut self, text: &str) -> Result<(), CliError> {
        match self {
            Self::Stdout(out) => out.write_all(text.as_bytes()).map_err(CliError::Output),
            Self::File(out, path, _) => {
                out.write_all(text.as_bytes()).map_err(|error| unwritable(path, &error))
            }
        }
    }

    /// Completes the write. Returns the path if the destination is a file.
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
