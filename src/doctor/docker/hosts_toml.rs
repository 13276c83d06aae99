//! Reads `hosts.toml`, the configuration of a registry for containerd and for docker's containerd store.

use super::folder::{CHECK, Folder, Reader, reading};
use crate::doctor::report::finding::Finding;
use crate::domain::time::Timestamp;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

pub(in crate::doctor) const FILE: &str = "hosts.toml";

/// Reads the hosts.toml of a folder. Returns `None` if the file is missing or empty: containerd then reads the
/// other files of the folder. If the file is not TOML, reports this fault, and reads the other files as containerd
/// does.
pub(in crate::doctor) fn read(folder: &Path, host: &str, now: Timestamp) -> Option<Folder> {
    let path = folder.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) if text.is_empty() => return None,
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => return Some(Folder { findings: vec![reading(&path, &error)], ..Folder::default() }),
    };
    let table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let mut read = Folder::read(folder, Reader::Containerd, now);
            let line = error_line(&text, &error);
            let what = format!("`{}`, line {line}, is not TOML: {}", path.display(), error.message().trim());
            let why = "the store of containerd reports this only in its log, and reads the other certificates of the folder instead";
            let fix = format!("correct line {line} of `{}`", path.display());
            read.findings.insert(0, Finding::problem(CHECK, what, why).fix(fix));
            return Some(read);
        }
    };
    let mut read = Folder::default();
    let server = table.get("server").and_then(Value::as_str);
    section(&table, folder, now, &mut read, server.is_none_or(|server| is_for(server, host)));
    for (name, of_host) in table.get("host").and_then(Value::as_table).into_iter().flatten() {
        if let Some(of_host) = of_host.as_table() {
            section(of_host, folder, now, &mut read, is_for(name, host));
        }
    }
    let verifies = !table_says_skip(&table);
    if !verifies {
        let what = format!("`{}` says `skip_verify = true`", path.display());
        let why = "the store of containerd then sends passwords to every server that answers";
        let fix = format!("in `{}`: `skip_verify = false`, and `ca = \"ca.crt\"`", path.display());
        read.findings.push(Finding::warning(CHECK, what, why).fix(fix));
    }
    if read.findings.is_empty() {
        read.findings.push(Finding::ok(CHECK, format!("`{}` is read", path.display())));
    }
    Some(read)
}

fn error_line(text: &str, error: &toml::de::Error) -> usize {
    let start = error.span().map_or(0, |span| span.start);
    text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1
}

fn table_says_skip(table: &Table) -> bool {
    let says = |table: &Table| table.get("skip_verify").and_then(Value::as_bool) == Some(true);
    let hosts = table.get("host").and_then(Value::as_table);
    says(table) || hosts.is_some_and(|hosts| hosts.values().filter_map(Value::as_table).any(says))
}

/// Returns true if `server`, a URL or a host and port, names the registry `host`.
fn is_for(server: &str, host: &str) -> bool {
    let bare = server.split_once("://").map_or(server, |(_, rest)| rest);
    bare.split('/').next().is_some_and(|name| name.eq_ignore_ascii_case(host))
}

/// Reads the authorities and client pairs of one server. Uses them only if the server is the registry: those
/// of another server (a mirror) are only checked.
fn section(table: &Table, folder: &Path, now: Timestamp, into: &mut Folder, is_ours: bool) {
    let mut read = Folder::default();
    for path in texts(table.get("ca")) {
        read.authority(&folder.join(path), now);
    }
    match table.get("client") {
        Some(Value::Array(pairs)) => {
            for pair in pairs {
                match texts(Some(pair)).as_slice() {
                    [both] => read.pair(&folder.join(both), &folder.join(both), now),
                    [certificate, key] => read.pair(&folder.join(certificate), &folder.join(key), now),
                    _ => {}
                }
            }
        }
        client => {
            for both in texts(client) {
                read.pair(&folder.join(&both), &folder.join(&both), now);
            }
        }
    }
    into.findings.extend(read.findings);
    if is_ours {
        into.roots.extend(read.roots);
        into.pairs.extend(read.pairs);
    }
}

/// Returns the paths in a value that is one text or a list of texts.
fn texts(value: Option<&Value>) -> Vec<PathBuf> {
    match value {
        Some(Value::String(text)) => vec![PathBuf::from(text)],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(PathBuf::from).collect(),
        _ => Vec::new(),
    }
}
