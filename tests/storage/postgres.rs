//! A private PostgreSQL cluster for one test, on a UNIX socket, gone with the test.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    owner: Option<String>,
}

/// The newest installed version.
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

impl Cluster {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL refuses to run as root.
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        let owner = is_root.then(|| "postgres".to_owned());
        if let Some(owner) = &owner {
            std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
            chown(folder.path(), Some(id("-u", owner)), Some(id("-g", owner))).unwrap();
        }
        let cluster = Self { folder, programs: programs(), owner };
        let data = cluster.data();
        cluster.run("initdb", &["-D", &data, "-U", "test", "--auth=trust", "-E", "UTF8", "--no-sync"]);
        let socket = cluster.folder.path().display().to_string();
        let options = format!("-c listen_addresses='' -c unix_socket_directories={socket} -c fsync=off");
        cluster.run(
            "pg_ctl",
            &["-D", &data, "-w", "-t", "60", "-l", &format!("{socket}/log"), "-o", &options, "start"],
        );
        cluster
    }

    pub fn url(&self) -> String {
        let socket = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://test@{socket}/postgres")
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = match &self.owner {
            Some(owner) => {
                let mut command = Command::new("runuser");
                command.args(["-u", owner, "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        let status = command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{arguments:?}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data();
        self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]);
    }
}
