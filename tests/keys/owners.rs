//! Files with secrets belong to root or to the user of the server. Other users cannot read them, except a group that a
//! setting allows.

use crate::place::{Place, SQLITE, run};
use crate::server::Server;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn as_root(line: &[&str], path: &Path) {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = if is_root { Command::new(line[0]) } else { Command::new("sudo") };
    command.args(if is_root { &line[1..] } else { line }).arg(path);
    assert!(command.status().unwrap().success(), "{line:?}");
}

fn open(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Starts a server, which must fail. Returns the last line of its log.
fn refused(folder: &Path, flags: &[&str]) -> String {
    let mut server = Server::spawn(folder, SQLITE, flags);
    let status = server.ended_within(Duration::from_secs(20)).expect("the server must not run");
    assert_eq!(status.code(), Some(1), "{}", server.log());
    let log = server.log();
    log.lines().last().unwrap_or_default().to_owned()
}

async fn starts(folder: &Path, flags: &[&str]) {
    let mut server = Server::spawn(folder, SQLITE, flags);
    server.ready().await;
    server.terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_own_is_refused_with_the_command_that_helps() {
    let mut place = Place::open().await;
    let key = format!("keys/{}.key", place.signing(None).await);
    place.server.terminate();
    let path = place.path();
    for file in [key.as_str(), "keys/keyring.json", "keys/ca.key", "keys", "portreeve.db"] {
        as_root(&["chown", "1234"], &path.join(file));
        let said = refused(path, &["--shared-secrets"]);
        assert!(said.contains(&format!("{file}` belongs to the user 1234")), "{file}: {said}");
        // Root may run a command on the files of another user.
        run(path, "keys list", &[]).await.ok();
        let advice = said.rsplit('`').nth(1).unwrap().to_owned();
        assert!(advice.starts_with("chown "), "{said}");
        let words: Vec<&str> = advice.split(' ').collect();
        as_root(&words[..2], &path.join(words[2]));
        starts(path, &[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_may_read_secrets_only_where_a_setting_allows_it() {
    let mut place = Place::open().await;
    let key = place.signing(None).await;
    place.server.terminate();
    let (path, folder, key) = (place.path(), place.file("."), place.file(&format!("{key}.key")));
    open(&folder, 0o750);
    let said = refused(path, &[]);
    assert!(said.contains("`chmod 700 keys`, or set --shared-secrets if its group may read it"), "{said}");
    open(&folder, 0o700);
    open(&key, 0o640);
    let said = refused(path, &[]);
    assert!(said.contains("`chmod 600 keys/signing-"), "{said}");
    open(&folder, 0o750);
    starts(path, &["--shared-secrets"]).await;
    std::fs::write(path.join("portreeve.toml"), "shared_secrets = true\n").unwrap();
    starts(path, &[]).await;
    let said = refused(path, &["--shared-secrets=false"]);
    assert!(said.contains("`chmod 600 keys/signing-"), "{said}");
    for (file, mode, advice) in
        [(&key, 0o644, "chmod 640 "), (&key, 0o660, "chmod 640 "), (&folder, 0o770, "chmod 750 ")]
    {
        let before = file.metadata().unwrap().permissions();
        open(file, mode);
        let said = refused(path, &[]);
        assert!(said.contains(advice), "{mode:o}: {said}");
        std::fs::set_permissions(file, before).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settings_file_is_private_if_it_holds_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let (path, file) = (folder.path(), folder.path().join("portreeve.toml"));
    let check = async || run(path, "config check", &[]).await;
    for (text, is_secret) in [
        ("database_url = \"postgres://p:secret@127.0.0.1:1/p\"\n", true),
        ("database_url = \"postgres://p@127.0.0.1:1/p?password=secret\"\n", true),
        ("database_url = \"postgres://p@127.0.0.1:1/p\"\n", false),
        ("", false),
    ] {
        std::fs::write(&file, text).unwrap();
        open(&file, 0o644);
        let said = check().await;
        assert_eq!(said.code == 2, is_secret, "{said:?}");
        let words = "`portreeve.toml` is open to others (mode 644): run `chmod 600 portreeve.toml`";
        assert_eq!(said.err.contains(words), is_secret, "{said:?}");
        assert!(!said.err.contains("secret@") && !said.err.contains("=secret"), "{said:?}");
        open(&file, 0o600);
        assert_ne!(check().await.code, 2, "{text}");
    }
}
