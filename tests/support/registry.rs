//! Debian's docker-registry (distribution 2.8.2) in a separate process, and helpers for tests that start it.
#![allow(dead_code, reason = "each test program uses a part of it")]

#[path = "ports.rs"]
#[allow(clippy::duplicate_mod, reason = "other helpers of the same tests also contain it")]
mod ports;

pub use ports::free_port;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that ends with the test.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn wait_for(port: u16, what: &str) {
    let patience = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < patience, "{what} does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Builds the command that runs a registry with this configuration.
pub fn registry(config: &Path, log: &Path) -> Command {
    let mut command = Command::new("/usr/bin/docker-registry");
    command.arg("serve").arg(config).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(File::create(log).unwrap());
    command
}

/// Starts the registry.
pub fn start(mut registry: Command) -> Process {
    Process(registry.spawn().expect("docker-registry is missing: run tests/run, which installs it"))
}

/// Reads the output of `serve`, up to the first blank line.
pub fn read_configuration(stdout: ChildStdout) -> String {
    let mut text = String::new();
    for line in BufReader::new(stdout).lines() {
        let line = line.unwrap();
        if line.is_empty() {
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    assert!(text.contains("rootcertbundle"), "serve printed: {text}");
    text
}
