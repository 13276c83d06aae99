//! Servers in separate processes: starting, measuring and stopping them.

use crate::Outcome;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// The administrator's password on every server of the benchmark.
pub const ADMIN_PASSWORD: &str = "correct horse battery staple";
/// The time limit for a start. It is long enough for any number of rules.
const START: Duration = Duration::from_secs(600);
const STOP: Duration = Duration::from_secs(40);

/// A running server. Dropping this value kills the process.
pub struct Server {
    /// The port on loopback.
    pub port: u16,
    /// The time from the start of the process until the server says that it is ready.
    pub ready_after: Duration,
    child: Child,
    log: PathBuf,
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Returns a client that closes each connection after its answer. A stopping server waits for open connections.
pub fn client() -> Outcome<reqwest::Client> {
    let builder = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
    Ok(builder.redirect(reqwest::redirect::Policy::none()).build()?)
}

impl Server {
    /// Starts the server under test with default settings in its folder. Without a database URL, the server
    /// uses SQLite.
    pub async fn portreeve(folder: &Path, database: Option<&str>) -> Outcome<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PORTREEVE_") {
                command.env_remove(name);
            }
        }
        let port = free_port()?;
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        command.args(database.iter().flat_map(|url| ["--database-url", url]));
        command.env("PORTREEVE_ADMIN_PASSWORD", ADMIN_PASSWORD).current_dir(folder);
        Self::start(command, port, folder).await
    }

    /// Starts the bare HTTP server.
    pub async fn ceiling(folder: &Path) -> Outcome<Self> {
        let port = free_port()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--ceiling", &port.to_string()]);
        Self::start(command, port, folder).await
    }

    async fn start(mut command: Command, port: u16, folder: &Path) -> Outcome<Self> {
        let log = folder.join("log");
        let stderr = OpenOptions::new().create(true).append(true).open(&log)?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr).kill_on_drop(true);
        let started = Instant::now();
        let child = command.spawn()?;
        let mut server = Self { port, ready_after: Duration::ZERO, child, log };
        let client = client()?;
        let url = server.url("/health/ready");
        loop {
            // The server accepts connections before it is ready. So the answer arrives exactly when the server becomes
            // ready.
            let answer = client.get(&url).timeout(START).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                server.ready_after = started.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended with {status}: {}", server.last_words()).into());
            }
            if started.elapsed() > START {
                return Err(format!("the server is not ready: {}", server.last_words()).into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns the URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Reads the resident memory of the server, in bytes.
    pub fn memory(&self) -> Outcome<u64> {
        let process = self.child.id().ok_or("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024)
    }

    /// Returns the end of the server's log.
    pub fn last_words(&self) -> String {
        let mut text = Vec::new();
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&self.log)?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(1000)))?;
            file.read_to_end(&mut text)?;
            Ok(text)
        };
        String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
    }

    /// Empties the log. One line for each token would fill the disk.
    pub fn cut_log(&self) -> std::io::Result<()> {
        OpenOptions::new().write(true).open(&self.log)?.set_len(0)
    }

    /// Stops the server as a service manager does.
    pub async fn stop(mut self) -> Outcome {
        let process = self.child.id().and_then(|id| i32::try_from(id).ok());
        let process = process.and_then(rustix::process::Pid::from_raw).ok_or("the server has ended")?;
        rustix::process::kill_process(process, rustix::process::Signal::TERM)?;
        let status = tokio::time::timeout(STOP, self.child.wait()).await;
        let status = status.map_err(|_| "the server does not stop")??;
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}").into()) }
    }
}
