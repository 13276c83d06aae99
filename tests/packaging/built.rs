//! What the tests of packages are made of: the static program, and files made by the scripts in `packaging/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The version of everything that is built here.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The repository that this is tested in.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Text of a file of the repository.
pub fn text_of(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What a command printed, which must succeed within two minutes.
pub fn must(program: &str, arguments: &[&str]) -> String {
    let said = said(program, arguments);
    assert!(said.ok, "{program} {arguments:?}: {}", said.text);
    said.out
}

/// What a command said.
pub struct Said {
    pub ok: bool,
    /// Standard output.
    pub out: String,
    /// Standard output and error.
    pub text: String,
}

/// What a command said, and whether it succeeded.
pub fn said(program: &str, arguments: &[&str]) -> Said {
    let mut command = Command::new("timeout");
    said_by(command.arg("120").arg(program).args(arguments))
}

/// The same of a command that is put together elsewhere.
pub fn said_by(command: &mut Command) -> Said {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.code() != Some(127), "{command:?} is missing: run tests/run, which installs it");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = format!("{out}{}", String::from_utf8_lossy(&output.stderr));
    Said { ok: output.status.success(), out, text }
}

/// The program that is to be released, if this is the run of `packaging/release`: figures are held to then.
pub fn released() -> Option<PathBuf> {
    std::env::var_os("PORTREEVE_RELEASED").map(PathBuf::from)
}

/// The program: the released one, or one that is linked static as `packaging/binary.sh` links it.
///
/// Cargo makes the latter of the libraries that the tests are made of. So only `main.rs` is compiled, and linked.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(released) = released() {
            return released;
        }
        let mut cargo = Command::new(env!("CARGO"));
        // With the variables that cargo sets for tests, build scripts would run again.
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
        assert!(said.ok, "{}", said.text);
        let messages =
            said.out.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let made = messages.filter(|message| message["target"]["name"] == "static");
        let mut made = made.filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
        made.next().expect("cargo tells where the program is")
    })
}

/// Has a script of `packaging/` make a file of the program.
pub fn make(script: &str, out: &Path, version: &str) {
    let mut command = Command::new(repository().join("packaging").join(script));
    command.arg(program()).arg(out).arg(version);
    // What is read once needs no strong compression.
    if released().is_none() {
        command.env("COMPRESSION", "1").env("DPKG_DEB_COMPRESSOR_TYPE", "none");
    }
    let said = said_by(&mut command);
    assert!(said.ok, "{script}: {}", said.text);
}

/// Where a tool is that `tests/run` fetches.
pub fn tool(name: &str) -> String {
    let path = repository().join("target/packaging-tools/bin").join(name);
    assert!(path.exists(), "{} is missing: run tests/run, which fetches it", path.display());
    path.to_str().unwrap().to_owned()
}
