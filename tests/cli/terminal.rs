//! At a terminal the program shows what it will delete and asks first, and its output has colours. Without a terminal
//! it asks nothing, and refuses commands that need an answer. Other tests run aliases of commands, and `services
//! config`.

use crate::helpers::{ADMIN, App, PASSWORD};
use crate::program::Shell;
use serde_json::{Value, json};

const PRUNED: &str = "kind: user\nname: kept\n";

#[tokio::test]
async fn without_a_terminal_nothing_is_deleted_unless_yes_is_given() {
    let app = App::spawn().await;
    app.user("alice").await;
    let shell = Shell::of_admin(&app).await;
    std::fs::write(shell.home.path().join("port.yaml"), PRUNED).unwrap();
    shell.line("apply port.yaml --owner git").await.ok();
    std::fs::write(shell.home.path().join("port.yaml"), "kind: user\nname: other\n").unwrap();
    let before = app.must("GET", "/changes?order=desc&limit=1", Value::Null).await;
    for (line, shown, told) in [
        ("users delete alice", "\nalice  no ", "to delete the user `alice`, add --yes"),
        ("robots delete ci", "", "to delete the robot `ci` (there is no robot `ci`), add --yes"),
        (
            "groups delete admins --cascade",
            "user:admin",
            "and take it out of the rules that name it, add --yes",
        ),
        ("services delete registry", "distribution-2", "to delete the service `registry`, add --yes"),
        ("rules delete admins", "group:admins", "to delete the rule `admins`, add --yes"),
        ("sessions revoke --all user:alice", "CLIENT ID", "to end all sessions of user:alice (0), add --yes"),
        (
            "apply port.yaml --owner git --prune",
            "- user kept\n",
            "to apply this plan, which deletes one object, add --yes",
        ),
    ] {
        let said = shell.line(line).await;
        let what = "portreeve: nothing was done, because there is no terminal to ask at: ";
        assert!(said.code == 2 && said.err.contains(what) && said.out.is_empty(), "{line}: {said:?}");
        assert!(said.err.contains(shown) && said.err.ends_with(&format!("{told}\n")), "{line}: {said:?}");
    }
    assert_eq!(app.must("GET", "/changes?order=desc&limit=1", Value::Null).await, before);
    assert_eq!(shell.line("apply port.yaml --owner git --prune --dry-run").await.code, 3);
    let said = shell.line("apply port.yaml --owner git --prune --yes").await;
    assert!(said.ok().contains("- user kept\n"), "{said:?}");
}

#[tokio::test]
async fn what_would_be_deleted_is_shown_and_asked_about() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    for name in ["alice", "bob"] {
        app.user(name).await;
    }
    app.must("POST", "/users/alice/access-keys", json!({"name": "laptop"})).await;
    app.token(Some(("alice", PASSWORD)), "service=registry&offline_token=true").await.refresh_token();
    let said = shell.at_terminal("users delete alice bob", "n\n").await;
    assert_eq!(said.code, 1, "{said:?}");
    let row = said.out.lines().find(|line| line.starts_with("alice ")).unwrap_or_else(|| panic!("{said:?}"));
    assert!(row.trim_end().ends_with("1            1"), "one access key and one session: {row}");
    assert!(
        said.out.contains("delete these 2 users? [y/N]") && said.out.contains("nothing was changed"),
        "{said:?}"
    );
    app.must("GET", "/users/bob", Value::Null).await;
    let said = shell.at_terminal("users delete alice nobody", "y\n").await;
    assert!(said.code == 1 && said.out.contains("there is no user `nobody`"), "{said:?}");
    app.must("GET", "/users/alice", Value::Null).await;
    let said = shell.at_terminal("users delete alice bob", "y\n").await;
    assert!(said.ok().contains("deleted user `alice`\r\ndeleted user `bob`\r\n"), "{said:?}");
    assert_eq!(app.api_as(ADMIN, "GET", "/users/bob", None).await.status, 404);
}

