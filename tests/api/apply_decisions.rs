//! The decisions that an apply changes, as a dry run lists them.

use super::apply::{TEAM, YAML, applied};
use super::helpers::App;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_lists_what_a_deny_takes_away_whomever_it_names() {
    let app = App::spawn().await;
    app.must("PUT", "/users/alice", json!({})).await;
    let everybody =
        "kind: rule\nname: all\nsubjects: [authenticated]\nnames: [\"**\"]\nactions: [pull, push]\n";
    applied(&app, "", YAML, everybody).await;
    let freeze = "kind: rule\nname: freeze\neffect: deny\nsubjects: [everyone]\nnames: [\"release/**\"]\nactions: [push]\n";
    for (priority, lost) in [(0, &["*", "push"][..]), (10, &["*", "delete", "pull", "push"][..])] {
        let freeze = format!("{freeze}priority: {priority}\n");
        let plan = applied(&app, "?dry_run=true", YAML, &freeze).await;
        assert_eq!(plan["decisions_omitted"], 0);
        let rows = plan["decisions"].as_array().unwrap();
        let actions: Vec<&str> = rows.iter().map(|row| row["action"].as_str().unwrap()).collect();
        assert_eq!(actions, lost, "{rows:?}");
        for row in rows {
            let (selector, name, by) = (&row["selector"], &row["name"], &row["by"]);
            assert_eq!((selector, name, by), (&json!("everyone"), &json!("release/**"), &json!("freeze")));
            assert_eq!(
                (&row["before"], &row["after"], &row["partly"]),
                (&json!(true), &json!(false), &json!(true))
            );
            assert_eq!((&row["service"], &row["type"]), (&json!("*"), &json!("repository")));
        }
        let cases = |rows: &[Value]| -> Vec<(Value, String)> {
            let case = |row: &Value| {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let scope = format!("repository:{}:{}", text(&row["example"]["name"]), text(&row["action"]));
                (row["example"]["subject"].clone(), scope)
            };
            rows.iter().map(case).collect()
        };
        let granted = async |(subject, scope): &(Value, String)| {
            let asked = json!({"subject": subject, "service": "registry", "scope": scope});
            let answer = app.must("POST", "/check", asked).await;
            let action = scope.rsplit(':').next().unwrap().to_owned();
            let granted = answer["granted"].as_array().unwrap();
            granted.iter().any(|entry| entry["actions"].as_array().unwrap().contains(&json!(action)))
        };
        let cases = cases(rows);
        for case in &cases {
            assert!(granted(case).await, "{case:?}");
        }
        applied(&app, "", YAML, &freeze).await;
        for case in &cases {
            assert!(!granted(case).await, "{case:?}");
        }
        app.must("DELETE", "/rules/freeze", Value::Null).await;
    }
}

/// A disabled user loses all rights, and a group loses the rights of a pruned rule.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_lists_what_accounts_and_groups_lose() {
    let app = App::spawn().await;
    applied(&app, "?owner=git", YAML, TEAM).await;
    let lost = async |files: &str| {
        let plan = applied(&app, "?owner=git&prune=true&dry_run=true", YAML, files).await;
        assert_eq!(plan["decisions_omitted"], 0);
        let row = |row: &Value| {
            assert_eq!((&row["before"], &row["after"]), (&json!(true), &json!(false)), "{row}");
            let text = |field: &str| row[field].as_str().unwrap().to_owned();
            format!("{} {} {}", text("selector"), text("name"), text("action"))
        };
        plan["decisions"].as_array().unwrap().iter().map(row).collect::<Vec<_>>()
    };
    let disabled = TEAM.replace("kind: user\nname: wendy", "kind: user\nname: wendy\ndisabled: true");
    assert_ne!(disabled, TEAM);
    assert_eq!(lost(&disabled).await, ["user:wendy web/** pull", "user:wendy web/** push"]);
    let without =
        TEAM.split("---\n").filter(|one| !one.contains("kind: rule")).collect::<Vec<_>>().join("---\n");
    let other = format!(
        "{without}---\nkind: rule\nname: other\nsubjects: [\"user:nobody\"]\nnames: [x]\nactions: [pull]\n"
    );
    let all: Vec<String> = lost(&format!("{other}enabled: false\n")).await;
    assert_eq!(all, ["group:web web/** pull", "group:web web/** push"]);
}

