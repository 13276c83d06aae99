//! A token server and a registry for one test, on loopback. They end with the test.

use crate::registry::{Process, free_port, read_configuration, registry, start, wait_for};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub const PASSWORD: &str = "correct horse battery staple";

/// The report of the doctor.
#[derive(Debug)]
pub struct Diagnosis {
    pub code: i32,
    pub report: Value,
    pub out: String,
    pub err: String,
}

impl Diagnosis {
    /// Returns the findings of a level: the check, the finding, and the fix.
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

    /// Returns the fix of the problem that this check found. There may be other problems.
    pub fn problem_of(&self, check: &str) -> String {
        let found = self.of("problem").into_iter().find(|(own, _, _)| own == check);
        found.unwrap_or_else(|| panic!("{check}: {self:#?}")).2
    }

    /// Checks that there is only one problem, that `check` found this problem, and that its text has these words.
    /// Returns the fix of the problem.
    pub fn one_problem(&self, check: &str, words: &str) -> String {
        assert_eq!((self.code, self.report["healthy"].as_bool()), (1, Some(false)), "{self:#?}");
        let problems = self.of("problem");
        let [(found, what, fix)] = problems.as_slice() else { panic!("{check}: {self:#?}") };
        assert_eq!(found, check, "{self:#?}");
        assert!(what.contains(words), "{words}: {self:#?}");
        fix.clone()
    }
}

/// A token server and a registry, with their set-up.
pub struct Clinic {
    folder: TempDir,
    pub server_port: u16,
    pub registry_port: u16,
    /// The text that `serve` printed for the registry.
    pub printed: String,
    server: Option<Process>,
    registry: Option<Process>,
    /// The environment variables of the registry.
    pub environment: Vec<(String, String)>,
}

impl Clinic {
    /// Starts a token server, and writes the configuration file of a registry that trusts the server.
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

    /// Returns the configuration file of the registry.
    pub fn file(&self) -> PathBuf {
        self.path().join("registry.yml")
    }

    pub fn log(&self) -> PathBuf {
        self.path().join("registry.log")
    }

    pub fn registry(&self) -> String {
        format!("localhost:{}", self.registry_port)
    }

    /// Builds a command that runs the program in the folder of the clinic.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
        command.current_dir(self.path()).env("HOME", self.path());
        command
    }

    /// Writes a configuration file of the registry without faults. The lines in `tls` are added to the section `http`.
    pub fn write_file(&self, tls: &str) {
        let text = format!(
            "version: 0.1\nlog:\n  level: info\n  fields:\n    service: registry\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:{}\n{tls}{}",
            self.path().join("storage").display(),
            self.registry_port,
            self.printed
        );
        std::fs::write(self.file(), text).unwrap();
    }

    /// Replaces the last line of a field in the registry's configuration. That line is in the token section if the
    /// section has the field. A missing field is added to the token section.
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

    /// Replaces the line of this number by a line that sets the field.
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

    /// Starts the registry, and does not wait until it listens.
    pub fn spawn_registry(&mut self) {
        self.registry = None;
        let mut command = registry(&self.file(), &self.log());
        command.envs(self.environment.iter().cloned());
        self.registry = Some(start(command));
    }

    /// Runs the doctor with the registry's configuration.
    pub fn doctor(&self, more: &[&str]) -> Diagnosis {
        let file = self.file();
        let config = ["--registry-config", file.to_str().unwrap()];
        self.doctor_from_outside(&[&config, more].concat())
    }

    /// Runs the doctor without the files that only the registry's operator has.
    pub fn doctor_from_outside(&self, more: &[&str]) -> Diagnosis {
        let registry = self.registry();
        let login = ["--user", "admin", "--output", "json"];
        self.ask(&[&[registry.as_str()][..], &login, more].concat(), PASSWORD)
    }

    /// Runs `portreeve doctor` with these arguments.
    pub fn ask(&self, arguments: &[&str], input: &str) -> Diagnosis {
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
        Diagnosis {
            code: output.status.code().unwrap(),
            report: serde_json::from_str(&out).unwrap_or_default(),
            out,
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks that this check finds the only problem, with these words. Applies the printed fix, after which the set-up
    /// must be healthy.
    pub fn proves(&mut self, more: &[&str], check: &str, words: &str) {
        let fix = self.doctor(more).one_problem(check, words);
        self.apply(&fix);
        self.doctor(more).healthy();
    }
}
