//! Checks that the source keeps the rules of `docs/architecture.md`: which layer may use which module, which file may
//! contain which code, and that no files use each other in a circle. Also checks the invariants of that document, and
//! the words of all texts.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod circles;
mod folders;
mod invariants;
mod layers;
mod names;
mod wording;

use std::path::{Path, PathBuf};

/// A file below `src`.
pub struct SourceFile {
    /// The path of the file below `src`.
    pub path: PathBuf,
    /// The content of the file.
    pub text: String,
}

fn sources(folder: &Path, root: &Path, into: &mut Vec<SourceFile>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, root, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test(&path) {
            let text = std::fs::read_to_string(&path).unwrap();
            into.push(SourceFile { path: path.strip_prefix(root).unwrap().to_owned(), text });
        }
    }
}

/// Returns true for a file that only unit tests use.
fn is_test(path: &Path) -> bool {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .is_some_and(|stem| stem.ends_with("_tests") || stem == "testing")
}

fn all_sources() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    sources(&root, &root, &mut all);
    all.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(all.len() > 40, "only {} source files were found", all.len());
    all
}

/// Returns the number of lines if a file has too many.
fn too_many_lines(text: &str) -> Option<usize> {
    Some(text.lines().count()).filter(|lines| *lines > 400)
}

/// Returns the Rust files of `src`, of the tests and of the benchmarks with more than 400 lines. This includes files that
/// only unit tests use.
fn long_files() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    ["src", "tests", "benches"].iter().for_each(|place| wording::files(&root.join(place), &mut all));
    let mut long = Vec::new();
    for file in all.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")) {
        if let Some(lines) = too_many_lines(&std::fs::read_to_string(file).unwrap()) {
            long.push(format!("{} has {lines} lines", file.display()));
        }
    }
    long
}

/// Finds code in wrong places, and circles of files.
fn misplaced(all: &[SourceFile]) -> Vec<String> {
    let files = all.iter().filter(|source| source.path != Path::new("main.rs"));
    let edges = names::edges(files.map(|source| (source.path.to_str().unwrap(), source.text.as_str())));
    let circles = circles::circles(&edges).into_iter().map(|circle| circle.text);
    folders::breaches(all).into_iter().chain(circles).collect()
}

