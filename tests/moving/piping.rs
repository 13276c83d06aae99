//! `portreeve backup -` and `restore -`: through pipes, and through programs that encrypt.

use crate::program::{Said, command, run, whole};
use crate::server::Server;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const DATABASE: &str = "sqlite://portreeve.db";

/// Runs a bash script in a folder, with the program on its path.
fn bash(folder: &Path, script: &str) -> Said {
    let programs = Path::new(env!("CARGO_BIN_EXE_portreeve")).parent().unwrap();
    let output = Command::new("timeout")
        .args(["60", "bash", "-e", "-c", script])
        .env_clear()
        .env("HOME", folder)
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Makes a folder with a database and keys, as a stopped server leaves it. The server had a robot `before`.
async fn left() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), DATABASE, &[]);
    server.ready().await;
    server.must("PUT", "/robots/before", json!({})).await;
    server.terminate();
    folder
}

async fn robots(folder: &Path) -> Vec<String> {
    let mut server = Server::spawn(folder, DATABASE, &[]);
    server.ready().await;
    let robots = server.must("GET", "/robots", Value::Null).await;
    server.must("PUT", "/robots/after", json!({})).await;
    server.terminate();
    robots["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

/// Lists the temporary files of a backup or restore that are still beside the database.
fn remains(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).filter(|name| name.starts_with(".portreeve")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_goes_through_pipes_and_comes_back() {
    let folder = left().await;
    let path = folder.path();
    let output = command(path, &["backup", "-"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && said.starts_with("wrote the state after change "), "{said}");
    assert!(said.contains("the signing keys are not in the backup"), "{said}");
    std::fs::write(path.join("piped.db"), &output.stdout).unwrap();
    std::fs::set_permissions(path.join("piped.db"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    whole(&path.join("piped.db"), &[]).await;

    assert_eq!(robots(path).await, ["before"]);
    assert_eq!(robots(path).await, ["after", "before"]);
    let restore = |bytes: &[u8]| -> Said {
        let mut child = command(path, &["restore", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(bytes).unwrap();
        child.wait_with_output().unwrap().into()
    };
    // An incomplete backup, no bytes, and bytes that are not a backup are refused.
    for bad in [&output.stdout[..output.stdout.len() / 2], &[], b"not a database"] {
        restore(bad).fails_with(1, "`-` cannot be restored: ");
    }
    assert_eq!(robots(path).await, ["after", "before"]);
    assert!(restore(&output.stdout).ok().starts_with("restored the state after change "));
    assert_eq!(robots(path).await, ["before"]);
    assert_eq!(remains(path), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_and_a_reader_that_leaves_are_no_place_for_a_backup() {
    let folder = left().await;
    let path = folder.path();
    for line in ["backup -", "restore -"] {
        let line = format!("script --quiet --return --command 'portreeve {line}' /dev/null");
        let said = bash(path, &line);
        assert!(said.code == 2 && said.out.contains("`-` is for a pipe, not for a terminal"), "{said:?}");
    }
    let said = bash(path, "portreeve backup - | true; exit ${PIPESTATUS[0]}");
    said.fails_with(1, "the program that reads the backup did not read all of it");
    let postgresql = ["backup", "-", "--database-url", "postgres://localhost/x"];
    run(path, &postgresql).await.fails_with(2, "this command is for SQLite");
    assert_eq!(remains(path), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_is_not_blamed_on_the_pipe() {
    let folder = left().await;
    let path = folder.path();
    // No file may grow beyond 100 KiB, as on a full disk. Without `trap`, a signal would end the program.
    let limited = "trap '' XFSZ; ulimit -f 100; head -c 1000000 /dev/zero | portreeve restore -";
    let said = bash(path, limited);
    said.fails_with(1, "cannot write the backup to a temporary folder");
    assert!(!said.err.contains("did not arrive"), "{said:?}");
    assert_eq!(robots(path).await, ["before"]);
    assert_eq!(remains(path), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recipes_for_encrypted_backups_work_as_they_are_printed() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md")).unwrap();
    let blocks: Vec<&str> =
        text.split("\n```bash\n").skip(1).map(|rest| rest.split("\n```\n").next().unwrap()).collect();
    let of = |program: &str| -> Vec<&str> {
        blocks.iter().copied().filter(|block| block.contains(&format!("{program} --"))).collect()
    };
    for (program, file) in [("age", "portreeve.db.age"), ("gpg", "portreeve.db.gpg")] {
        let folder = left().await;
        let path = folder.path();
        let [make, put_back] = of(program)[..] else { panic!("{program}: backup and restore") };
        let said = bash(path, make);
        assert_eq!(said.code, 0, "run tests/run, which installs what is missing: {said:?}");
        let made = std::fs::read(path.join(file)).unwrap();
        assert!(made.len() > 1000 && !made.windows(6).any(|part| part == b"SQLite"), "{file} is encrypted");
        assert_eq!(robots(path).await, ["before"]);
        std::fs::rename(path.join("keys"), path.join("lost")).unwrap();
        let said = bash(path, put_back);
        assert_eq!(said.code, 0, "{said:?}");
        let ca = |keys: &str| std::fs::read(path.join(keys).join("ca.crt")).unwrap();
        assert!(ca("keys") == ca("lost"), "{program}");
        assert_eq!(robots(path).await, ["before"], "{program}");
    }
}
