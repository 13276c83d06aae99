//! Runs the program.

use crate::helpers::{ADMIN, App};
pub use crate::said::Said;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A person at a shell: the home folder, the server and the access key.
pub struct Shell {
    pub home: TempDir,
    pub variables: Vec<(String, String)>,
}

impl Shell {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Returns a shell in which the administrator is logged in.
    pub async fn of_admin(app: &App) -> Self {
        let shell = Self::new();
        let url = app.url("");
        shell.with_input(&["login", &url, "--user", ADMIN.0], ADMIN.1).await.ok();
        shell
    }

    pub fn login_file(&self) -> PathBuf {
        self.home.path().join(".config/portreeve/login.json")
    }

    pub async fn run(&self, arguments: &[&str]) -> Said {
        self.with_input(arguments, "").await
    }

    /// Runs the program with arguments that are separated by spaces.
    pub async fn line(&self, line: &str) -> Said {
        self.run(&line.split_whitespace().collect::<Vec<_>>()).await
    }

    pub async fn with_input(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = command(self.home.path(), env!("CARGO_BIN_EXE_portreeve"));
        command.args(arguments);
        self.carry_out(command, input).await
    }

    /// Runs the program at a terminal, where `typed` answers its questions. All output is in `out`, and lines end with
    /// CR LF.
    pub async fn at_terminal(&self, line: &str, typed: &str) -> Said {
        let mut command = command(self.home.path(), "script");
        command.args(["--quiet", "--return", "--command"]);
        command.args([format!("{} {line}", env!("CARGO_BIN_EXE_portreeve")).as_str(), "/dev/null"]);
        self.carry_out(command, typed).await
    }

    /// Runs the program at a terminal. Types `typed` when the question appears, and then ends the input.
    pub async fn answering(&self, line: &str, typed: &str) -> Said {
        let mut command = command(self.home.path(), "script");
        command.args(["--quiet", "--return", "--command"]);
        command.args([format!("{} {line}", env!("CARGO_BIN_EXE_portreeve")).as_str(), "/dev/null"]);
        command.envs(self.variables.iter().cloned());
        let typed = typed.to_owned();
        tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            let mut said = Vec::new();
            let mut part = [0; 4096];
            while !String::from_utf8_lossy(&said).contains("[y/N]") {
                let length = output.read(&mut part).unwrap();
                assert!(length > 0, "the command does not ask: {}", String::from_utf8_lossy(&said));
                said.extend_from_slice(&part[..length]);
            }
            input.write_all(typed.as_bytes()).unwrap();
            drop(input);
            output.read_to_end(&mut said).unwrap();
            let status = child.wait().unwrap();
            Output { status, stdout: said, stderr: Vec::new() }.into()
        })
        .await
        .unwrap()
    }

    /// Runs a script in a POSIX shell, in the home folder.
    pub async fn script(&self, script: &str) -> Said {
        let programs = self.home.path().join("bin");
        if !programs.exists() {
            std::fs::create_dir(&programs).unwrap();
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_portreeve"), programs.join("portreeve")).unwrap();
        }
        let mut command = command(self.home.path(), "sh");
        command.args(["-c", script]).env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
        self.carry_out(command, "").await
    }

    async fn carry_out(&self, mut command: Command, input: &str) -> Said {
        command.envs(self.variables.iter().cloned());
        let input = input.to_owned();
        tokio::task::spawn_blocking(move || {
            let mut child = command.spawn().unwrap();
            // A program that asks nothing may end before it reads.
            let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
            child.wait_with_output().unwrap().into()
        })
        .await
        .unwrap()
    }
}

fn command(home: &Path, program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
