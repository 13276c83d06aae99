//! The disk of the SQLite database is full. Writes are refused, tokens are still issued, nothing breaks, and everything
//! works again when the disk has free space.

use crate::fleet::{Caller, Fleet, text};
use crate::killed::{administrators_key, integrity};
use crate::load::PASSWORD;
use crate::server::{Server, client, free_port};
use crate::trail::assert_whole;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const RECOVERY: Duration = Duration::from_secs(5);
/// SQLite's longest wait for a lock, with some reserve. A write is refused within this time.
const REFUSAL: Duration = Duration::from_secs(3);

/// The least time for which the disk is full. Every five seconds the server tries to store which keys were used.
const FULL: Duration = Duration::from_secs(6);

/// Builds a command that runs the program with a small separate file system at `disk`.
fn on_a_small_disk(disk: &Path) -> Command {
    on_a_disk(disk, "")
}

/// Builds the same command, which first runs the shell text `prepare` with the folder of the disk in `$0`.
fn on_a_disk(disk: &Path, prepare: &str) -> Command {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if !is_root {
        command.args(["--user", "--map-root-user"]);
    }
    let script = format!("mount -t tmpfs -o size=4m,mode=700 none \"$0\" && {prepare} exec \"$@\"");
    command.args(["sh", "-c", &script]).arg(disk).arg(env!("CARGO_BIN_EXE_portreeve"));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_on_a_full_disk_says_that_it_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let url = format!("sqlite://{}", disk.join("test.db").display());
    let fill = "cat /dev/zero > \"$0/filler\" 2> /dev/null;";
    let mut server = Server::run(on_a_disk(&disk, fill), free_port(), folder.path(), &url, &[]);
    let status = server.ended_within(Duration::from_secs(20)).expect("the server must not run");
    assert_eq!(status.code(), Some(1));
    let log = server.log();
    assert!(log.contains("test.db` is full: make room on it, then start again"), "{log}");
    assert!(!log.contains("backup"), "{log}");
}

/// Fills the disk completely. Returns the path of the file that fills the disk.
fn fill(disk: &Path) -> PathBuf {
    let path = disk.join("filler");
    let mut file = File::create(&path).unwrap();
    for size in [65_536, 4096, 512, 1] {
        while file.write(&vec![7; size]).is_ok_and(|written| written > 0) {}
    }
    path
}

struct Setting {
    server: Server,
    key: String,
}

impl Setting {
    /// Writes a rule. Returns the status, the type of the answer, and the duration.
    async fn write(&self, name: &str) -> (u16, String, Duration) {
        let url = self.server.url(&format!("/api/v1/rules/{name}"));
        // The rule is long, so that few writes fill the free pages of the database.
        let body = json!({"subjects": ["everyone"], "names": ["x"], "actions": ["pull"],
            "description": "x".repeat(900)});
        let (request, began) =
            (client().put(url).basic_auth("", Some(&self.key)).json(&body), Instant::now());
        let answer = request.timeout(Duration::from_secs(30)).send().await.unwrap();
        let kind = answer.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), kind.unwrap_or_default(), began.elapsed())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_writes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let url = format!("sqlite://{}", disk.join("test.db").display());
    let mut server = Server::run(on_a_small_disk(&disk), free_port(), folder.path(), &url, &[]);
    server.ready().await;
    // This path leads into the file system of the process. `exec` keeps the id of the started process.
    let inside = PathBuf::from(format!("/proc/{}/root{}", server.id(), disk.display()));
    assert!(inside.join("test.db").exists() && !disk.join("test.db").exists());

    let key = administrators_key(&server).await;
    let rule = json!({"subjects": ["everyone"], "names": ["open"], "actions": ["pull"]});
    server.must("PUT", "/rules/open", rule).await;
    server.must("PUT", "/users/alice", json!({"password": PASSWORD})).await;
    server.must("PUT", "/robots/ci", json!({})).await;
    let used = server.must("POST", "/robots/ci/access-keys", json!({"name": "used"})).await;
    let unused = server.must("POST", "/robots/ci/access-keys", json!({"name": "unused"})).await;
    let fleet = Fleet::new(vec![server.port]);
    let callers = [
        Caller::Anonymous,
        Caller::Password("alice", PASSWORD),
        Caller::Key(text(&used["secret"])),
        // Nobody uses this key before the disk is full. The server looks the key up without free space on the disk.
        Caller::Key(text(&unused["secret"])),
    ];
    for caller in &callers[..3] {
        assert_eq!(fleet.says(0, caller, "open").await, (200, true));
    }
    let setting = Setting { server, key };

    let mut acknowledged = BTreeSet::new();
    for round in 0..2 {
        let filler = fill(&inside);
        let (full, mut refused, mut slowest) = (Instant::now(), 0, Duration::ZERO);
        // A write that fits into the free pages of the database may still succeed.
        for number in 0.. {
            let name = format!("full-{round}-{number}");
            let (status, kind, took) = setting.write(&name).await;
            slowest = slowest.max(took);
            match status {
                201 => drop(acknowledged.insert(name)),
                503 => {
                    assert!(kind.starts_with("application/problem+json"), "{kind}");
                    refused += 1;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                other => panic!("{other}: {}", setting.server.events()),
            }
            if refused > 20 && full.elapsed() > FULL {
                break;
            }
        }
        assert!(slowest <= REFUSAL, "the slowest refusal took {slowest:?}");
        for caller in &callers {
            assert_eq!(fleet.says(0, caller, "open").await, (200, true), "{caller:?}");
        }
        assert_eq!(fleet.get(0, "/health/ready").await.unwrap().status(), 200);

        std::fs::remove_file(filler).unwrap();
        let freed = Instant::now();
        let name = format!("freed-{round}");
        while setting.write(&name).await.0 != 201 {
            assert!(freed.elapsed() < RECOVERY, "{}", setting.server.events());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        println!(
            "the slowest refusal took {slowest:?}, and a write succeeded {:?} after space was freed",
            freed.elapsed()
        );
        acknowledged.insert(name);
    }

    // The test copies the files, because the small disk ends with the server.
    let Setting { mut server, .. } = setting;
    let copy = folder.path().join("test.db");
    for end in ["", "-wal"] {
        std::fs::copy(format!("{}/test.db{end}", inside.display()), format!("{}{end}", copy.display()))
            .unwrap();
    }
    server.kill();
    let url = format!("sqlite://{}", copy.display());
    let mut server = Server::spawn(folder.path(), &url, &[]);
    server.ready().await;
    let mut found = BTreeSet::new();
    let mut path = "/rules?limit=1000".to_owned();
    loop {
        let page = server.must("GET", &path, Value::Null).await;
        found.extend(page["items"].as_array().unwrap().iter().map(|rule| text(&rule["name"])));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/rules?limit=1000&after={next}");
    }
    let lost: Vec<&String> = acknowledged.difference(&found).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let unknown = found.iter().filter(|name| name.starts_with("f") && !acknowledged.contains(*name));
    assert_eq!(unknown.count(), 0, "no refused write was stored");
    server.terminate();
    assert_eq!(integrity(&copy).await, "ok");
    assert_whole(&url).await;
}
