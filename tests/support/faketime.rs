//! Wrong or fast clocks for programs, made by the library of the Debian package `faketime`.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::process::Command;

/// Returns the path of the library, for `LD_PRELOAD`.
pub fn library() -> String {
    let listed = Command::new("dpkg").args(["-L", "libfaketime"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let found = listed.lines().find(|line| line.ends_with("libfaketime.so.1"));
    found.expect("faketime is missing: run tests/run, which installs it").to_owned()
}

/// Builds a command that runs the program with fast clocks. The clocks start at the present time and run `times` times
/// as fast as those of the machine.
pub fn fast(times: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
    command.env("LD_PRELOAD", library()).env("FAKETIME", format!("+0 x{times}"));
    command
}