#[tokio::test]
async fn only_a_yes_is_one() {
    let app = App::spawn().await;
    app.user("alice").await;
    let shell = Shell::of_admin(&app).await;
    let file = shell.home.path().join("port.yaml");
    std::fs::write(&file, PRUNED).unwrap();
    shell.line("apply port.yaml --owner git").await.ok();
    std::fs::write(&file, "kind: user\nname: other\n").unwrap();
    app.token(Some(("alice", PASSWORD)), "service=registry&offline_token=true").await.refresh_token();
    let newest = async || app.must("GET", "/changes?order=desc&limit=1", Value::Null).await;
    for (line, done) in [
        ("apply port.yaml --owner git --prune", "1 deleted"),
        ("sessions revoke --all user:alice", "ended all sessions"),
        ("users delete alice other", "deleted user `other`"),
    ] {
        let before = newest().await;
        // The end of the input at a terminal is Ctrl-D.
        for (typed, code) in [("n\n", 1), ("\n", 1), ("yess\n", 1), ("", 1), ("\u{3}", 130)] {
            let said = shell.answering(line, typed).await;
            assert_eq!(said.code, code, "{line}, {typed:?}: {said:?}");
            assert_eq!(said.out.contains("nothing was changed"), code == 1, "{line}, {typed:?}: {said:?}");
            assert_eq!(newest().await, before, "{line}, {typed:?}");
        }
        let said = shell.answering(line, "y\n").await;
        assert!(said.ok().contains(done), "{line}: {said:?}");
        assert_ne!(newest().await, before, "{line}");
    }
}

#[tokio::test]
async fn sessions_and_pruned_objects_are_shown_before_they_go() {
    let app = App::spawn().await;
    app.user("alice").await;
    let shell = Shell::of_admin(&app).await;
    app.token(Some(("alice", PASSWORD)), "service=registry&offline_token=true&client_id=docker")
        .await
        .refresh_token();
    let said = shell.at_terminal("sessions revoke --all user:alice", "n\n").await;
    assert!(said.code == 1 && said.out.contains("docker"), "{said:?}");
    assert!(said.out.contains("end all sessions of user:alice (1)? [y/N]"), "{said:?}");
    let said = shell.at_terminal("sessions revoke --all user:alice", "y\n").await;
    assert!(said.ok().contains("ended all sessions of user:alice"), "{said:?}");

    let file = shell.home.path().join("port.yaml");
    std::fs::write(&file, PRUNED).unwrap();
    shell.at_terminal("apply port.yaml --owner git --prune", "").await.ok();
    std::fs::write(&file, "kind: user\nname: other\n").unwrap();
    let said = shell.at_terminal("apply port.yaml --owner git --prune", "n\n").await;
    assert!(
        said.code == 1 && said.out.contains("apply this plan, which deletes one object? [y/N]"),
        "{said:?}"
    );
    app.must("GET", "/users/kept", Value::Null).await;
    let said = shell.at_terminal("apply port.yaml --owner git --prune", "y\n").await;
    assert!(said.ok().contains("1 created, 0 changed, 1 deleted"), "{said:?}");
    assert_eq!(app.api_as(ADMIN, "GET", "/users/kept", None).await.status, 404);
}

#[tokio::test]
async fn verdicts_and_signs_have_colours_at_a_terminal_only_and_not_with_no_color() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.rule("web", json!({"subjects": ["user:alice"], "names": ["web/**"], "actions": ["pull"]})).await;
    let mut shell = Shell::of_admin(&app).await;
    let (green, red) = ("\u{1b}[32mgranted\u{1b}[0m", "\u{1b}[31mDENIED \u{1b}[0m");
    let asked = "explain user:alice repository:web/x:pull,push";
    let said = shell.at_terminal(asked, "").await;
    assert!(said.code == 3 && said.out.contains(green) && said.out.contains(red), "{said:?}");
    std::fs::write(shell.home.path().join("port.yaml"), PRUNED).unwrap();
    let said = shell.at_terminal("apply port.yaml --dry-run", "").await;
    assert!(said.out.contains("\u{1b}[32m+\u{1b}[0m user kept"), "{said:?}");
    let check = "config check --listen 127.0.0.1:0";
    let said = shell.at_terminal(check, "").await;
    assert!(said.ok().contains("\u{1b}[32mok     \u{1b}[0m  listen"), "{said:?}");
    let said = shell.at_terminal("status", "").await;
    assert!(said.ok().contains("\u{1b}[1mwarnings: none\u{1b}[0m"), "{said:?}");
    let lines = [asked, "apply port.yaml --dry-run", "users ls", check, "status", "bogus"];
    for line in lines {
        let said = shell.line(line).await;
        assert!(!(said.out + &said.err).contains('\u{1b}'), "{line}");
    }
    shell.set("NO_COLOR", "");
    assert!(shell.at_terminal(asked, "").await.out.contains(green), "an empty variable counts as absent");
    for (variable, value) in [("TERM", "dumb"), ("NO_COLOR", "1")] {
        let mut plain = Shell::of_admin(&app).await;
        std::fs::write(plain.home.path().join("port.yaml"), PRUNED).unwrap();
        plain.set(variable, value);
        for line in lines {
            let said = plain.at_terminal(line, "").await;
            assert!(!said.out.contains('\u{1b}'), "{variable}: {line}: {said:?}");
        }
    }
}

