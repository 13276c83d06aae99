//! `export` and `apply`.

use crate::helpers::{ADMIN, App, PASSWORD};
use crate::program::Shell;
use serde_json::{Value, json};

/// Starts a server with every object that a file can contain, with unusual texts.
async fn full() -> App {
    let app = App::spawn().await;
    let odd =
        ["no", "1.0", "null", "~", "2030-01-31", " lead", "a: b", "#x", "\u{fc}\u{2028}\u{1f6a2}", "'\"\\"];
    app.must("PUT", "/users/alice", json!({"labels": {"team": odd, "k.1": ["x/y"]}, "password": PASSWORD}))
        .await;
    app.must("PUT", "/users/No", json!({"disabled": true, "managed_by": "1e3"})).await;
    app.must("PUT", "/users/0x1f", json!({"admin": true})).await;
    let robot =
        json!({"description": "yes", "expires_at": "2040-01-31T12:00:00.123456Z", "labels": {"a": ["b"]}});
    app.must("PUT", "/robots/ci@web", robot).await;
    let group = json!({"description": "- a list?", "members": ["user:alice", "robot:ci@web", "user:0x1f"]});
    app.must("PUT", "/groups/web", group).await;
    app.must("PUT", "/groups/empty", json!({})).await;
    let service = json!({"token_ttl": 60, "offline_tokens": false, "push_includes_pull": false, "password_grant": false, "events": false, "search": true, "crawl": {"registry": "https://registry.example.org", "robot": "ci@web", "ca_file": "/etc/ca.crt"}, "profile": "distribution-3"});
    app.must("PUT", "/services/Docker%20registry:5000%2Fx", service).await;
    let rule = json!({"effect": "deny", "subjects": ["everyone", "user:No"], "services": ["r*", "?x"], "type": "*",
        "names": ["**", "${group}/*", "a/${label:team}"], "actions": ["*", "pull"], "networks": ["10.0.0.0/8", "::1/128"],
        "not_before": "2026-01-01T00:00:00Z", "not_after": "2040-01-01T00:00:00Z", "priority": -5,
        "enabled": false, "description": "on", "managed_by": "git"});
    app.must("PUT", "/rules/0.odd", rule).await;
    let plain = json!({"subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"]});
    app.must("PUT", "/rules/web", plain).await;
    app
}

#[tokio::test]
async fn what_is_exported_and_applied_elsewhere_is_exported_byte_for_byte() {
    for form in ["yaml", "ndjson"] {
        let (one, other) = (full().await, App::spawn().await);
        let (here, there) = (Shell::of_admin(&one).await, Shell::of_admin(&other).await);
        let exported = here.line(&format!("export --format {form}")).await;
        let file = there.home.path().join(format!("port.{form}"));
        std::fs::write(&file, exported.ok()).unwrap();
        assert!(!exported.out.contains("$argon2") && !exported.out.contains(PASSWORD), "{}", exported.out);
        let said = there.line(&format!("apply port.{form}")).await;
        assert!(
            said.ok().ends_with("9 created, 0 changed, 0 deleted, 4 unchanged\n"),
            "{form}: {}",
            said.out
        );
        let again = there.line(&format!("export --format {form}")).await;
        assert_eq!(again.ok(), exported.out, "{form}");
        std::fs::write(here.home.path().join(format!("port.{form}")), &again.out).unwrap();
        let said = here.line(&format!("apply port.{form}")).await;
        assert!(said.ok().ends_with("0 created, 0 changed, 0 deleted, 13 unchanged\n"), "{}", said.out);
        let login = one.api_as(("alice", PASSWORD), "GET", "/me", None).await;
        assert_eq!(login.status, 200, "the password stays");
    }
}

#[tokio::test]
async fn an_export_is_short_ordered_and_can_be_narrowed() {
    let app = full().await;
    let shell = Shell::of_admin(&app).await;
    assert_eq!(
        shell.line("export --kind rule --managed-by git").await.ok(),
        "kind: rule\nname: \"0.odd\"\ndescription: \"on\"\neffect: deny\nsubjects:\n  - everyone\n  - \"user:No\"\n\
         services:\n  - \"r*\"\n  - \"?x\"\ntype: \"*\"\nnames:\n  - \"**\"\n  - \"${group}/*\"\n  - \"a/${label:team}\"\n\
         actions:\n  - \"*\"\n  - pull\nnetworks:\n  - \"10.0.0.0/8\"\n  - \"::1/128\"\n\
         not_before: \"2026-01-01T00:00:00Z\"\nnot_after: \"2040-01-01T00:00:00Z\"\npriority: -5\nenabled: false\n\
         managed_by: git\n"
    );
    let said = shell.line("export --kind user --kind group groups.yaml").await;
    assert_eq!((said.ok(), said.err.as_str()), ("", "wrote groups.yaml\n"));
    let text = std::fs::read_to_string(shell.home.path().join("groups.yaml")).unwrap();
    let kinds: Vec<&str> = text.lines().filter(|line| line.starts_with("kind: ")).collect();
    assert_eq!(kinds, [&["kind: user"; 4][..], &["kind: group"; 3][..]].concat());
    let said = shell.line("export --kind group --format ndjson").await;
    assert!(said.ok().contains("{\"kind\":\"group\",\"name\":\"empty\"}\n"), "{}", said.out);
}

