//! The files under test: the static program, and the files that the scripts in `packaging/` make.

use crate::said::Said;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The version of everything that these tests build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Returns the folder of the tested repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads a file of the repository.
pub fn text_of(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs a command, which must succeed within two minutes. Returns its output.
pub fn must(program: &str, arguments: &[&str]) -> String {
    let said = said(program, arguments);
    assert!(said.succeeded(), "{program} {arguments:?}: {}", said.text());
    said.out
}

/// Runs a command for at most two minutes. Returns its output and its exit code.
pub fn said(program: &str, arguments: &[&str]) -> Said {
    let mut command = Command::new("timeout");
    said_by(command.arg("120").arg(program).args(arguments))
}

/// Runs a prepared command. Returns its output and its exit code.
pub fn said_by(command: &mut Command) -> Said {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.code() != Some(127), "{command:?} is missing: run tests/run, which installs it");
    output.into()
}

/// Returns the program to release, if `packaging/release` runs these tests. Durations are checked only for that
/// program.
pub fn released() -> Option<PathBuf> {
    std::env::var_os("PORTREEVE_RELEASED").map(PathBuf::from)
}

/// Returns the program to release, or a program that is linked statically as `packaging/binary.sh` links it.
///
/// Cargo builds the static program from the libraries of the tests, so only `main.rs` is compiled and linked.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(released) = released() {
            return released;
        }
        let mut cargo = Command::new(env!("CARGO"));
        // With the variables that cargo sets for tests, the build scripts would run again.
        let of_test = |name: &str| {
            name == "OUT_DIR"
                || (name.starts_with("CARGO_") && name != "CARGO_HOME" && name != "CARGO_TARGET_DIR")
        };
        std::env::vars().filter(|(name, _)| of_test(name)).for_each(|(name, _)| {
            cargo.env_remove(name);
        });
        cargo.args(["rustc", "--locked", "--quiet", "--test", "static", "--message-format=json", "--"]);
        cargo.args(["-C", "target-feature=+crt-static", "-C", "strip=symbols"]);
        let said = said_by(cargo.current_dir(repository()));
        assert!(said.succeeded(), "{}", said.text());
        let messages =
            said.out.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let made = messages.filter(|message| message["target"]["name"] == "static");
        let mut made = made.filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
        made.next().expect("cargo does not report the path of the program")
    })
}

/// Runs a script of `packaging/` that makes a file from the program.
pub fn make(script: &str, out: &Path, version: &str) {
    let mut command = Command::new(repository().join("packaging").join(script));
    command.arg(program()).arg(out).arg(version);
    // A file that is read once needs no strong compression.
    if released().is_none() {
        command.env("COMPRESSION", "1").env("DPKG_DEB_COMPRESSOR_TYPE", "none");
    }
    let said = said_by(&mut command);
    assert!(said.succeeded(), "{script}: {}", said.text());
}

/// Returns the path of a tool that `tests/run` installs.
pub fn tool(name: &str) -> String {
    let path = repository().join("target/packaging-tools/bin").join(name);
    assert!(path.exists(), "{} is missing: run tests/run, which fetches it", path.display());
    path.to_str().unwrap().to_owned()
}
