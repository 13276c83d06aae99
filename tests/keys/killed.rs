//! Commands that are killed at each of their steps. Servers must be able to use the folder afterwards.

use crate::database;
use crate::openssl::key;
use crate::place::{PATIENCE, Place};
use crate::token::verifies_by_authority;
use std::process::Command;
use std::time::{Duration, Instant};

/// The system calls that change the names in a folder.
const STEPS: [&str; 2] = ["rename", "unlink"];

/// Runs `portreeve keys`, and kills it just before the given occurrence of this call. Returns true if the command
/// reached that call.
fn kill_at(place: &Place, call: &str, times: usize, arguments: &str) -> bool {
    let status = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")])
        .args([
            "-e",
            &format!("inject={call}:signal=KILL:when={times}"),
            env!("CARGO_BIN_EXE_portreeve"),
            "keys",
        ])
        .args(arguments.split_whitespace())
        .current_dir(place.path())
        .output()
        .expect("strace is missing: run tests/run, which installs it");
    !status.status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_killed_at_any_step_leaves_what_servers_can_use() {
    let place = Place::open_with(&[], |folder| key(folder, "mine.key", "RSA")).await;
    let url = format!("sqlite://{}", place.path().join("portreeve.db").display());
    let failure = "the keys folder cannot be read";
    for command in ["rotate", "add mine.key", "revoke KEY", "retire KEY"] {
        let mut kills = 0;
        let mut call = STEPS.iter().copied();
        let (mut step, mut times) = (call.next(), 0);
        while let Some(name) = step {
            times += 1;
            place.run("keys rotate").await.ok();
            let key = match command {
                "retire KEY" => place.keys("retired", None).await.remove(0),
                _ => place.signing(None).await,
            };
            let was_killed = kill_at(&place, name, times, &command.replace("KEY", &key));
            // The killed command may have left a lease, which would delay the next command.
            database::run(&url, "DELETE FROM leases").await;
            let signing = place.signing(None).await;
            place.signed_by("registry", &signing, "libtrust_id").await;
            let token = place.token("registry", "").await;
            assert!(verifies_by_authority(&token, "registry", place.run("keys export").await.ok()));
            // If the killed `keys add` added no key, the same command works now. The key is withdrawn for the next
            // round.
            if command == "add mine.key" {
                if place.next(None).await.is_none() {
                    place.run("keys add mine.key").await.ok();
                }
                place.run("keys retire mine").await.ok();
            }
            match was_killed {
                true => kills += 1,
                false => (step, times) = (call.next(), 0),
            }
        }
        eprintln!("killed `keys {command}` {kills} times");
        assert!(kills >= 4, "{command}: {kills}");
    }
    assert_eq!(place.server.log_lines(failure), Vec::<String>::new(), "a failure was logged");

    let listed = crate::place::list(place.path()).await;
    // The server looks at the folder every half second.
    let began = Instant::now();
    loop {
        let published = place.key_set(Some("registry")).await.len();
        if published == listed.len() {
            break;
        }
        let told = format!("the server publishes {published} keys, but the folder lists {}", listed.len());
        assert!(began.elapsed() < PATIENCE, "{told}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_authority_that_was_cut_off_is_made_by_the_same_command_again() {
    let place = Place::open().await;
    let url = format!("sqlite://{}", place.path().join("portreeve.db").display());
    let mut kills = 0;
    for times in 1.. {
        place.run("keys rotate").await.ok();
        let stolen = place.keys("retired", None).await.pop().unwrap();
        let signing = place.signing(None).await;
        place.signed_by("registry", &signing, "libtrust_id").await;
        let was_killed = kill_at(&place, "rename", times, &format!("revoke {stolen} --replace-ca --yes"));
        database::run(&url, "DELETE FROM leases").await;
        // After the kill, the server still signs tokens.
        place.signed_by("registry", &signing, "libtrust_id").await;
        if was_killed {
            kills += 1;
            place.run(&format!("keys revoke {stolen} --replace-ca --yes")).await.ok();
        }
        let ca = place.run("keys export").await.ok().to_owned();
        let began = Instant::now();
        while !verifies_by_authority(&place.token("registry", "").await, "registry", &ca) {
            assert!(
                began.elapsed() < PATIENCE,
                "killed at rename {times}: the certificate is of the old authority"
            );
        }
        if !was_killed {
            break;
        }
    }
    eprintln!("killed `keys revoke --replace-ca` {kills} times");
    assert!(kills >= 4, "{kills}");
}
