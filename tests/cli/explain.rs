//! `explain` and `who-can`.

use crate::helpers::App;
use crate::program::Shell;
use serde_json::json;

async fn port() -> (App, Shell) {
    let app = App::spawn().await;
    app.must("PUT", "/users/alice", json!({})).await;
    app.must("PUT", "/users/bob", json!({})).await;
    app.must("PUT", "/groups/team", json!({"members": ["user:alice"]})).await;
    app.rule("team", json!({"subjects": ["group:team"], "names": ["team/**"], "actions": ["pull", "push"]}))
        .await;
    app.rule(
        "freeze",
        json!({"effect": "deny", "subjects": ["everyone"], "names": ["team/release/**"], "actions": ["push"]}),
    )
    .await;
    let shell = Shell::of_admin(&app).await;
    (app, shell)
}

#[tokio::test]
async fn what_is_granted_is_explained_by_its_rules() {
    let (_app, shell) = port().await;
    let said = shell.line("explain user:alice repository:team/app:pull,push").await;
    assert_eq!(
        said.ok(),
        "user:alice at registry\n  repository team/app\n    pull     granted  by rule `team`\n    \
         push     granted  by rule `team`\n"
    );
    let said = shell.line("explain user:alice repository:team/release/1:pull,push").await;
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.out.contains("pull     granted  by rule `team`\n"), "{}", said.out);
    assert!(said.out.contains("push     DENIED   rule `freeze` denies it\n"), "{}", said.out);
    assert!(!said.out.contains("rules create"), "no rule is suggested against a deny: {}", said.out);
    assert!(
        said.out.ends_with(
            "to look at rule `freeze`: portreeve rules show freeze\n\
             to switch rule `freeze` off for everybody: portreeve rules update freeze --enabled=false\n"
        ),
        "{}",
        said.out
    );
}

/// The suggested rule does not contain the denied actions. The printed lines say so.
#[tokio::test]
async fn a_deny_is_followed_by_what_to_look_at_and_how_to_narrow_it() {
    let (app, shell) = port().await;
    let scope = "repository:team/release/1:*";
    let said = shell.line(&format!("explain user:alice {scope}")).await;
    let lines: Vec<&str> = said.out.lines().filter(|line| line.starts_with("to ")).collect();
    let allow = "portreeve rules create alice-team-release-1 --subject user:alice --name team/release/1 --action delete";
    assert_eq!(
        lines,
        [
            format!("to allow delete: {allow}").as_str(),
            "to look at rule `freeze`: portreeve rules show freeze",
            "to switch rule `freeze` off for everybody: portreeve rules update freeze --enabled=false",
        ]
    );
    app.must("PATCH", "/rules/freeze", json!({"actions": ["push", "delete"]})).await;
    let said = shell.line(&format!("explain user:alice {scope}")).await;
    assert!(
        said.out.ends_with(
            "to switch rule `freeze` off for everybody: portreeve rules update freeze --enabled=false\n"
        ),
        "{said:?}"
    );
    let said = shell.line("explain user:alice repository:team/release/1:pull,push").await;
    let narrow = "portreeve rules update freeze --remove-action push";
    assert!(
        said.out.ends_with(&format!("to stop rule `freeze` from denying push to anybody: {narrow}\n")),
        "{said:?}"
    );
    shell.script(narrow).await.ok();
    shell.line("explain user:alice repository:team/release/1:pull,push").await.ok();
    app.must("DELETE", "/rules/freeze", serde_json::Value::Null).await;
    shell.script(allow).await.ok();
    let said = shell.line("explain user:alice repository:team/release/1:delete").await;
    assert!(said.ok().contains("delete   granted"), "{said:?}");
}

#[tokio::test]
async fn what_is_not_granted_is_explained_by_what_comes_near_and_how_to_allow_it() {
    let (app, shell) = port().await;
    let said = shell.line("explain user:bob repository:team/app:pull,push").await;
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.out.contains("rule `team` would, but its subjects do not include user:bob\n"),
        "{}",
        said.out
    );
    assert!(
        said.out.ends_with(
            "to allow it: portreeve rules create bob-team-app --subject user:bob --name team/app --action pull,push\n"
        ),
        "{}",
        said.out
    );
    let said = shell.line("explain user:alice repository:other/app:pull").await;
    assert!(said.out.contains("rule `team` would, but its names do not match `other/app`\n"), "{}", said.out);
    let said = shell.line("explain user:alice repository:team/app:delete").await;
    assert!(
        said.out.contains("rule `team` matches, but its actions do not include `delete`\n"),
        "{}",
        said.out
    );
    let office = json!({"subjects": ["user:bob"], "names": ["office/**"], "actions": ["pull"], "networks": ["10.0.0.0/8"]});
    app.rule("office", office).await;
    let said = shell.line("explain user:bob repository:office/a:pull --from 203.0.113.9").await;
    assert!(said.out.contains("rule `office` would, but not from 203.0.113.9\n"), "{}", said.out);
    shell.line("explain user:bob repository:office/a:pull --from 10.1.1.1").await.ok();
    let said = shell.line("explain anonymous registry:catalog:*").await;
    assert!(said.code == 3 && said.out.contains("--type registry --name catalog --action '*'"), "{said:?}");
}

