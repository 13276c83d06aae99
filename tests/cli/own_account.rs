//! Commands that people use for their own account: their password and their rights. Also invitations, and a login by
//! browser.

use crate::helpers::{App, PASSWORD, Setup};
use crate::program::Shell;
use portreeve::config::FlagSettings;
use serde_json::{Value, json};

const NEW: &str = "a new and perfectly long one";

/// Starts a server, and logs alice in, who is not an administrator.
async fn of_alice() -> (App, Shell) {
    let app = App::spawn().await;
    app.user("alice").await;
    app.rule("of-alice", json!({"subjects": ["user:alice"], "names": ["a/**"], "actions": ["pull"]})).await;
    let shell = Shell::new();
    shell.with_input(&["login", &app.url(""), "--user", "alice"], PASSWORD).await.ok();
    (app, shell)
}

#[tokio::test]
async fn people_change_their_own_password() {
    let (app, shell) = of_alice().await;
    let line = ["users", "set-password"];
    let said = shell.with_input(&line, &format!("not it, surely not\n{NEW}\n")).await;
    said.fails_with(1, "the current password is wrong: nothing was changed");
    let said = shell.with_input(&line, &format!("{PASSWORD}\nshort\n")).await;
    let words =
        "a password needs at least 15 characters: letters, digits, spaces and other signs count alike";
    assert_eq!(said.fails(1), format!("portreeve: {words}\n"));
    for input in [format!("{PASSWORD}\n"), PASSWORD.to_owned(), format!("{PASSWORD}\n\n")] {
        let said = shell.with_input(&line, &input).await;
        said.fails_with(2, "the new password is missing: ");
        said.fails_with(2, "the second line of standard input, after the current one");
    }
    shell.with_input(&line, "").await.fails_with(2, "no password was given");
    let said = shell.with_input(&line, &format!("{PASSWORD}\n{NEW}\n")).await;
    assert_eq!(said.ok(), "set your password and ended your sessions; your access keys keep working\n");
    assert_eq!(app.api_as(("alice", NEW), "GET", "/me", None).await.status, 200);
    shell.line("whoami").await.ok();
    shell.line("users set-password --remove").await.fails_with_usage();
}

#[tokio::test]
async fn a_robot_has_no_password() {
    let app = App::spawn().await;
    let key = app.robot("ci", Value::Null).await;
    let mut shell = Shell::new();
    shell.set("PORTREEVE_TOKEN", &key);
    shell.set("PORTREEVE_URL", &app.url(""));
    shell.line("users set-password").await.fails_with(1, "robots have access keys, no password");
}

#[tokio::test]
async fn people_ask_what_they_may_themselves() {
    let (app, shell) = of_alice().await;
    let said = shell.line("explain repository:a/b:pull").await;
    assert_eq!(
        said.ok(),
        "user:alice at registry\n  repository a/b\n    pull     granted  by rule `of-alice`\n"
    );
    let said = shell.line("explain repository:a/b:pull,push repository:x:pull").await;
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.out.contains("rule `of-alice` matches, but its actions do not include `push`\n"),
        "{said:?}"
    );
    assert!(!said.out.contains("admins") && !said.out.contains("rules create"), "{said:?}");
    assert_eq!(shell.line("explain nonsense").await.code, 3);
    shell
        .line("explain repository:a/b:pull --at 2030-01-31T12:00:00Z")
        .await
        .fails_with(2, "name the subject");
    shell
        .line("explain user:alice")
        .await
        .fails_with(2, "name a scope, TYPE:NAME:ACTION, for example repository:team/app:pull");
    for (line, instead) in [
        ("explain user:bob repository:a/b:pull", "portreeve explain repository:a/b:pull"),
        (
            "explain user:bob --service registry repository:a/b:*",
            "portreeve explain --service registry 'repository:a/b:*'",
        ),
        ("who-can pull repository:a/b", "portreeve whoami --can repository:a/b:pull"),
        ("status", "portreeve whoami --can repository:team/app:push"),
        ("users list", "portreeve explain repository:team/app:push"),
        ("rules create x --subject everyone --name a/b --action pull", "portreeve whoami"),
    ] {
        let said = shell.line(line).await;
        let text = said.fails(1);
        assert!(
            text.starts_with("portreeve: only administrators may do this: ask an administrator\n"),
            "{text}"
        );
        assert!(text.contains(&format!("`{instead}`")) && !text.contains("/me"), "{line}: {text}");
    }
    app.must("PUT", "/services/second", json!({})).await;
    shell
        .line("explain repository:a/b:pull")
        .await
        .fails_with(1, "service: required, because there are several services, or none");
    shell.line("explain repository:a/b:pull --service second").await.ok();
}

