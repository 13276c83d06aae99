//! A separate root for installing packages. It contains the files of this machine, and changes are only in memory. It
//! has its own processes and network.
//!
//! dpkg and maintainer scripts see the root as a Debian system. `tests/packaging/systemd.sh` replaces systemd, and
//! reads the installed unit.

use crate::built::{repository, said_by};
use crate::said::Said;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The script that makes the root inside its namespaces. `$1` is a folder for the root.
const MAKE: &str = r#"
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
ip link set lo up
mkdir -p run/systemd/system
# No test here reads manual pages, and dpkg needs ten seconds to index all of them.
rm -f var/lib/man-db/auto-update
# Nothing is installed from other machines, and reading the lists of packages takes another ten seconds.
rm -rf var/lib/apt/lists/* var/cache/apt/*.bin
touch tmp/made
# The shell stays, because the first process must reap the other processes when they end.
sleep 900 &
wait
"#;

/// A separate root. Dropping this value ends its processes.
pub struct Root {
    /// The process that keeps the namespaces.
    holder: Child,
    /// The first process in the namespaces.
    first: u32,
    folder: TempDir,
}

fn child_of(process: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

impl Root {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let holder = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", MAKE, "sh"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let patience = Instant::now() + Duration::from_secs(20);
        let mut root = Self { first: 0, holder, folder };
        loop {
            if let Some(first) = child_of(root.holder.id()) {
                root.first = first;
                if root.outside("tmp/made").exists() {
                    break;
                }
            }
            let ended = root.holder.try_wait().unwrap();
            assert!(ended.is_none(), "these tests make namespaces: run them as root");
            assert!(Instant::now() < patience, "the root was not ready in time");
            std::thread::sleep(Duration::from_millis(20));
        }
        root.must("mv /usr/bin/systemctl /usr/bin/systemctl.real");
        root.put(&repository().join("tests/packaging/systemd.sh"), "usr/bin/systemctl");
        root.put(&repository().join("tests/packaging/systemd.sh"), "usr/bin/systemd-run");
        root
    }

    /// Returns the path of a file of the root, as seen from outside.
    pub fn outside(&self, path: &str) -> PathBuf {
        let folder = self.folder.path().strip_prefix("/").unwrap();
        Path::new(&format!("/proc/{}/root", self.first)).join(folder).join("root").join(path)
    }

    /// Copies a file into the root, and replaces an existing file.
    pub fn put(&self, from: &Path, path: &str) {
        let _ = std::fs::remove_file(self.outside(path));
        std::fs::copy(from, self.outside(path)).unwrap();
    }

    /// Runs a script as root in this root, for at most two minutes. Returns the output.
    pub fn said(&self, script: &str) -> Said {
        let mut command = Command::new("timeout");
        command.args(["120", "nsenter", "--mount", "--net", "--pid", "--target"]).arg(self.first.to_string());
        command.arg("chroot").arg(self.folder.path().join("root")).args(["/usr/bin/env", "-i", "HOME=/root"]);
        command.args([
            "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND=noninteractive",
            "sh",
            "-c",
            script,
        ]);
        said_by(&mut command)
    }

    /// Runs a script, which must succeed. Returns the output.
    pub fn must(&self, script: &str) -> String {
        let said = self.said(script);
        assert!(said.succeeded(), "{script}: {}", said.text());
        said.out
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
