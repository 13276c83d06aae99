//! Returns the fixes for a registry that looks up keys by their ids in a key set.

use crate::doctor::registry::file::RegistryFile;
use crate::doctor::server::program::Program;
use crate::domain::shell;
use std::path::PathBuf;

/// The file name of a key set that `portreeve services config` writes.
const OWN_NAME: &str = "portreeve-jwks.json";

/// Returns the fix that adds the key of tokens without certificates to a registry's key set.
pub(super) fn fix(file: Option<&RegistryFile>, service: &str, program: Program) -> String {
    let named = file.and_then(|file| Some(file.resolve(file.token()?.jwks.as_ref()?)));
    let place = named.as_ref().map_or_else(
        || "the file that `jwks` of the registry's configuration names".to_owned(),
        |path| path.display().to_string(),
    );
    let words = format!(
        "write the token server's key set, which many have at `/.well-known/jwks.json`, into {place}; then restart the registry"
    );
    let own = |path: &PathBuf| path.file_name().is_some_and(|name| name == OWN_NAME);
    let folder = named.filter(own).and_then(|path| Some(path.parent()?.to_owned()));
    let command =
        |folder: &str| format!("`portreeve services config --write {folder} -- {}`", shell::word(service));
    let written = match folder {
        Some(folder) => format!("{}; then restart the registry", command(&shell::path(&folder))),
        None => format!(
            "{} writes the registry's files into DIR, and prints the lines that name them; then restart the registry",
            command("DIR")
        ),
    };
    program.advice(&words, &written)
}

/// Returns the fix for a registry that has only a key set. If the token server is Portreeve, the fix offers
/// to leave certificates out of tokens. `other` is the fix at the registry.
pub(super) fn without_certificate(service: &str, program: Program, other: &str) -> String {
    match program {
        Program::Portreeve => {
            format!("`portreeve services update --trust jwks -- {}`; or {other}", shell::word(service))
        }
        Program::Other | Program::Unknown => other.to_owned(),
    }
}
