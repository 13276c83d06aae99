//! Commands that ask about many things at once: checks, previews, filtered lists, members.

use crate::helpers::{App, PASSWORD};
use crate::program::Shell;
use serde_json::{Value, json};

async fn world() -> (App, Shell) {
    let app = App::spawn().await;
    app.user("alice").await;
    app.user("bob").await;
    app.must("PUT", "/groups/web", json!({"members": ["user:alice", "user:bob"]})).await;
    app.rule("web", json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"]}))
        .await;
    app.rule(
        "freeze",
        json!({"effect": "deny", "subjects": ["everyone"], "names": ["web/old/**"],
        "actions": ["push"]}),
    )
    .await;
    let shell = Shell::of_admin(&app).await;
    (app, shell)
}

#[tokio::test]
async fn check_answers_each_line_of_a_file() {
    let (app, shell) = world().await;
    let lines = "# what must hold\nuser:alice registry repository:web/a:pull,push\n\n\
        user:bob registry repository:web/old/x:pull,push\nanonymous registry repository:web/a:pull\n";
    let said = shell.with_input(&["check", "-"], lines).await;
    assert_eq!(said.code, 3, "{said:?}");
    let words: Vec<Vec<&str>> = said.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[1], ["user:alice", "registry", "repository:web/a:pull,push", "pull,push", "-"]);
    assert_eq!(words[2], ["user:bob", "registry", "repository:web/old/x:pull,push", "pull", "push"]);
    assert_eq!(words[3], ["anonymous", "registry", "repository:web/a:pull", "-", "pull"]);
    let file = shell.home.path().join("questions");
    std::fs::write(&file, "user:alice registry repository:web/a:pull\n".repeat(1001)).unwrap();
    let said = shell.line("check questions -o json").await;
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(said.json().as_array().unwrap().len(), 1001, "more questions than fit into one request");
    for (text, told) in [
        ("user:alice registry\n", "line 1: write SUBJECT SERVICE SCOPE"),
        ("\n# only words\n", "the file has no question"),
    ] {
        std::fs::write(&file, text).unwrap();
        assert!(shell.line("check questions").await.fails(2).contains(told), "{told}");
    }
    std::fs::write(
        &file,
        "\nuser:alice registry repository:a:pull\nuser:nobody registry repository:a:pull\n",
    )
    .unwrap();
    let said = shell.line("check questions").await;
    assert!(said.fails(1).contains("line 3") && said.err.contains("there is no user `nobody`"), "{said:?}");
    // A disabled user gets nothing.
    app.must("PATCH", "/users/alice", json!({"disabled": true})).await;
    let said = shell.with_input(&["check", "-"], "user:alice registry repository:web/a:pull\n").await;
    assert_eq!(said.code, 3, "{said:?}");
}

#[tokio::test]
async fn preview_tells_what_files_would_change_and_changes_nothing() {
    let (app, shell) = world().await;
    let rule = "kind: rule\nname: web\nsubjects: [\"group:web\"]\nnames: [\"web/**\"]\nactions: [pull]\n";
    std::fs::write(shell.home.path().join("rule.yaml"), rule).unwrap();
    let said = shell.line("preview rule.yaml").await;
    let told = said.ok();
    for part in [
        "~ rule web",
        "group:web  repository web/**  push  granted → denied",
        "1 changed",
        "nothing was done",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let dry = shell.line("apply rule.yaml --dry-run -o json").await;
    let dry_run: Value = serde_json::from_str(&dry.out).unwrap();
    assert_eq!((dry.code, dry_run), (3, shell.line("preview rule.yaml -o json").await.json()));
    assert_eq!(app.must("GET", "/rules/web", json!(null)).await["actions"], json!(["pull", "push"]));
    std::fs::write(shell.home.path().join("wrong.yaml"), format!("{rule}---\nkind: rule\nname: x\n"))
        .unwrap();
    let said = shell.line("preview wrong.yaml").await;
    assert!(said.fails(1).contains("wrong.yaml"), "{said:?}");
}

#[tokio::test]
async fn rules_and_members_are_narrowed_by_flags() {
    let (app, shell) = world().await;
    let names = async |line: &str| -> Vec<String> {
        let said = shell.line(&format!("{line} -o json")).await.json();
        let all = said.as_array().unwrap().iter();
        all.map(|one| one["name"].as_str().or(one["member"].as_str()).unwrap().to_owned()).collect()
    };
    for (line, expected) in [
        ("rules list --subject user:alice", &["freeze", "web"][..]),
        ("rules list --subject group:web", &["web"]),
        ("rules list --about web/old/x --effect deny", &["freeze"]),
        ("rules list --enabled=false", &[]),
        ("rules list --text WEB/OLD", &["freeze"]),
        ("rules list --prefix a --enabled", &["admins"]),
        ("groups members web", &["user:alice", "user:bob"]),
        ("groups members web --prefix b", &["user:bob"]),
        ("groups members web --limit 1", &["user:alice"]),
    ] {
        assert_eq!(names(line).await, expected, "{line}");
    }
    assert_eq!(shell.line("rules list --subject nobody-at-all").await.code, 2);
    shell.line("groups members nothing").await.fails_with(1, "there is no group `nothing`");
    assert_eq!(app.api_as(("alice", PASSWORD), "GET", "/me", None).await.status, 200);
}