/// Returns the changed decisions of a dry run, each as one text with its example.
async fn rows(app: &App, query: &str, file: &str) -> Vec<String> {
    let plan = applied(app, &format!("?dry_run=true{query}"), YAML, file).await;
    assert_eq!(plan["decisions_omitted"], 0, "{plan}");
    let row = |row: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let words = ["selector", "service", "name", "action"].map(|field| text(&row[field]));
        let example = ["subject", "name", "at", "asked"].map(|field| text(&row["example"][field]));
        let what = if row["after"] == true { "granted" } else { "denied" };
        format!("{} {what}: {}", words.join(" "), example.join(" ")).trim_end().to_owned()
    };
    plan["decisions"].as_array().unwrap().iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_lists_what_a_registry_changes_that_comes_goes_or_reads_push_otherwise() {
    let app = App::spawn().await;
    app.must("PUT", "/users/alice", json!({})).await;
    app.rule("work", json!({"subjects": ["user:alice"], "names": ["web/**"], "actions": ["pull", "push"]}))
        .await;
    let second = "kind: service\nname: second\n";
    let of_alice = |what: &str| {
        ["pull", "push"].map(|action| format!("user:alice second web/** {action} {what}: user:alice web/x"))
    };
    let made = rows(&app, "&owner=git", second).await;
    assert!(of_alice("granted").iter().all(|row| made.contains(row)), "{made:?}");
    assert!(made.contains(&"group:admins second ** * granted: user:admin x".to_owned()), "{made:?}");
    assert_eq!(made.len(), 3);
    applied(&app, "?owner=git", YAML, second).await;
    assert_eq!(rows(&app, "&owner=git", second).await, [""; 0]);
    let other = "kind: service\nname: other\n";
    let gone = rows(&app, "&owner=git&prune=true", other).await;
    assert!(of_alice("denied").iter().all(|row| gone.contains(row)), "{gone:?}");
    // The row names a question. The answers of `/check` to this question, before and after the apply, match the row.
    let alone = "kind: service\nname: registry\npush_includes_pull: false\n";
    let told = rows(&app, "", alone).await;
    assert_eq!(told, ["everyone registry ** pull denied: user:alice web/x  repository:web/x:push"]);
    let granted = async || {
        let asked = json!({"subject": "user:alice", "service": "registry", "scope": "repository:web/x:push"});
        app.must("POST", "/check", asked).await["granted"][0]["actions"].clone()
    };
    assert_eq!(granted().await, json!(["pull", "push"]));
    applied(&app, "", YAML, alone).await;
    assert_eq!(granted().await, json!(["push"]));
    assert_eq!(
        rows(&app, "", "kind: service\nname: registry\ntoken_ttl: 60\npush_includes_pull: false\n").await,
        [""; 0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_lists_what_a_robot_loses_that_ends_or_has_other_labels() {
    let app = App::spawn().await;
    app.must("PUT", "/robots/ci", json!({"labels": {"team": ["web"]}})).await;
    app.rule(
        "own",
        json!({"subjects": ["authenticated"], "names": ["${label:team}/*"], "actions": ["pull"]}),
    )
    .await;
    let robot = |more: &str| format!("kind: robot\nname: ci\n{more}");
    let row = |what: &str, name: &str, at: &str| {
        format!("robot:ci * ${{label:team}}/* pull {what}: robot:ci {name}/x {at}").trim_end().to_owned()
    };
    let web = "labels: {team: [web]}\n";
    let end = "2040-01-01T00:00:00Z";
    let ends = robot(&format!("{web}expires_at: {end}\n"));
    assert_eq!(rows(&app, "", &ends).await, [row("denied", "web", end)]);
    assert_eq!(rows(&app, "", &robot(&format!("{web}disabled: true\n"))).await, [row("denied", "web", "")]);
    let moved = rows(&app, "", &robot("labels: {team: [api]}\n")).await;
    assert_eq!(moved, [row("denied", "web", ""), row("granted", "api", "")]);
    assert_eq!(rows(&app, "", &robot(web)).await, [""; 0]);
}
