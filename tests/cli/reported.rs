//! `repositories`, `usage`, `pulls`, `activity` and `suggestions`: commands that read the reports of registries.

use crate::database;
use crate::helpers::{ADMIN, App, PASSWORD};
use crate::program::Shell;
use portreeve::domain::events::Day;
use portreeve::domain::time::Timestamp;
use serde_json::{Value, json};

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// Builds an event of a manifest that happened this number of seconds ago.
fn event(app: &App, ago: i64, action: &str, repository: &str, tag: &str, subject: &str) -> Value {
    let at = Timestamp::from_seconds(app.now_seconds() - ago).to_string();
    json!({
        "id": format!("{ago}"), "timestamp": at, "action": action,
        "target": {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest('a'),
            "repository": repository, "tag": tag},
        "request": {"id": format!("{ago}"), "addr": "192.0.2.7:4711", "method": "PUT", "useragent": "docker/28"},
        "actor": {"name": subject}, "source": {"instanceID": "one"},
    })
}

async fn world() -> App {
    let app = App::spawn().await;
    app.user("alice").await;
    app.advance(200);
    app.rule("of-alice", json!({"subjects": ["user:alice"], "names": ["web/**"], "actions": ["pull"]})).await;
    let mut pull = event(&app, 50, "pull", "web/site", "v1", "alice");
    pull["request"]["method"] = json!("GET");
    let events = json!({"events": [
        event(&app, 100, "push", "web/site", "v1", "alice"),
        event(&app, 90, "push", "web/site", "v2", "ci"),
        event(&app, 80, "push", "secret", "v1", "ci"),
        pull,
    ]});
    let request = app.request("POST", "/events/registry").basic_auth(ADMIN.0, Some(ADMIN.1)).json(&events);
    assert_eq!(App::send(request).await.status, 200);
    app
}

async fn of_alice(app: &App) -> Shell {
    let shell = Shell::new();
    shell.with_input(&["login", &app.url(""), "--user", "alice"], PASSWORD).await.ok();
    shell
}

