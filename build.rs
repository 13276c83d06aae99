//! Tells the program which commit and which crates it is built from, and for which target. Takes the files of the
//! page at `/docs/` out of the archive of Swagger UI.
//!
//! `PORTREEVE_COMMIT` says it where there is no git, as in packages. Builds for development do not know it: they
//! would be compiled anew after every commit.

use std::error::Error;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;
use zip::result::ZipResult;

/// What the page at `/docs/` loads. The archive has other builds of the same scripts besides.
const SWAGGER_UI: [&str; 4] = ["index.css", "swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed=PORTREEVE_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    let given = std::env::var("PORTREEVE_COMMIT").ok().filter(|commit| !commit.is_empty());
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = given.or_else(|| if is_release { of_git() } else { None });
    if let Some(commit) = commit {
        println!("cargo::rustc-env=PORTREEVE_COMMIT={commit}");
    }
    println!("cargo::rustc-env=BUILT_FOR={}", std::env::var("TARGET").unwrap_or_default());
    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rustc-env=LOCKED_CRATES={}", crates().join(","));
    unpack_swagger_ui(Path::new(&std::env::var("OUT_DIR")?))
}

/// Writes the files of Swagger UI into a folder.
fn unpack_swagger_ui(folder: &Path) -> Result<(), Box<dyn Error>> {
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let paths =
        archive.file_names().map(|path| Ok(path?.into_owned())).collect::<ZipResult<Vec<String>>>()?;
    for name in SWAGGER_UI {
        // The folder around `dist` is named after the version.
        let wanted = format!("/dist/{name}");
        let path = paths.iter().find(|path| path.ends_with(&wanted));
        let path = path.ok_or_else(|| format!("the archive of Swagger UI has no file {name}"))?;
        std::io::copy(&mut archive.by_name(path)?, &mut std::fs::File::create(folder.join(name))?)?;
    }
    Ok(())
}

/// The names of the crates as code writes them.
fn crates() -> Vec<String> {
    let lock = std::fs::read_to_string("Cargo.lock").unwrap_or_default();
    let name = |line: &str| Some(line.strip_prefix("name = \"")?.strip_suffix('"')?.replace('-', "_"));
    lock.lines().filter_map(name).collect()
}

/// The commit that is checked out. The build runs again when that changes.
fn of_git() -> Option<String> {
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    // The log of HEAD grows with each commit and each switch of branches.
    println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    Some(commit)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
