//! A registry that looks keys up by their ids, in a key set or among certificates.

use super::super::registry_file::RegistryFile;
use super::super::token_server::Program;
use crate::domain::shell;
use std::path::PathBuf;

/// The name of a key set as `portreeve services config` writes it.
const OWN_NAME: &str = "portreeve-jwks.json";

/// How a registry comes to hold the key of tokens that bring no certificate.
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
            "{} writes what the registry must hold into DIR, and prints the lines that name it; then restart the registry",
            command("DIR")
        ),
    };
    program.advice(&words, &written)
}

/// How a registry that holds a key set alone gets tokens that bring no certificate; else `other`.
pub(super) fn without_certificate(service: &str, program: Program, other: &str) -> String {
    match program {
        Program::Portreeve => {
            format!("`portreeve services update --trust jwks -- {}`; or {other}", shell::word(service))
        }
        Program::Other | Program::Unknown => other.to_owned(),
    }
}
