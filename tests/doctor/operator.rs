//! Applies a fix literally, like an operator who does not understand the fault.

use crate::clinic::{Clinic, PASSWORD};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

impl Clinic {
    /// Does what a fix says, step by step. If the fix offers a choice, takes the first alternative.
    pub fn apply(&mut self, fix: &str) {
        println!("applying: {fix}");
        for step in fix.split("; then ") {
            self.step(step);
        }
    }

    fn step(&mut self, fix: &str) {
        let quoted = fix.split('`').nth(1).unwrap_or_default().to_owned();
        let file = self.file().display().to_string();
        if let Some(arguments) = quoted.strip_prefix("portreeve serve ")
            && let Some((listen, _)) = arguments.split_once("--tls-cert CERT.pem --tls-key KEY.pem")
        {
            let own = format!("--listen 0.0.0.0:{} ", self.server_port);
            assert!(listen.is_empty() || listen == own, "{fix}");
            let path = |name: &str| self.path().join(name).display().to_string();
            let (certificate, key) = (path("tls.crt"), path("tls.key"));
            // Portreeve refuses a key that other users can read.
            std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
            self.start_server(&[("PORTREEVE_TLS_CERT", &certificate), ("PORTREEVE_TLS_KEY", &key)]);
            return;
        }
        if let Some(arguments) = quoted.strip_prefix("portreeve serve ") {
            assert_eq!(arguments, format!("--listen 0.0.0.0:{}", self.server_port));
            self.start_server(&[]);
            return;
        }
        if fix.contains("under auth.token in") {
            assert!(fix.contains(&file), "{fix}");
            let (field, value) = quoted.split_once(": ").unwrap();
            match fix.split_once("(line ").and_then(|(_, rest)| rest.split(')').next()) {
                Some(number) => self.set_line(number.parse().unwrap(), field, value),
                None => self.set(field, value),
            }
        } else if fix.contains("the one that `portreeve serve` prints") {
            self.write_file("");
        } else if let Some(command) = quoted.strip_prefix("portreeve ") {
            self.administer(command);
        } else if quoted.starts_with("timedatectl") {
            // The test sets the clock of the process by its environment.
            self.start_server(&[]);
        } else if ["rm ", "cp ", "mv ", "mkdir "].iter().any(|command| quoted.starts_with(command)) {
            let status = Command::new("sh").arg("-c").arg(&quoted).current_dir(self.path()).status();
            assert!(status.unwrap().success(), "{quoted}");
        } else if !fix.starts_with("restart the registry") && !fix.contains("restart the token server") {
            panic!("the fix contains no step that the test knows: {fix}");
        }
        if fix.contains("restart the token server") {
            self.start_server(&[]);
        }
        if let Some(names) = quoted.strip_prefix("unset ") {
            let names: Vec<&str> = names.split(' ').collect();
            self.environment.retain(|(name, _)| !names.contains(&name.as_str()));
        }
        if fix.contains("restart the registry") {
            self.start_registry();
        }
    }

    /// Runs an administrative command, which must succeed. Returns its output.
    pub fn administer(&self, line: &str) -> String {
        let url = format!("http://localhost:{}", self.server_port);
        let login = format!(
            "printf '%s\\n' '{PASSWORD}' | \"$0\" login {url} --user admin > /dev/null && \"$0\" {line}"
        );
        let said = Command::new("sh")
            .args(["-c", &login, env!("CARGO_BIN_EXE_portreeve")])
            .current_dir(self.path())
            .env("HOME", self.path())
            .output()
            .unwrap();
        assert!(said.status.success(), "{line}: {said:?}");
        String::from_utf8(said.stdout).unwrap()
    }
}
