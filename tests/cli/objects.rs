//! The commands for users, robots, groups, services and rules.

use crate::helpers::{App, PASSWORD};
use crate::program::Shell;
use serde_json::{Value, json};

#[tokio::test]
async fn users_live_through_their_commands() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let said = shell
        .with_input(
            &["users", "create", "alice", "--password", "--label", "team=web"],
            &format!("{PASSWORD}\nx\n"),
        )
        .await;
    assert_eq!(said.ok(), "created user `alice`\n");
    assert_eq!(app.api_as(("alice", PASSWORD), "GET", "/me", None).await.status, 200);
    let said = shell.line("users create alice").await;
    assert!(said.fails(1).contains("there is a user `alice` already"), "{said:?}");
    assert!(said.err.contains("users update"), "{said:?}");

    shell.line("users update alice --add-label team=api --add-label site=x --managed-by hand").await.ok();
    let alice = shell.line("users update alice --remove-label site --disabled -o json").await;
    assert_eq!(alice.json()["labels"], json!({"team": ["api", "web"]}));
    assert_eq!(alice.err, "updated user `alice`\n");
    shell.line("users update alice --disabled=false --label tier=1").await.ok();
    let alice = shell.line("users show alice -o json").await.json();
    assert_eq!(
        (&alice["labels"], &alice["disabled"], &alice["managed_by"]),
        (&json!({"tier": ["1"]}), &json!(false), &json!("hand"))
    );
    assert!(shell.line("users update alice").await.fails(2).contains("nothing to change"));

    let said = shell.with_input(&["users", "set-password", "alice"], "short\n").await;
    said.fails_with(1, "a password needs at least 15 characters");
    shell.with_input(&["users", "set-password", "alice"], "another perfectly long one\n").await.ok();
    assert_eq!(app.api_as(("alice", "another perfectly long one"), "GET", "/me", None).await.status, 200);
    shell.line("users set-password alice --remove").await.ok();

    app.user("bob").await;
    assert_eq!(
        shell.line("users list").await.ok(),
        "NAME   ADMIN  DISABLED  HAS PASSWORD  GROUPS  LABELS\n\
         admin  yes    no        yes           admins  -\n\
         alice  no     no        no            -       tier=1\n\
         bob    no     no        yes           -       -\n"
    );
    let names = |said: crate::program::Said| {
        let list = said.json();
        list.as_array()
            .unwrap()
            .iter()
            .map(|user| user["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(shell.line("users list --prefix a --output json").await), ["admin", "alice"]);
    assert_eq!(names(shell.line("users list --limit 2 --output json").await), ["admin", "alice"]);
    assert!(shell.line("users list -o yaml").await.ok().starts_with("- admin: true\n  created_at: \"2"));
    assert_eq!(shell.line("users delete bob --yes").await.ok(), "deleted user `bob`\n");
    assert!(shell.line("users show bob").await.fails(1).contains("there is no user `bob`"));
}

#[tokio::test]
async fn lists_go_on_to_the_last_page() {
    let app = App::spawn().await;
    for number in 0..1003 {
        let name = format!("s{number:04}");
        app.must("PUT", &format!("/services/{name}"), json!({})).await;
    }
    let shell = Shell::of_admin(&app).await;
    let count = |said: crate::program::Said| said.json().as_array().unwrap().len();
    assert_eq!(count(shell.line("services list --prefix s -o json").await), 1003);
    assert_eq!(count(shell.line("services list --limit 1001 -o json").await), 1001);
}

#[tokio::test]
async fn rules_and_what_they_name() {
    let app = App::spawn().await;
    app.user("alice").await;
    let shell = Shell::of_admin(&app).await;
    shell.line("groups create web --member user:alice --description team").await.ok();
    let said = shell
        .line("rules create web --subject group:web --subject user:alice --name web/** --name x --action pull,push")
        .await;
    assert_eq!(said.ok().lines().next(), Some("created rule `web`"));
    let said = shell.line("rules create bad --subject user:alice --name x** --action PULL").await;
    assert_eq!(said.fails(1).lines().count(), 2, "one line for each field: {said:?}");
    assert!(
        said.err.contains("portreeve: names[0]: ") && said.err.contains("portreeve: actions[0]: "),
        "{said:?}"
    );

    shell.line("rules update web --add-name y --remove-name x --remove-action push --priority -3").await.ok();
    let rule = shell.line("rules show web -o json").await.json();
    assert_eq!(
        (&rule["names"], &rule["actions"], &rule["priority"]),
        (&json!(["web/**", "y"]), &json!(["pull"]), &json!(-3))
    );
    assert!(shell.line("rules update web --remove-name x").await.fails(1).contains("`x` is not in names"));
    shell.line("rules update web --name z --network 10.0.0.0/8 --not-after 2999-01-01T00:00:00Z").await.ok();
    shell.run(&["rules", "update", "web", "--network", "", "--not-after", ""]).await.ok();
    let rule = shell.line("rules show web -o json").await.json();
    assert_eq!(
        (&rule["names"], &rule["networks"], &rule["not_after"]),
        (&json!(["z"]), &json!([]), &Value::Null)
    );
    assert_eq!(shell.line("rules update web --name z --add-name y").await.code, 2);

    let said = shell.line("users delete alice --yes").await;
    assert_eq!(
        said.fails(1),
        "portreeve: rules name `user:alice`:\nportreeve:   web\n\
         portreeve: change these rules first, or repeat with --cascade, which takes the object out of the rules\n"
    );
    app.user("aaron").await;
    app.user("zoe").await;
    let said = shell.line("users delete zoe alice aaron --yes").await;
    assert_eq!(said.out, "deleted user `aaron`\n");
    assert!(said.fails(1).contains("rules name `user:alice`:"), "{said:?}");
    assert!(said.err.ends_with("portreeve: deleted: `aaron`; not deleted: `alice`, `zoe`\n"), "{said:?}");
    let said = shell.line("users delete zoe alice --yes").await;
    assert!(said.err.ends_with("portreeve: deleted: none; not deleted: `alice`, `zoe`\n"), "{said:?}");
    shell.line("users delete zoe --yes").await.ok();
    shell.line("users delete alice --cascade --yes").await.ok();
    shell.line("groups delete web --cascade --yes").await.ok();
    assert_eq!(shell.line("rules show web -o json").await.json()["enabled"], false);
    shell.line("rules delete web --yes").await.ok();
    assert!(!shell.line("rules list").await.ok().contains("web"));
}

#[tokio::test]
async fn members_come_and_go() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.user("bob").await;
    let shell = Shell::of_admin(&app).await;
    shell.line("groups create web").await.ok();
    let said = shell.line("groups add-member web user:alice user:bob user:nobody").await;
    assert_eq!(said.out, "added `user:alice` to group `web`\nadded `user:bob` to group `web`\n");
    said.fails(1);
    shell.line("groups remove-member web user:alice").await.ok();
    assert_eq!(shell.line("groups show web -o json").await.json()["members"], json!(["user:bob"]));
    shell.line("groups update web --add-member user:alice --remove-member user:bob").await.ok();
    assert_eq!(shell.line("groups show web -o json").await.json()["members"], json!(["user:alice"]));
    shell.run(&["groups", "update", "web", "--member", ""]).await.ok();
    assert!(shell.line("groups show web").await.ok().contains("members      -"));
}

#[tokio::test]
async fn names_with_odd_characters_are_sent_whole() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let name = "Docker registry/a:5000?x=%2F#y";
    shell
        .run(&[
            "services",
            "create",
            name,
            "--token-ttl",
            "600",
            "--offline-tokens=false",
            "--password-grant=false",
            "--events=false",
        ])
        .await
        .ok();
    shell.run(&["services", "update", name, "--profile", "distribution-3"]).await.ok();
    let service = shell.run(&["services", "show", name, "-o", "json"]).await.json();
    assert_eq!(
        service,
        json!({"name": name, "token_ttl": 600, "offline_tokens": false, "push_includes_pull": null, "password_grant": false, "events": false, "search": false, "crawl": null, "profile": "distribution-3", "trust": null, "key_id": null, "managed_by": null})
    );
    for (given, shown) in [("false", json!(false)), ("true", json!(true)), ("", json!(null))] {
        shell.run(&["services", "update", name, "--push-includes-pull", given]).await.ok();
        let service = shell.run(&["services", "show", name, "-o", "json"]).await.json();
        assert_eq!(service["push_includes_pull"], shown, "{given:?}");
    }
    let said = shell.run(&["services", "update", name, "--push-includes-pull", "perhaps"]).await;
    assert!(said.code == 2 && said.err.contains("write true, false"), "{said:?}");
    shell.run(&["services", "delete", name, "--yes"]).await.ok();
    assert_eq!(shell.line("services list -o json").await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn robots_live_through_their_commands() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    shell.run(&["robots", "create", "ci", "--description", "builds it", "--label", "team=web"]).await.ok();
    shell.line("robots update ci --expires-at 2999-01-01T00:00:00Z --admin --add-label team=api").await.ok();
    let robot = shell.line("robots show ci -o json").await.json();
    assert_eq!((&robot["admin"], &robot["labels"]["team"]), (&json!(true), &json!(["api", "web"])));
    shell.run(&["robots", "update", "ci", "--expires-at", "", "--admin=false"]).await.ok();
    assert_eq!(shell.line("robots show ci -o json").await.json()["expires_at"], Value::Null);
    assert!(shell.line("robots list").await.ok().contains("builds it"));
    shell.line("robots delete ci --yes").await.ok();
}

#[tokio::test]
async fn lint_lists_what_is_doubtful_and_fails() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    assert_eq!(shell.line("rules lint").await.ok(), "there are no warnings about the rules\n");
    let said = shell.line("rules create ghost --subject user:nobody --name Team/** --action push").await;
    assert_eq!(said.ok(), "created rule `ghost`\n");
    assert!(said.err.contains("there is no `user:nobody`"), "{said:?}");
    let said = shell.line("rules lint").await;
    assert_eq!(said.fails(1), "portreeve: 3 warnings\n");
    for code in ["unknown-subject", "impossible-name", "push-without-pull"] {
        assert!(said.out.contains(&format!("ghost  {code}")), "{said:?}");
    }
    let said = shell.line("rules lint -o json").await;
    assert_eq!(said.code, 1);
    assert_eq!(serde_json::from_str::<Value>(&said.out).unwrap()[0]["rule"], "ghost");
}

