//! The server in a separate process, which a test may kill.
#![allow(dead_code, reason = "each test uses a part of it")]

#[path = "ports.rs"]
#[allow(clippy::duplicate_mod, reason = "other helpers of the same tests also contain it")]
mod ports;

pub use ports::free_port;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The administrator's password on every server that [`Server::run_with`] does not give another one.
pub const ADMIN_PASSWORD: &str = "correct horse battery staple";

/// A running server. Dropping this value kills the process.
pub struct Server {
    /// The port of the server on loopback.
    pub port: u16,
    log: PathBuf,
    process: Child,
}

impl Server {
    /// Starts a server in this folder, with this database and additional flags of `serve`.
    pub fn spawn(folder: &Path, database: &str, flags: &[&str]) -> Self {
        Self::spawn_on(free_port(), folder, database, flags)
    }

    /// Starts several replicas at once on one database and one keys folder. Waits until all are ready.
    pub async fn replicas(count: usize, folder: &Path, database: &str) -> Vec<Self> {
        let mut replicas: Vec<Self> = (0..count).map(|_| Self::spawn(folder, database, &[])).collect();
        for replica in &mut replicas {
            replica.ready().await;
        }
        replicas
    }

    /// Starts a server on this port, which may be the port of a killed server.
    pub fn spawn_on(port: u16, folder: &Path, database: &str, flags: &[&str]) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_portreeve")), port, folder, database, flags)
    }

    /// Starts a server with this command, to which the arguments of `serve` are added.
    pub fn run(command: Command, port: u16, folder: &Path, database: &str, flags: &[&str]) -> Self {
        Self::run_with(command, port, folder, database, flags, ADMIN_PASSWORD)
    }

    /// Starts a server with this password of the administrator. The password is used only at the first start.
    pub fn run_with(
        mut command: Command,
        port: u16,
        folder: &Path,
        database: &str,
        flags: &[&str],
        password: &str,
    ) -> Self {
        let log = folder.join(format!("log-{port}"));
        let file = OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let process = command
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database-url", database])
            .args(flags)
            .env("PORTREEVE_ADMIN_PASSWORD", password)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        Self { port, log, process }
    }

    /// Waits until the server is ready to issue tokens.
    pub async fn ready(&mut self) {
        let patience = Instant::now() + Duration::from_secs(60);
        let client = client();
        loop {
            let answer = client.get(self.url("/health/ready")).timeout(Duration::from_secs(5)).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("the server ended with {status}: {}", self.log());
            }
            assert!(Instant::now() < patience, "the server is not ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Returns the URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// Reads the whole log of the server.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Reads the log without the lines about tokens and refused API requests.
    pub fn events(&self) -> String {
        let log = self.log();
        let is_decision = |line: &str| {
            ["token_", "api_refused"].iter().any(|event| line.contains(&format!("event=\"{event}")))
        };
        let lines: Vec<&str> = log.lines().filter(|line| !is_decision(line)).collect();
        lines.join("\n")
    }

    /// Returns the log lines that contain this text.
    pub fn log_lines(&self, text: &str) -> Vec<String> {
        self.log().lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
    }

    /// Returns the process id of the server.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Kills the server at once.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Sends a signal to the server.
    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Ends the server as a service manager does.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.process.wait().unwrap()
    }

    /// Waits until the server ends. Returns `None` if it has not ended within `patience`.
    pub fn ended_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let end = Instant::now() + patience;
        loop {
            match self.process.try_wait().unwrap() {
                None if Instant::now() < end => std::thread::sleep(Duration::from_millis(50)),
                ended => return ended,
            }
        }
    }

    /// Calls the administration API as the administrator.
    pub async fn api(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = self.url(&format!("/api/v1{path}"));
        let request = client().request(method.parse().unwrap(), url);
        let request = request.basic_auth("admin", Some(ADMIN_PASSWORD)).timeout(Duration::from_secs(30));
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Calls the API as the administrator. The test fails if the answer is not a success.
    pub async fn must(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.api(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }
}

/// Returns a client that follows no redirection, uses no proxy, and keeps no connection open.
pub fn client() -> reqwest::Client {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    let make = || {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
    };
    CLIENT.get_or_init(make).clone()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