#[tokio::test]
async fn whoami_can_answers_by_its_exit_code() {
    let (_app, shell) = of_alice().await;
    shell.line("whoami --can repository:a/b:pull").await.ok();
    shell.line("whoami --can repository:a/b:pull --service registry").await.ok();
    for line in [
        "whoami --can repository:a/b:push",
        "whoami --can repository:a/b:pull --can repository:x:pull",
        "whoami --can nonsense",
    ] {
        assert_eq!(shell.line(line).await.code, 3, "{line}");
    }
    let said = shell.line("whoami --can repository:a/b:push -o json").await;
    let answer: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (said.code, &answer["granted"]),
        (3, &json!([{"type": "repository", "name": "a/b", "actions": ["pull"]}]))
    );
    shell.line("whoami --service registry").await.fails_with_usage();
    let said = shell.line("whoami --can push").await;
    let told =
        "ignored `push`: not a scope: write TYPE:NAME:ACTION[,ACTION], such as `repository:team/app:pull`";
    assert!(said.code == 3 && said.out.contains(told), "{said:?}");
}

#[tokio::test]
async fn whoami_can_be_silent() {
    let (_app, shell) = of_alice().await;
    for (scope, code) in [("repository:a/b:pull", 0), ("repository:a/b:push", 3), ("push", 3)] {
        for quiet in ["--quiet", "-q"] {
            let said = shell.run(&["whoami", "--can", scope, quiet]).await;
            assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (code, "", ""), "{scope}");
        }
    }
    shell.line("whoami --quiet").await.fails_with_usage();
    shell.line("whoami --can repository:a/b:pull --quiet -o json").await.fails_with(2, "leave --output out");
    let said = shell.line("whoami --can repository:a/b:pull --quiet --service nowhere").await;
    said.fails_with(1, "nowhere");
}

#[tokio::test]
async fn whoami_shows_one_thing_a_row() {
    let (app, shell) = of_alice().await;
    let said = shell.line("whoami").await;
    for row in [
        "subject            user:alice\n",
        "access key id      0",
        "access key scopes  all that you may do\n",
    ] {
        assert!(said.ok().contains(row) && !said.out.contains('='), "{row}: {said:?}");
    }
    let body = json!({"name": "narrow", "scopes": ["repository:a/**:pull"]});
    let key = app.must("POST", "/users/alice/access-keys", body).await;
    let mut narrow = Shell::new();
    narrow.set("PORTREEVE_URL", &app.url(""));
    narrow.set("PORTREEVE_TOKEN", key["secret"].as_str().unwrap());
    let said = narrow.line("whoami").await;
    assert!(said.ok().contains("access key scopes  repository:a/**:pull\n"), "{said:?}");
}

#[tokio::test]
async fn an_invitation_is_one_line_to_send() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let said = shell.line("users invite dave").await;
    assert!(said.fails(1).contains("there is no user `dave`"), "{said:?}");
    let said = shell.line("users invite dave --create").await;
    let link = said.ok().trim_end().to_owned();
    assert!(link.starts_with(&app.url("/signin/invite/ptr_i_")) && !link.contains('\n'), "{said:?}");
    assert!(said.err.contains("Send this link to dave alone"), "{said:?}");
    let again = shell.line("users invite dave --create --output json").await.json();
    assert!(again["url"].as_str().unwrap() != link && again["expires_at"].is_string(), "{again}");
    assert!(shell.line("users invitations").await.ok().contains("dave"));
    assert!(shell.line("users invite dave --withdraw").await.ok().contains("its link has ended"));
    assert!(shell.line("users invite dave --withdraw").await.fails(1).contains("there is no invitation"));
    app.user("alice").await;
    assert!(shell.line("users invite alice").await.fails(1).contains("has a password already"));
    let shell = Shell::new();
    shell.with_input(&["login", &app.url(""), "--user", "alice"], PASSWORD).await.ok();
    assert!(shell.line("users invite dave").await.fails(1).contains("only administrators"));
}

#[tokio::test]
async fn a_login_by_browser_needs_a_server_that_has_pages() {
    let flags =
        FlagSettings { realm: Some("http://auth.example.org/token".to_owned()), ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    let said = Shell::new().run(&["login", &app.url("")]).await;
    assert!(said.fails(1).contains("need https") && said.err.contains("--public-url"), "{said:?}");
    let said = Shell::new().run(&["login", "http://192.0.2.1"]).await;
    assert!(said.fails(1).contains("--insecure-http"), "{said:?}");
    let said = Shell::new().run(&["login", &app.url(""), "--days", "3"]).await;
    assert!(said.fails(2).contains("--days needs --user"), "{said:?}");
}
