//! Checks which file may contain which code: the `mod.rs` of a folder, the errors of a layer, and the HTTP status of
//! answers.

use crate::SourceFile;
use crate::layers::{code, layer};
use regex::Regex;
use std::path::Path;

/// The files or folders that may choose the HTTP status of an answer.
const STATUS_HOMES: [&str; 2] = ["http/error", "http/answer"];

/// The layers without `error.rs`. There, the error of a parser is in the file of the type that it parses.
const ERRORS_BESIDE_TYPES: [&str; 1] = ["domain"];

/// Finds code that is in the wrong file or folder.
pub fn breaches(all: &[SourceFile]) -> Vec<String> {
    let breach = |path: &Path, what: String| format!("{}: {what}", path.display());
    let status = Regex::new(r"\bHttpResponse::(?:[A-Z]\w*|build)\s*\(").unwrap();
    let error = Regex::new(r"thiserror::Error\)\][^{;]*?(?:enum|struct) (\w+)").unwrap();
    let mut found = Vec::new();
    for source in all {
        let (path, text) = (source.path.as_path(), code(&source.text));
        let folder = path.with_extension("");
        let is_status_home = STATUS_HOMES.iter().any(|home| folder.starts_with(home));
        if let Some(helper) = status.find(&text).filter(|_| !is_status_home) {
            found.push(breach(
                path,
                format!("`{})` is the business of http/error/ and http/answer.rs", helper.as_str()),
            ));
        }
        if all.iter().any(|other| other.path.starts_with(&folder)) {
            found.push(breach(path, format!("is beside its folder: move it to {}/mod.rs", folder.display())));
        }
        let own = Path::new(&layer(path)).to_owned();
        let has_home = all
            .iter()
            .any(|other| other.path == own.join("error.rs") || other.path == own.join("error/mod.rs"));
        let is_folder = path.starts_with(&own);
        let is_free = ERRORS_BESIDE_TYPES.iter().any(|free| own == Path::new(free));
        if let Some(named) = error.captures(&text).filter(|_| is_folder && !has_home && !is_free) {
            found.push(breach(path, format!("`{}`, and there is no {}/error.rs", &named[1], own.display())));
        }
    }
    found
}