#[tokio::test]
async fn the_disabled_the_unknown_and_the_malformed_are_told_first() {
    let (app, shell) = port().await;
    app.must("PATCH", "/users/alice", json!({"disabled": true})).await;
    let said = shell.line("explain user:alice repository:team/app:pull").await;
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.out.contains("nothing is granted: the subject is disabled"), "{}", said.out);
    let said = shell.line("explain user:nobody repository:team/app:pull").await;
    assert!(said.fails(1).contains("there is no user `nobody`"), "{said:?}");
    let said = shell.line("explain user:bob nonsense").await;
    assert!(
        said.code == 3 && said.out.contains("  ignored `nonsense`: not a scope: write TYPE:"),
        "{said:?}"
    );
    let said = shell.line("explain robot:alice repository:team/app:pull").await;
    assert!(said.fails(1).contains("there is no robot `alice`, but there is `user:alice`"), "{said:?}");
    let said = shell.line("explain user:Alice repository:team/app:pull").await;
    assert!(said.fails(1).contains("there is no user `Alice`, but there is `user:alice`"), "{said:?}");
    app.must("PUT", "/services/second", json!({})).await;
    let said = shell.line("explain user:bob repository:a:pull").await;
    assert!(said.fails(2).contains("which service? name it with --service: registry, second"), "{said:?}");
    let said = shell.line("explain user:bob repository:a:pull --service second -o json").await;
    assert_eq!(said.code, 3);
    let answer: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&answer["service"], &answer["granted"]), (&json!("second"), &json!([])));
}

#[tokio::test]
async fn what_is_malformed_is_named_and_makes_the_exit_code_3() {
    let (_app, shell) = port().await;
    for (scope, line) in [
        (
            "repository:team/app:Pull",
            "ignored `repository:team/app:Pull`: actions are lower case: write `pull`",
        ),
        (
            "repository:team/app:",
            "ignored `repository:team/app:`: an empty action: name one after the last `:`",
        ),
        ("repository:team/app:pull,", "ignored `repository:team/app:`: an empty action at a comma"),
        ("repository:Team/App:pull", "ignored `repository:Team/App:pull`: repository names are lower case"),
        ("repository:/team/app:pull", "a leading slash: write `team/app`"),
        ("artifact-repository:team/app:pull", "unknown form of type"),
    ] {
        let said = shell.line(&format!("explain user:alice {scope}")).await;
        assert!(said.code == 3 && said.out.contains(line), "{scope}: {said:?}");
    }
    let said = shell.run(&["explain", "user:alice", "repository:team/app:pull, push"]).await;
    assert!(said.code == 3 && said.out.contains("ignored `push`: a space after a comma"), "{said:?}");
    assert!(said.out.contains("pull     granted  by rule `team`\n"), "{}", said.out);
}

#[tokio::test]
async fn who_can_lists_selectors_and_subjects() {
    let (_app, shell) = port().await;
    assert_eq!(
        shell.line("who-can push repository:team/app").await.ok(),
        "SELECTOR      RULE    CONDITION\ngroup:admins  admins  -\ngroup:team    team    -\n"
    );
    assert_eq!(
        shell.line("who-can push repository:team/app --expand").await.ok(),
        "SUBJECT     RULE\nuser:admin  admins\nuser:alice  team\n"
    );
    let said = shell.line("who-can push repository:team/release/1 --expand").await;
    assert_eq!(said.ok(), "nobody may push repository:team/release/1\n");
    assert!(shell.line("who-can push team").await.fails(2).contains("write TYPE:NAME"));
    let list = shell.line("who-can pull repository:team/app -o json").await.json();
    assert_eq!(list[1], json!({"selector": "group:team", "rule": "team", "condition": null}));
}