/// A pattern with two placeholders, each of them twice. Their matches overlap.
const SLOW: &str = "*${label:a}*${label:b}*${label:a}*${label:b}*";

#[tokio::test]
async fn a_rule_whose_patterns_are_slow_is_refused_and_one_from_before_is_linted_and_can_be_disabled() {
    let mut app = App::spawn().await;
    let rule = |names: Value| json!({"subjects": ["everyone"], "names": names, "actions": ["pull"]});
    app.rule("few", rule(json!([SLOW, SLOW]))).await;
    app.rule("slow", rule(json!(["a"]))).await;
    let reply = app.api("PUT", "/rules/slow", rule(json!(vec![SLOW; 100]))).await;
    assert_eq!((reply.status, &reply.json()["errors"][0]["field"]), (422, &json!("names")), "{}", reply.text);
    app.stop().await;
    let update = format!("UPDATE rules SET names = '{}' WHERE name = 'slow'", json!(vec![SLOW; 100]));
    crate::database::run(&app.folder.database_url(), &update).await;
    let app = App::spawn_on(app.folder).await;
    let shell = Shell::of_admin(&app).await;
    let said = shell.run(&["rules", "lint"]).await;
    let lines: Vec<&str> = said.out.lines().filter(|line| line.contains("slow-pattern")).collect();
    assert!(matches!(lines.as_slice(), [only] if only.contains("slow")), "{}", said.out);
    shell.run(&["rules", "update", "slow", "--enabled=false"]).await.ok();
    let reply = app.api("PATCH", "/rules/slow", json!({"names": vec![SLOW; 99]})).await;
    assert_eq!(reply.status, 422, "{}", reply.text);
    app.must("PATCH", "/rules/slow", json!({"names": ["a"]})).await;
}