#[tokio::test]
async fn other_usual_words_do_as_well() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    for (alias, word) in [
        ("user ls", "users list"),
        ("robot ls", "robots list"),
        ("group ls", "groups list"),
        ("service show registry", "services show registry"),
        ("rule ls", "rules list"),
        ("access-key ls", "access-keys list"),
        ("session ls", "sessions list"),
    ] {
        assert_eq!(shell.line(alias).await.ok(), shell.line(word).await.ok(), "{alias}");
    }
    for name in ["a", "b", "c"] {
        app.must("PUT", &format!("/services/{name}"), json!({})).await;
    }
    let said = shell.line("service delete a b --yes").await;
    assert_eq!(said.ok(), "deleted service `a`\ndeleted service `b`\n");
    let said = shell.line("services delete c nothing nowhere --yes").await;
    said.fails_with(1, "there is no service `nothing`, there is no service `nowhere`: nothing was deleted");
    assert_eq!(shell.line("services delete c c --yes").await.ok(), "deleted service `c`\n");
    shell.line("rules create x --subject everyone --name x --action pull --not-after 2999-01-31").await.ok();
    assert_eq!(shell.line("rules show x -o json").await.json()["not_after"], "2999-01-31T00:00:00Z");
    let refused = shell.line("rules update x --not-after tomorrow").await;
    assert!(refused.fails_with_usage().contains("write a date (2030-01-31, in UTC)"), "{refused:?}");
}

#[tokio::test]
async fn the_folder_for_the_files_of_a_registry_is_made() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let folder = shell.home.path().canonicalize().unwrap().join("registry/files");
    let said = shell.line("services config registry --write registry/files").await;
    assert!(said.ok().contains(&format!("{}/portreeve-ca.crt", folder.display())), "{said:?}");
    assert!(folder.join("portreeve-ca.crt").is_file());
    std::fs::write(shell.home.path().join("file"), "").unwrap();
    shell
        .line("services config registry --write file/files")
        .await
        .fails_with(2, "cannot write into `file/files`");
    shell.line("services config registry --write new -o json").await.fails_with(2, "leave --output out");
    shell.line("services config nothing --write elsewhere").await.fails(1);
    assert!(
        !shell.home.path().join("elsewhere").exists(),
        "nothing is written for a service that does not exist"
    );
}

#[tokio::test]
async fn what_makes_a_registry_report_is_printed_and_works_but_for_its_key() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let said = shell.line("services config registry").await;
    assert!(!said.ok().contains("notifications"), "the printed command must work unedited: {said:?}");
    assert!(said.err.contains("#   notifications:"), "{said:?}");
    let said = shell.line("services config registry --events").await;
    let (auth, block) = said.ok().split_once("notifications:").unwrap();
    assert!(
        auth.starts_with("auth:") && block.contains("Authorization: [\"Bearer ACCESS_KEY\"]"),
        "{said:?}"
    );
    let url = format!("url: \"{}\"", app.url("/events/registry"));
    assert!(block.contains(&url), "{url}: {said:?}");
    shell.line("services config registry --events --format env").await.fails_with(2, "leave --format out");
    shell.line("services update registry --events=false").await.ok();
    shell.line("services config registry --events").await.fails_with(1, "`events: false`");
    assert!(!shell.line("services config registry").await.err.contains("notifications"));
}