/// Returns the first words of each line, without the heading.
fn words(text: &str, count: usize) -> Vec<String> {
    let lines = text.lines().skip(1);
    lines.map(|line| line.split_whitespace().take(count).collect::<Vec<_>>().join(" ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_lists_and_shows_what_they_may_pull() {
    let app = world().await;
    let (admin, alice) = (Shell::of_admin(&app).await, of_alice(&app).await);
    let listed = admin.line("repositories list").await;
    assert!(listed.ok().starts_with("SERVICE   NAME      TAGS  LAST PUSH AT"), "{listed:?}");
    assert_eq!(words(listed.ok(), 3), ["registry secret 1", "registry web/site 2"]);
    assert_eq!(words(alice.line("repositories list").await.ok(), 3), ["registry web/site 2"]);
    assert_eq!(
        words(admin.line("repositories ls --prefix web/ --service registry").await.ok(), 2),
        ["registry web/site"]
    );
    assert_eq!(words(admin.line("repositories list --limit 1").await.ok(), 2), ["registry secret"]);

    let shown = alice.line("repositories show web/site").await;
    let shown = shown.ok();
    assert!(shown.contains("service       registry\nname          web/site\n"), "{shown}");
    let (_, tags) = shown.split_once("\nTags\n").unwrap();
    let (tags, manifests) = tags.split_once("\nManifests\n").unwrap();
    assert!(manifests.contains(&digest('a')) && manifests.contains("yes"), "{manifests}");
    assert_eq!(words(tags, 2), [format!("v1 {}", digest('a')), format!("v2 {}", digest('a'))]);
    let json: Value =
        serde_json::from_str(alice.line("repositories show web/site -o json").await.ok()).unwrap();
    assert_eq!((&json["tags"][1]["changed_by"], json.get("next")), (&json!("ci"), None));
    assert!(alice.line("repositories list -o yaml").await.ok().contains("name: web/site"));
    alice.line("repositories show secret").await.fails_with(1, "there is no repository `secret`");

    app.must("PUT", "/services/other", json!({})).await;
    alice
        .line("repositories show web/site")
        .await
        .fails_with(2, "add --service NAME: there are other, registry");
    alice.line("repositories show web/site --service registry").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_pulls_and_activity_are_for_administrators_and_the_own_usage_for_everybody() {
    let app = world().await;
    let (admin, alice) = (Shell::of_admin(&app).await, of_alice(&app).await);
    let all = [
        "registry secret ci push 1",
        "registry web/site alice pull 1",
        "registry web/site alice push 1",
        "registry web/site ci push 1",
    ];
    assert_eq!(words(admin.line("usage").await.ok(), 5), all);
    assert_eq!(
        words(admin.line("usage --subject user:alice --action pull --from 7d").await.ok(), 5),
        all[1..2]
    );
    assert_eq!(words(admin.line("usage --to 2020-01-31").await.ok(), 5), [""; 0]);
    assert_eq!(words(alice.line("usage --mine").await.ok(), 5), all[1..3]);
    alice.line("usage").await.fails_with(1, "only administrators");
    alice.line("usage").await.fails_with(1, "portreeve usage --mine");
    let checks = admin.line("activity --action check").await;
    assert!(checks.fails_with_usage().contains("portreeve usage --action check"), "{checks:?}");
    admin.line("usage --action check").await.ok();
    let who = admin.line(&format!("pulls {}", digest('a'))).await;
    assert_eq!(words(who.ok(), 5), all[1..2]);
    let events = admin.line("activity --action push").await;
    let subjects: Vec<&str> =
        events.ok().lines().skip(1).map(|line| line.split_whitespace().nth(6).unwrap()).collect();
    assert_eq!(subjects, ["ci", "ci", "alice"], "the newest event first");
    let json: Value =
        serde_json::from_str(admin.line("activity --limit 1 --output json").await.ok()).unwrap();
    assert_eq!((&json[0]["action"], &json[0]["address"]), (&json!("pull"), &json!("192.0.2.7")));
    for line in
        ["pulls sha256:abc", "usage --action fly", "activity --from yesterday", "usage --mine --subject a"]
    {
        admin.line(line).await.fails_with_usage();
    }
    admin.line("usage --from 1d --to 2d").await.fails_with(1, "from: must be before `to`");
}

/// Returns a shell with an access key that does not end.
async fn with_key(app: &App, user: &str) -> Shell {
    let key = app.must("POST", &format!("/users/{user}/access-keys"), json!({"name": "test"})).await;
    let mut shell = Shell::new();
    shell.set("PORTREEVE_URL", &app.url(""));
    shell.set("PORTREEVE_TOKEN", key["secret"].as_str().unwrap());
    shell
}

#[tokio::test(flavor = "multi_thread")]
async fn suggestions_are_printed_as_changes_that_apply_takes() {
    let app = world().await;
    app.rule(
        "team",
        json!({"subjects": ["user:alice"], "names": ["**"], "actions": ["pull", "push", "delete"]}),
    )
    .await;
    app.rule("idle", json!({"subjects": ["user:bob"], "names": ["a"], "actions": ["pull"]})).await;
    let managed = json!({"subjects": ["user:bob"], "names": ["b"], "actions": ["pull"], "managed_by": "git"});
    app.rule("of-git", managed).await;
    // The test turns the clock of the server far ahead. The access key of a login would then have ended.
    let (admin, alice) = (with_key(&app, "admin").await, with_key(&app, "alice").await);
    let held = admin.line("suggestions").await;
    assert!(held.ok().contains("held back") && held.out.contains("a suggestion needs 30 days"), "{held:?}");
    // With this row, the server has counted the grants of tokens since today.
    let url = app.folder.database_url().replace("portreeve.db", "portreeve-events.db");
    let day = Day::of(Timestamp::from_seconds(app.now_seconds()));
    let insert = format!(
        "INSERT INTO daily_grants (day, service, repository, subject, action, granted, refused, last_at) \
         VALUES ('{day}', 'other', 'a', 'nobody', 'pull', 1, 0, 0)"
    );
    database::run(&url, &insert).await;
    app.advance(40 * 86_400);
    let mut events = Vec::new();
    for (ago, repository) in [(30, "web/a"), (20, "web/b"), (10, "web/c/d")] {
        events.push(event(&app, ago, "push", repository, "v1", "alice"));
    }
    let body = json!({"events": events});
    let request = app.request("POST", "/events/registry").basic_auth(ADMIN.0, Some(ADMIN.1)).json(&body);
    assert_eq!(App::send(request).await.status, 200);

    let listed = admin.line("suggestions").await;
    assert!(listed.ok().contains("0 of 5 seen uses since "), "{listed:?}");
    assert_eq!(
        words(listed.ok(), 2)[..4],
        ["unused_rule idle", "unused_rule of-git", "unused_actions team", "narrower_names team"]
            .map(str::to_owned)
    );
    let json: Value =
        serde_json::from_str(admin.line("suggestions team --kind narrower_names -o json").await.ok())
            .unwrap();
    assert_eq!((&json["items"][0]["removed"], json["items"].as_array().unwrap().len()), (&json!(["**"]), 1));

    let named = admin.line("suggestions --patch rule:of-git").await;
    assert!(named.ok().contains("name: of-git"), "{named:?}");
    admin.line("suggestions group:team").await.fails_with(1, "there is no suggestion about `group:team`");
    let patches = admin.line("suggestions --patch").await;
    assert!(patches.err.contains("left out: nobody used the rule `of-git`"), "{patches:?}");
    let applied = admin.with_input(&["apply", "-"], patches.ok()).await;
    applied.ok();
    let team = app.must("GET", "/rules/team", Value::Null).await;
    assert_eq!((&team["actions"], &team["names"]), (&json!(["pull", "push"]), &json!(["web/**"])));
    assert_eq!(app.must("GET", "/rules/idle", Value::Null).await["enabled"], false);
    assert_eq!(app.must("GET", "/rules/of-git", Value::Null).await["enabled"], true);

    admin.line("suggestions --patch idle").await.fails_with(1, "there is no suggestion about `idle`");
    admin.line("suggestions --service other").await.fails_with(1, "there is no service `other`");
    admin.line("suggestions --kind odd").await.fails_with_usage();
    alice.line("suggestions").await.fails_with(1, "only administrators");
}
