//! A token server and a registry for one test, on loopback, gone with the test.

use crate::registry::{Process, free_port, read_configuration, registry, start, wait_for};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub const PASSWORD: &str = "correct horse battery staple";

/// What the doctor said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub report: Value,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The findings of a level: check, what, and what to do.
    pub fn of(&self, level: &str) -> Vec<(String, String, String)> {
        let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        let findings = self.report["findings"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        let of_level = findings.iter().filter(|finding| finding["level"] == level);
        of_level
            .map(|finding| (text(finding, "check"), text(finding, "what"), text(finding, "fix")))
            .collect()
    }

    pub fn healthy(&self) {
        assert_eq!((self.code, self.report["healthy"].as_bool()), (0, Some(true)), "{self:#?}");
    }

    /// The fix of the problem by this check, beside others.
    pub fn problem_of(&self, check: &str) -> String {
        let found = self.of("problem").into_iter().find(|(own, _, _)| own == check);
        found.unwrap_or_else(|| panic!("{check}: {self:#?}")).2
    }

    /// There is one problem, by this check and in these words; gives its fix.
    pub fn one_problem(&self, check: &str, words: &str) -> String {
        assert_eq!((self.code, self.report["healthy"].as_bool()), (1, Some(false)), "{self:#?}");
        let problems = self.of("problem");
        let [(found, what, fix)] = problems.as_slice() else { panic!("{check}: {self:#?}") };
        assert_eq!(found, check, "{self:#?}");
        assert!(what.contains(words), "{words}: {self:#?}");
        fix.clone()
    }
}

/// Both of them, and what they are set up with.
pub struct Clinic {
    folder: TempDir,
    pub server_port: u16,
    pub registry_port: u16,
    /// What `serve` printed for the registry.
    pub printed: String,
    server: Option<Process>,
    registry: Option<Process>,
    /// Variables that the registry is started with.
    pub environment: Vec<(String, String)>,
}

impl Clinic {
    /// A token server that runs, and the file of a registry that is set up for it.
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut clinic = Self {
            folder,
            server_port: free_port(),
            registry_port: free_port(),
            printed: String::new(),
            server: None,
            registry: None,
            environment: Vec::new(),
        };
        clinic.start_server(&[]);
        clinic.write_file("");
        clinic
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The registry's configuration.
    pub fn file(&self) -> PathBuf {
        self.path().join("registry.yml")
    }

    pub fn log(&self) -> PathBuf {
        self.path().join("registry.log")
    }

    pub fn registry(&self) -> String {
        format!("localhost:{}", self.registry_port)
    }

    /// The program, in the folder of the clinic.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
        command.current_dir(self.path()).env("HOME", self.path());
        command
    }

    /// Writes a file in which all is right, with distribution's usual head; `tls` goes below `http`.
    pub fn write_file(&self, tls: &str) {
        let text = format!(
            "version: 0.1\nlog:\n  level: info\n  fields:\n    service: registry\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:{}\n{tls}{}",
            self.path().join("storage").display(),
            self.registry_port,
            self.printed
        );
        std::fs::write(self.file(), text).unwrap();
    }

    /// Replaces the last line of a field in the registry's configuration, which is that of its token
    /// section where it has one; writes one there where it has none.
    pub fn set(&self, field: &str, value: &str) {
        let text = std::fs::read_to_string(self.file()).unwrap();
        let is_it = |line: &str| line.trim_start().starts_with(&format!("{field}:"));
        let last = text.lines().enumerate().filter(|(_, line)| is_it(line)).last();
        match last {
            Some((index, _)) => self.set_line(index + 1, field, value),
            None => {
                let section = "  token:\n";
                assert_eq!(text.matches(section).count(), 1, "{text}");
                let with = format!("{section}    {field}: {value}\n");
                std::fs::write(self.file(), text.replace(section, &with)).unwrap();
            }
        }
    }

    /// Replaces the line of this number, which sets the field.
    pub fn set_line(&self, number: usize, field: &str, value: &str) {
        let text = std::fs::read_to_string(self.file()).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let line = &mut lines[number - 1];
        let depth = line.len() - line.trim_start().len();
        assert!(line.trim_start().starts_with(&format!("{field}:")), "line {number} sets {field}: {text}");
        *line = format!("{}{field}: {value}", " ".repeat(depth));
        std::fs::write(self.file(), lines.join("\n") + "\n").unwrap();
    }

    pub fn start_server(&mut self, environment: &[(&str, &str)]) {
        self.server = None;
        let log = std::fs::File::create(self.path().join("server.log")).unwrap();
        let mut child = self
            .program()
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.server_port)])
            .env("PORTREEVE_ADMIN_PASSWORD", PASSWORD)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        self.printed = read_configuration(child.stdout.take().unwrap());
        self.server = Some(Process(child));
        wait_for(self.server_port, "the server");
    }

    pub fn stop_server(&mut self) {
        self.server = None;
    }

    pub fn start_registry(&mut self) {
        self.spawn_registry();
        wait_for(self.registry_port, "the registry");
    }

    /// Without waiting until it listens.
    pub fn spawn_registry(&mut self) {
        self.registry = None;
        let mut command = registry(&self.file(), &self.log());
        command.envs(self.environment.iter().cloned());
        self.registry = Some(start(command));
    }

    /// The doctor, with the registry's configuration.
    pub fn doctor(&self, more: &[&str]) -> Said {
        let file = self.file();
        let config = ["--registry-config", file.to_str().unwrap()];
        self.doctor_from_outside(&[&config, more].concat())
    }

    /// The doctor, with nothing that the registry's operator alone has.
    pub fn doctor_from_outside(&self, more: &[&str]) -> Said {
        let registry = self.registry();
        let login = ["--user", "admin", "--output", "json"];
        self.ask(&[&[registry.as_str()][..], &login, more].concat(), PASSWORD)
    }

    /// `portreeve doctor` with these arguments.
    pub fn ask(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self
            .program()
            .arg("doctor")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(!out.contains(PASSWORD) && !out.contains("eyJ"), "no secret is shown: {out}");
        Said {
            code: output.status.code().unwrap(),
            report: serde_json::from_str(&out).unwrap_or_default(),
            out,
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The fault is named by this check and in these words; its printed fix, applied, makes the
    /// set-up healthy.
    pub fn proves(&mut self, more: &[&str], check: &str, words: &str) {
        let fix = self.doctor(more).one_problem(check, words);
        self.apply(&fix);
        self.doctor(more).healthy();
    }
}
