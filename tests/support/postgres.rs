//! A PostgreSQL cluster for one test, on a UNIX socket and on loopback. It ends with the test.
#![allow(dead_code, reason = "each test uses a part of it")]

#[path = "ports.rs"]
#[allow(clippy::duplicate_mod, reason = "other helpers of the same tests also contain it")]
mod ports;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    owner: Option<String>,
    port: u16,
    options: String,
}

/// Returns the folder of the programs of the newest installed version.
fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is missing: run tests/run, which installs it")
        .map(|entry| entry.unwrap().path().join("bin"))
        .filter(|path| path.join("initdb").exists())
        .collect();
    versions.sort();
    versions.pop().expect("PostgreSQL's server programs are missing: run tests/run")
}

fn id(argument: &str, user: &str) -> u32 {
    let output = Command::new("id").args([argument, user]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn must(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}");
}

impl Cluster {
    /// Starts a cluster that does not sync, for tests that never cut the power.
    pub fn start() -> Self {
        Self::start_with("-c fsync=off")
    }

    /// Starts a cluster with these options of the server.
    pub fn start_with(options: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL refuses to run as root.
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        let owner = is_root.then(|| "postgres".to_owned());
        if let Some(owner) = &owner {
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
            chown(folder.path(), Some(id("-u", owner)), Some(id("-g", owner))).unwrap();
        }
        let port = ports::free_port();
        let cluster = Self { folder, programs: programs(), owner, port, options: options.to_owned() };
        cluster.make_data();
        cluster.resume();
        cluster
    }

    /// Copies an empty cluster that is made only once, because `initdb` takes seconds. That cluster has one database
    /// and short log segments, so that copying is fast.
    fn make_data(&self) {
        let version = self.programs.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("postgresql-{version}"));
        let data = self.data();
        if !made.exists() {
            let how = ["--auth=trust", "-E", "UTF8", "--no-sync", "--wal-segsize=1"];
            self.run("initdb", &[&["-D", &data, "-U", "test"][..], &how[..]].concat());
            for template in ["template0", "template1"] {
                self.alone(&format!("ALTER DATABASE {template} IS_TEMPLATE false"));
                self.alone(&format!("DROP DATABASE {template}"));
            }
            let own = made.with_extension(format!("of-{}", std::process::id()));
            must(Command::new("cp").arg("-a").args([Path::new(&data), &own]));
            // Another test may have made the cluster first. Both clusters are equal.
            if std::fs::rename(&own, &made).is_err() {
                std::fs::remove_dir_all(&own).unwrap();
            }
            return;
        }
        must(Command::new("cp").arg("-a").args([&made, Path::new(&data)]));
    }

    /// Runs a statement on the files of a cluster, without a server.
    fn alone(&self, statement: &str) {
        let mut command = self.command(Path::new("postgres"));
        command.args(["--single", "-D", &self.data(), "postgres"]).current_dir(self.folder.path());
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(statement.as_bytes()).unwrap();
        assert!(process.wait().unwrap().success(), "{statement}");
    }

    /// Returns the URL of the database through the UNIX socket.
    pub fn url(&self) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://test@{socket}:{}/postgres", self.port)
    }

    /// Returns the URL of another database of the cluster.
    pub fn url_of(&self, database: &str) -> String {
        self.url().replace("/postgres", &format!("/{database}"))
    }

    /// Returns the port on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of the database through a port of loopback: the cluster's port, or that of a proxy.
    pub fn tcp_url(&self, port: u16) -> String {
        format!("postgres://test@localhost:{port}/postgres?sslmode=prefer")
    }

    /// Returns the folder of the cluster's files. The owner may write to it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Makes the server refuse unencrypted TCP connections, and use this certificate and key. Restarts the server.
    pub fn encrypt(&self, certificate: &str, key: &str) {
        self.stop("fast");
        let data = PathBuf::from(self.data());
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = data.join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
            if let Some(owner) = &self.owner {
                chown(&path, Some(id("-u", owner)), Some(id("-g", owner))).unwrap();
            }
        }
        let append = |name: &str, text: &str| {
            let mut file = OpenOptions::new().append(true).open(data.join(name)).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        };
        append("postgresql.conf", "ssl = on\n");
        let clients = std::fs::read_to_string(data.join("pg_hba.conf")).unwrap();
        let clients = clients
            .lines()
            .map(|line| line.strip_prefix("host ").map_or(line.to_owned(), |rest| format!("hostssl {rest}")));
        std::fs::write(data.join("pg_hba.conf"), clients.collect::<Vec<_>>().join("\n") + "\n").unwrap();
        self.resume();
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Starts the server on the existing files.
    pub fn resume(&self) {
        let folder = self.folder.path().display().to_string();
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={folder} \
             -c shared_buffers=16MB -c max_connections=200 {}",
            self.port, self.options
        );
        let log = format!("{folder}/log");
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-t", "60", "-l", &log, "-o", &options, "start"]);
    }

    /// Ends the server: `fast` as an administrator does, or `immediate` as a crash does.
    pub fn stop(&self, mode: &str) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", mode, "-w", "stop"]);
    }

    /// Keeps a copy of the files for [`Cluster::go_back`]. The server must be stopped.
    pub fn keep(&self) {
        must(Command::new("cp").arg("-a").args([self.data(), format!("{}.kept", self.data())]));
    }

    /// Restores the kept files. The server is then like a standby that lost the last writes. The server must be
    /// stopped.
    pub fn go_back(&self) {
        std::fs::remove_dir_all(self.data()).unwrap();
        std::fs::rename(format!("{}.kept", self.data()), self.data()).unwrap();
    }

    /// Runs a statement. Returns the result, one line for each row.
    pub fn sql(&self, statement: &str) -> String {
        self.sql_in("postgres", statement)
    }

    /// Runs a statement in another database of the cluster.
    pub fn sql_in(&self, database: &str, statement: &str) -> String {
        let output = self
            .command(Path::new("psql"))
            .args(["-X", "-A", "-t", "-q", "-U", "test", "-d", database, "-h"])
            .arg(self.folder.path())
            .args(["-p", &self.port.to_string(), "-c", statement])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Runs the statements of a dump on the database.
    pub fn load(&self, dump: &[u8]) {
        let mut command = self.command(Path::new("psql"));
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "test", "-d", "postgres", "-h"]);
        command.arg(self.folder.path()).args(["-p", &self.port.to_string()]).current_dir(self.folder.path());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(dump).unwrap();
        assert!(process.wait().unwrap().success(), "the dump cannot be loaded");
    }

    /// Returns the whole content of the database, as `pg_dump` writes it.
    pub fn dump(&self) -> Vec<u8> {
        let output = self
            .command(Path::new("pg_dump"))
            .args(["-U", "test", "-h"])
            .arg(self.folder.path())
            .args(["-p", &self.port.to_string(), "postgres"])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(output.status.success());
        output.stdout
    }

    /// Ends every connection of a client, except the connection that runs this statement.
    pub fn cut_connections(&self) {
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        );
    }

    /// Stops every process of the server. `thaw` continues them.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Continues a frozen server.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid_file = self.folder.path().join("data/postmaster.pid");
        let Ok(text) = std::fs::read_to_string(pid_file) else { return };
        let postmaster = text.lines().next().unwrap().to_owned();
        // The signal goes first to the postmaster, so that it starts no more children.
        let _ = Command::new("kill").args([signal, &postmaster]).stderr(Stdio::null()).status();
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &postmaster]).output().unwrap();
        for child in String::from_utf8(children.stdout).unwrap().split_whitespace() {
            let _ = Command::new("kill").args([signal, child]).stderr(Stdio::null()).status();
        }
    }

    fn command(&self, program: &Path) -> Command {
        let program = self.programs.join(program);
        match &self.owner {
            Some(owner) => {
                let mut command = Command::new("runuser");
                command.args(["-u", owner, "--"]).arg(program);
                command
            }
            None => Command::new(program),
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        must(self.command(Path::new(program)).args(arguments).current_dir(self.folder.path()));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.thaw();
        let data = self.data();
        // A test may have stopped the server already.
        let _ = self
            .command(Path::new("pg_ctl"))
            .args(["-D", &data, "-m", "immediate", "-w", "stop"])
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}
