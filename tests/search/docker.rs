//! A docker daemon for one test, and the docker command that uses it.

use crate::yard::{Said, run};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A docker daemon. It ends with the test.
pub struct Docker {
    folder: PathBuf,
    process: Child,
}

impl Docker {
    /// Starts a daemon that changes no network settings. Only root can start it.
    pub fn start(folder: &Path) -> Self {
        let folder = folder.join("docker");
        std::fs::create_dir_all(&folder).unwrap();
        let log = std::fs::File::create(folder.join("log")).unwrap();
        // The daemon must not read the settings of this machine's own daemon.
        std::fs::write(folder.join("daemon.json"), "{}").unwrap();
        let place = |name: &str| folder.join(name).display().to_string();
        let process = Command::new("dockerd")
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false", "--storage-driver=vfs"])
            .args(["--data-root", &place("data"), "--exec-root", &place("exec"), "--pidfile", &place("pid")])
            .args(["--config-file", &place("daemon.json"), "-H", &format!("unix://{}", place("sock"))])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("dockerd is missing: run tests/run, which installs it");
        let docker = Self { folder, process };
        let patience = Instant::now() + Duration::from_secs(60);
        while !docker.run("nobody", &["version"]).ok {
            let log = std::fs::read_to_string(docker.folder.join("log")).unwrap();
            assert!(Instant::now() < patience, "dockerd does not answer: {log}");
            std::thread::sleep(Duration::from_millis(200));
        }
        docker
    }

    /// Runs a docker command with the logins of `who`.
    pub fn run(&self, who: &str, arguments: &[&str]) -> Said {
        let socket = format!("unix://{}", self.folder.join("sock").display());
        let config = self.folder.join(who);
        std::fs::create_dir_all(&config).unwrap();
        let mut all = vec!["-H", socket.as_str(), "--config", config.to_str().unwrap()];
        all.extend(arguments);
        run("docker", &all, &self.folder)
    }

    /// Logs `who` in.
    pub fn login(&self, who: &str, registry: &str, secret: &str) {
        let said = self.run(who, &["login", "-u", who, "-p", secret, registry]);
        assert!(said.ok && said.text.contains("Login Succeeded"), "{}", said.text);
    }

    /// Returns the saved logins of `who`.
    pub fn saved(&self, who: &str) -> String {
        std::fs::read_to_string(self.folder.join(who).join("config.json")).unwrap()
    }

    /// Searches as `who`. Returns the found names, sorted.
    pub fn search(&self, who: &str, term: &str) -> String {
        let said = self.run(who, &["search", "--format", "{{.Name}}", term]);
        assert!(said.ok, "{who}, {term}: {}", said.text);
        let mut names: Vec<&str> = said.text.lines().collect();
        names.sort_unstable();
        names.join(" ")
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        // After a signal, the daemon ends its containerd and removes its mounts.
        let id = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        if let Some(id) = id {
            let _ = kill_process(id, Signal::TERM);
        }
        let patience = Instant::now() + Duration::from_secs(20);
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