#[test]
fn every_layer_names_only_what_it_may() {
    let found: Vec<String> = all_sources().iter().flat_map(layers::breaches).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn everything_is_where_it_belongs_and_no_files_go_round_in_a_circle() {
    let found = misplaced(&all_sources());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_file_has_more_than_400_lines() {
    assert_eq!(long_files(), [""; 0]);
    assert_eq!(too_many_lines(&"\n".repeat(400)), None);
    assert_eq!(too_many_lines(&"\n".repeat(401)), Some(401));
}

fn source(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.into(), text: format!("//! Words.\n{text}\n") }
}

#[test]
fn breaches_are_noticed() {
    let breach = |path: &str, text: &str| layers::breaches(&source(path, text)).join("\n");
    for (path, text, expected) in [
        ("domain/x.rs", "use crate::storage::Store;", "`domain` names `storage`"),
        ("domain/x.rs", "use tokio::sync::Mutex;", "the pure core names `tokio`"),
        ("domain/x.rs", "fn f() { std::env::var(\"X\"); }", "the pure core names `std::env`"),
        ("token/x.rs", "use crate::{storage::Store};", "`token` names `storage`"),
        ("token/x.rs", "use crate::{domain::time, storage};", "`token` names `storage`"),
        ("storage/x.rs", "fn f() { crate::token::f(); }", "`storage` names `token`"),
        ("manage/users.rs", "use sqlx::Row;", "names the crate `sqlx`"),
        ("issue.rs", "use actix_web::HttpResponse;", "names the crate `actix_web`"),
        ("snapshot/x.rs", "use moka::sync::Cache;", "names the crate `moka`"),
        ("authn/x.rs", "use moka::sync::Cache;", "names the crate `moka`"),
        ("manage/x.rs", "use x509_parser::pem::Pem;", "names the crate `x509_parser`"),
        ("http/jwks.rs", "fn f() { StatusCode::OK; }", "status codes"),
        ("manage/x.rs", "use crate::http::Web;", "`manage` names `http`"),
        ("novel/x.rs", "", "is not a layer"),
    ] {
        assert!(breach(path, text).contains(expected), "{path} {text}");
    }
    assert_eq!(breach("authn/x.rs", "use crate::storage::Store; // sqlx:: in words is not a breach"), "");
}

/// Returns the faults of a small example tree.
fn breaches_of(tree: &[(&str, &str)]) -> String {
    let all: Vec<SourceFile> = tree.iter().map(|(path, text)| source(path, text)).collect();
    misplaced(&all).join("\n")
}

#[test]
fn what_is_in_the_wrong_file_is_noticed() {
    let status = "fn f() { HttpResponse::NotFound().finish(); }";
    let by_number = "fn f(status: u16) { HttpResponse::build(status); }";
    let error = "#[derive(Debug, thiserror::Error)]\n#[error(\"no\")]\npub enum Unfit {}";
    for (tree, expected) in [
        (vec![("http/x.rs", status)], "http/x.rs: `HttpResponse::NotFound()`"),
        (vec![("http/x.rs", by_number)], "http/x.rs: `HttpResponse::build()`"),
        (vec![("http/error/x.rs", status), ("http/answer.rs", by_number)], ""),
        (vec![("http/x.rs", "fn f() -> HttpResponse<Body> {}")], ""),
        (vec![("token/x.rs", error)], "token/x.rs: `Unfit`, and there is no token/error.rs"),
        (vec![("token/x.rs", error), ("token/error.rs", "")], ""),
        (vec![("clock.rs", error)], ""),
        (vec![("token/x.rs", ""), ("token/x/y.rs", "")], "token/x.rs: is beside its folder"),
        (vec![("token/x/mod.rs", ""), ("token/x/y.rs", "")], ""),
    ] {
        let found = breaches_of(&tree);
        assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{tree:?}: {found}");
    }
}

#[test]
fn circles_are_noticed() {
    let root = "mod x; mod y; pub use x::X; pub use y::*;";
    let y = "use crate::a::X; pub fn y() -> X {} pub struct Y; make! { Made }";
    for (what, x, name) in [
        ("a re-export", "use super::{y, Y};", "Y"),
        ("another name", "use super::y::y as other;", "y"),
        ("all names of a module", "use super::y::*; fn f() { y() }", "y"),
        ("a path in an expression", "fn f() { super::y::y() }", "y"),
        ("a path in a type", "fn f() -> Vec<crate::a::y::Y> {}", "Y"),
        ("a path through a module", "use super::y; fn f() { y::y() }", "y"),
        ("a use in a function", "fn f() { use super::y; y::y() }", "y"),
        ("a path in a macro", "fn f() { vec![a.y, super::y::y()] }", "y"),
        ("a path in an attribute", "#[with(super::y::y)] struct Z;", "y"),
        ("a name that a macro makes", "struct Z(super::y::Made);", "Made"),
        ("no use at all", "", ""),
        ("a module alone", "use super::y;", ""),
        ("a unit test", "#[cfg(test)] mod tests { use super::super::y::y; }", ""),
        ("a function for unit tests", "#[cfg(test)] fn f() { super::y::y() }", ""),
        ("a method", "fn f(a: X) { a.y() }", ""),
        ("words", "/// Like [`super::y::y`].\nconst A: &str = \"super::y::y\";", ""),
    ] {
        let x = format!("pub struct X;\n{x}");
        let found = breaches_of(&[("a/mod.rs", root), ("a/x.rs", &x), ("a/y.rs", y), ("lib.rs", "mod a;")]);
        let round = format!("    a/x.rs -> a/y.rs: {name}\n    a/y.rs -> a/x.rs: X\n");
        let is_told = if name.is_empty() { found.is_empty() } else { found.ends_with(&round) };
        assert!(is_told, "{what}: {found}");
    }
    let found = breaches_of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub struct A; impl A { fn f(&self) { self.g() } }"),
        ("b.rs", "use crate::a::A; impl A { fn g(&self) {} }"),
    ]);
    assert!(found.ends_with("    a.rs -> b.rs: g\n    b.rs -> a.rs: A\n"), "{found}");
    let part = "use super::Root; pub struct X(Root);";
    for (root, is_circle) in [
        ("mod x; pub use x::X; pub struct Root;", false),
        ("mod x; pub use x::X; pub struct Root; fn f() -> X {}", true),
        ("mod x; pub struct Root; fn f() -> x::X {}", true),
    ] {
        let found = breaches_of(&[("a/mod.rs", root), ("a/x.rs", part), ("lib.rs", "mod a;")]);
        assert_eq!(found.is_empty(), !is_circle, "{root}: {found}");
    }
}

#[test]
fn the_shortest_way_round_is_told_first() {
    let found = breaches_of(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; pub struct C; use crate::d::D;"),
        ("d.rs", "use crate::c::C; pub struct D;"),
    ]);
    let expected = "a circle of 4 files, its shortest way round first:\n    c.rs -> d.rs: D\n    d.rs -> c.rs: C\n    \
        a.rs -> b.rs: B\n    b.rs -> c.rs: C\n    c.rs -> a.rs: A\n";
    assert_eq!(found, expected);
}
