//! Lint has no warning for a rule that `explain` suggests, and the rule grants what the line of `explain` promises. If
//! no registry asks for the action, the line says so instead.

use crate::helpers::App;
use crate::program::Shell;
use serde_json::{Value, json};

/// The subjects of the questions. Each set of rules is tried with every subject and every scope.
const SUBJECTS: [&str; 3] = ["user:bob", "robot:ci", "anonymous"];
const SCOPES: [&str; 14] = [
    "repository:team/app:pull",
    "repository:team/app:push",
    "repository:team/app:pull,push,delete",
    "repository:team/app:delete",
    "repository:team/app:*",
    "repository:team/app:read",
    "repository:team/app:pull,write",
    "repository:localhost:5000/team/app:pull",
    "repository:catalog:*",
    "repository:catalog:pull",
    "repository:catalog:push",
    "registry:catalog:*",
    "registry:catalog:read",
    "images:team/app:pull",
];

/// Returns the sets of existing rules. An entry is the name and the fields of a rule.
fn worlds() -> Vec<Vec<(&'static str, Value)>> {
    let team = |fields: Value| {
        let mut rule = json!({"subjects": ["authenticated"], "names": ["team/**"], "actions": ["pull"]});
        rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        rule
    };
    let freeze = team(json!({"effect": "deny", "subjects": ["everyone"], "actions": ["push"]}));
    let above = |mut rule: Value, priority: i32| {
        rule["priority"] = json!(priority);
        rule
    };
    vec![
        vec![],
        vec![("team", team(json!({})))],
        vec![("team", team(json!({"actions": ["pull", "push"]}))), ("freeze", freeze.clone())],
        vec![("team", team(json!({"actions": ["pull", "push"]}))), ("freeze", above(freeze.clone(), 10))],
        vec![("freeze", above(freeze, 10))],
        vec![("top", team(json!({"priority": 3}))), ("team", team(json!({"actions": ["push", "delete"]})))],
        vec![("low", team(json!({"priority": -4, "subjects": ["user:bob"]})))],
        vec![("near", team(json!({"networks": ["10.0.0.0/8"], "priority": 2})))],
        vec![("open", team(json!({"subjects": ["anonymous"]})))],
    ]
}

/// Returns the codes of lint's warnings about a rule.
async fn codes(app: &App, rule: &str) -> Vec<Value> {
    let rule = app.must("GET", &format!("/rules/{rule}"), Value::Null).await;
    rule["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lint_has_nothing_to_say_of_a_rule_that_explain_suggests() {
    let app = App::spawn().await;
    app.user("bob").await;
    app.must("PUT", "/robots/ci", json!({})).await;
    let shell = Shell::of_admin(&app).await;
    let mut made = 0;
    for rules in worlds() {
        for (name, rule) in &rules {
            app.rule(name, rule.clone()).await;
        }
        for (subject, scope) in SUBJECTS.iter().flat_map(|one| SCOPES.map(|scope| (*one, scope))) {
            let said = shell.line(&format!("explain {subject} {scope}")).await;
            let suggestions = said.out.lines().filter(|line| line.contains(": portreeve rules create "));
            for line in suggestions {
                let (what, command) = line.split_once(": portreeve").unwrap();
                shell.script(&format!("portreeve{command}")).await.ok();
                let rule = command.split(' ').nth(3).unwrap();
                let doubts = codes(&app, rule).await;
                assert!(doubts.is_empty(), "{rules:?} {subject} {scope}: {line}: {doubts:?}");
                let again = shell.line(&format!("explain {subject} {scope} -o json")).await.out;
                let again: Value = serde_json::from_str(&again).unwrap();
                let what = what.strip_prefix("to allow ").unwrap();
                for one in again["why"].as_array().unwrap() {
                    let is_named = what == "it" || what.split(" and ").any(|action| one["action"] == action);
                    assert!(
                        !is_named || one["granted"] == true,
                        "{rules:?} {subject} {scope}: {line}: {one}"
                    );
                }
                app.must("DELETE", &format!("/rules/{rule}"), Value::Null).await;
                made += 1;
            }
        }
        for (name, _) in &rules {
            app.must("DELETE", &format!("/rules/{name}"), Value::Null).await;
        }
    }
    assert!(made > 100, "only {made} rules were tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_registry_asks_for_is_told_and_no_rule_is_suggested_for_it() {
    let app = App::spawn().await;
    app.user("bob").await;
    let shell = Shell::of_admin(&app).await;
    for (question, lines) in [
        (
            "user:bob repository:localhost:5000/team/app:pull",
            "registries leave out the host in front of the name `localhost:5000/team/app`; ask for `team/app`\n",
        ),
        (
            "user:bob repository:team/app:read",
            "no registry asks for `read` on the type `repository`; ask for `pull`\n",
        ),
        (
            "user:bob repository:team/app:pull,write",
            "no registry asks for `write` on the type `repository`; ask for `push`\n\
             to allow pull: portreeve rules create bob-team-app --subject user:bob --name team/app --action pull\n",
        ),
        ("user:bob images:a:pull", "no registry asks about the type `images`; ask about `repository`\n"),
        (
            "user:bob repository:catalog:*",
            "`catalog` under the type `repository` is one repository of that name; for the list of all repositories ask for \
             `registry:catalog:*`\n",
        ),
        (
            "anonymous repository:team/app:pull,push",
            "people who do not sign in should only pull: ask about the user or robot who shall do more\n\
             to allow pull: portreeve rules create anonymous-team-app --subject everyone --name team/app --action pull\n",
        ),
        (
            "user:bob repository:team/app:push",
            "to allow it: portreeve rules create bob-team-app --subject user:bob --name team/app --action pull,push\n",
        ),
    ] {
        let said = shell.line(&format!("explain {question}")).await;
        assert!(said.code == 3 && said.out.ends_with(lines), "{question}: {said:?}");
        let suggested = said.out.matches("portreeve").count();
        assert_eq!(suggested, lines.matches("portreeve").count(), "{question}: {}", said.out);
    }
}