/// The command refuses an empty scope or an impossible subject.
#[tokio::test]
async fn an_empty_scope_and_a_subject_that_is_none_are_refused() {
    let (_app, shell) = port().await;
    for args in [
        ["whoami", "--can", ""].as_slice(),
        &["whoami", "--can", "  "],
        &["explain", "user:alice", ""],
        &["explain", "user:alice", "repository:q:pull", " "],
        &["explain", ""],
    ] {
        let said = shell.run(args).await;
        assert!(said.fails(2).contains("a scope is empty: write TYPE:NAME:ACTION"), "{args:?}: {said:?}");
    }
    for line in ["explain users:alice repository:q:pull", "explain repository:q", "explain group:team a:b:c"]
    {
        let said = shell.line(line).await;
        assert!(said.fails(2).contains("write user:NAME, robot:NAME or anonymous"), "{line}: {said:?}");
    }
}

/// The matching rules of the highest priority decide alone. If only rules of a lower priority allow the action, a
/// narrower deny grants nothing. So the command also moves the deny to their priority.
#[tokio::test]
async fn a_deny_that_hides_the_rule_that_allows_is_narrowed_and_moved_to_its_tier() {
    let (app, shell) = port().await;
    let hide = json!({"actions": ["push", "delete"], "priority": 10});
    app.must("PATCH", "/rules/freeze", hide).await;
    let question = "explain user:alice repository:team/release/1:pull,push";
    let said = shell.line(question).await;
    assert_eq!(said.code, 3, "{said:?}");
    for part in [
        "pull     DENIED   no rule allows it; closest rules:\n",
        "        rule `team` would, but rule `freeze` decides alone, with the higher priority 10\n",
        "push     DENIED   rule `freeze` denies it; its priority 10 hides rule `team`\n",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    let (lower, narrow) = (
        "portreeve rules update freeze --priority=0",
        "portreeve rules update freeze --remove-action push --priority=0",
    );
    let expected = format!(
        "to let rule `team` allow pull, for everybody: {lower}\nto look at rule `freeze`: portreeve rules show freeze\n\
         to stop rule `freeze` from denying push to anybody: {narrow}\n"
    );
    assert!(said.out.ends_with(&expected), "{}", said.out);
    shell.script(lower).await.ok();
    let said = shell.line(question).await;
    assert!(said.code == 3 && said.out.contains("pull     granted"), "{said:?}");
    app.must("PATCH", "/rules/freeze", json!({"priority": 10})).await;
    shell.script(narrow).await.ok();
    shell.line(question).await.ok();
    assert!(shell.line("explain user:alice repository:team/release/1:delete").await.out.contains("DENIED"));
}

/// A rule that denies a single action cannot deny less. It must be disabled, or the allowing rule must get a higher
/// priority.
#[tokio::test]
async fn a_deny_of_one_action_that_hides_a_rule_can_be_passed_by_that_rule() {
    let (app, shell) = port().await;
    app.must("PATCH", "/rules/freeze", json!({"priority": 10})).await;
    let question = "explain user:alice repository:team/release/1:push";
    let said = shell.line(question).await;
    let (off, pass) =
        ("portreeve rules update freeze --enabled=false", "portreeve rules update team --priority=11");
    let expected = format!(
        "to switch rule `freeze` off for everybody: {off}\nto let rule `team` decide before rule `freeze` for everybody: {pass}\n"
    );
    assert!(said.code == 3 && said.out.ends_with(&expected), "{said:?}");
    for command in [off, pass] {
        app.must("PATCH", "/rules/freeze", json!({"priority": 10, "enabled": true})).await;
        app.must("PATCH", "/rules/team", json!({"priority": 0})).await;
        shell.script(command).await.ok();
        shell.line(question).await.ok();
    }
    // If several rules of the deny's priority match, moving one of them does not help.
    app.must("PATCH", "/rules/freeze", json!({"priority": 10, "enabled": true})).await;
    app.must("PATCH", "/rules/team", json!({"priority": 0})).await;
    let other =
        json!({"subjects": ["user:alice"], "names": ["team/**"], "actions": ["delete"], "priority": 10});
    app.rule("other", other).await;
    let said = shell.line("explain user:alice repository:team/release/1:pull").await;
    assert!(
        said.out.contains("rules `freeze`, `other` decide alone, with the higher priority 10"),
        "{}",
        said.out
    );
    let create = "portreeve rules create alice-team-release-1 --subject user:alice --name team/release/1 --action pull \
                  --priority=10";
    assert!(said.out.ends_with(&format!("to allow it: {create}\n")), "{}", said.out);
    shell.script(create).await.ok();
    shell.line("explain user:alice repository:team/release/1:pull").await.ok();
}