#[tokio::test]
async fn an_export_as_json_is_one_list_of_the_same_objects() {
    let app = full().await;
    let shell = Shell::of_admin(&app).await;
    let list = shell.line("export -o json").await.json();
    let lines = shell.line("export --format ndjson").await;
    let lines: Vec<Value> = lines.ok().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(list, json!(lines));
    assert_eq!(shell.line("export -o json --managed-by nobody").await.json(), json!([]));
    assert_eq!(shell.line("export -o yaml").await.ok(), shell.line("export").await.ok());
    assert!(shell.line("export -o table").await.fails(2).contains("cannot be a table"));
    assert!(
        shell.line("export -o json --format yaml").await.fails(2).contains("either --format or --output")
    );
}

const RULES: &str = "\
kind: rule
name: web
subjects: [\"group:web\"]
names: [\"web/**\"]
actions: [pull, push]
---
kind: group
name: web
members: [\"user:alice\"]
";

#[tokio::test]
async fn a_dry_run_shows_the_changes_and_the_decisions_and_says_so_by_its_exit_code() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let write = |name: &str, text: &str| std::fs::write(shell.home.path().join(name), text).unwrap();
    shell.line("users create alice").await.ok();
    write("rules.yaml", RULES);
    let said = shell.line("apply rules.yaml --dry-run").await;
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(
        said.out,
        "+ rule web\n    actions: [pull, push]\n    effect: allow\n    enabled: true\n    names: [\"web/**\"]\n    \
         priority: 0\n    services: [\"*\"]\n    subjects: [\"group:web\"]\n    type: repository\n\
         + group web\n    + \"user:alice\"\n\
         decisions that change:\n  \
         group:web  repository web/**  pull  denied → granted  by rule `web`\n  \
         group:web  repository web/**  push  denied → granted  by rule `web`\n  \
         user:alice  repository web/**  pull  denied → granted  by rule `web`\n  \
         user:alice  repository web/**  push  denied → granted  by rule `web`\n\
         2 created, 0 changed, 0 deleted, 0 unchanged (dry run: nothing was done)\n"
    );
    assert_eq!(shell.line("rules show web").await.code, 1, "nothing was done");
    shell.line("apply rules.yaml").await.ok();
    shell.line("apply rules.yaml --dry-run").await.ok();
    write("rules.yaml", &RULES.replace("[pull, push]", "[pull]"));
    let said = shell.line("apply rules.yaml --dry-run").await;
    assert!(said.out.contains("~ rule web\n    actions: [pull, push] → [pull]\n"), "{}", said.out);
    assert!(said.out.contains("push  granted → denied\n"), "{}", said.out);
    let plan = shell.line("apply rules.yaml --dry-run -o json").await;
    assert_eq!(plan.code, 3);
    assert_eq!(serde_json::from_str::<Value>(&plan.out).unwrap()["summary"]["updated"], 1);
    write("odd.yaml", "kind: rule\nname: odd\nsubjects: [everyone]\nnames: [x]\nactions: [push]\n");
    let said = shell.line("apply odd.yaml").await;
    assert!(said.ok().contains("warning: rule `odd`: "), "{}", said.out);
}

#[tokio::test]
async fn what_is_refused_is_told_by_file_and_document_and_nothing_is_done() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let folder = shell.home.path().join("port");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("1.yaml"), "kind: user\nname: fine\n---\nkind: user\nname: also\n").unwrap();
    std::fs::write(folder.join("2.yaml"), "# good\nkind: user\nname: good\n---\nkind: rule\nname: bad\n")
        .unwrap();
    std::fs::write(folder.join("3.yaml"), "kind: user\nkind: user\n").unwrap();
    std::fs::write(folder.join("words.txt"), "not meant").unwrap();
    let said = shell.line("apply port").await;
    let lines: Vec<&str> = said.fails(1).lines().collect();
    assert!(
        lines.contains(&"portreeve: port/2.yaml: document 2 (rule bad): subjects: required, not empty"),
        "{said:?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("portreeve: port/3.yaml: document 1: ") && line.contains("twice")),
        "{said:?}"
    );
    assert_eq!(app.api("GET", "/users/fine", Value::Null).await.status, 404);
    std::fs::write(folder.join("4.jsonl"), "{}\n").unwrap();
    assert!(
        shell
            .line("apply port")
            .await
            .fails(2)
            .contains("apply files of different formats one after the other")
    );
    assert!(shell.line("apply nowhere.yaml").await.fails(1).contains("nowhere.yaml"));
    assert!(shell.line("apply port/1.yaml --prune").await.fails_with_usage().contains("--owner"));
    let said = shell.with_input(&["apply", "-", "--owner", "git"], "kind: user\nname: piped\n").await;
    assert!(said.ok().contains("+ user piped\n"), "{said:?}");
    let piped = app.must("GET", "/users/piped", Value::Null).await;
    assert_eq!(piped["managed_by"], "git");
    let said = shell
        .with_input(&["apply", "-", "--owner", "git", "--prune", "--yes"], "kind: user\nname: other\n")
        .await;
    assert!(
        said.ok().contains("- user piped\n") && said.out.contains("1 created, 0 changed, 1 deleted"),
        "{said:?}"
    );
    assert_eq!(app.api_as(ADMIN, "GET", "/users/piped", None).await.status, 404);
}
