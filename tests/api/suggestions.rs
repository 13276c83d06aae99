//! `/suggestions`: rights that nobody used, each with a patch and a proof.

use super::database;
use super::helpers::{App, Reply, Setup};
use super::registry_reports::Reports;
use portreeve::config::FlagSettings;
use portreeve::domain::events::Day;
use portreeve::domain::time::Timestamp;
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// The uses that the registry reports: subject, repository and action.
const USES: [(&str, &str, &str); 4] = [
    ("alice", "team/api/a", "pull"),
    ("alice", "team/api/b", "push"),
    ("ci", "team/web", "pull"),
    ("", "public/base", "pull"),
];

/// Starts a server whose registry first reported 100 days ago, and which has rules from that time.
async fn world() -> App {
    let app = App::spawn().await;
    app.user("alice").await;
    app.user("bob").await;
    app.robot("ci", Value::Null).await;
    app.robot("old", Value::Null).await;
    let members = json!({"members": ["user:alice", "user:bob"], "description": "The team"});
    app.must("PUT", "/groups/web", members).await;
    let team = json!({"subjects": ["group:web", "robot:ci", "user:bob"], "names": ["**"],
        "actions": ["pull", "push", "delete"], "description": "All of it"});
    app.rule("team", team).await;
    app.rule(
        "idle",
        json!({"subjects": ["user:bob"], "names": ["old/**"], "actions": ["pull"], "managed_by": "git"}),
    )
    .await;
    app.rule("public", json!({"subjects": ["anonymous"], "names": ["public/**"], "actions": ["pull"]})).await;
    app.rule("not", json!({"effect": "deny", "subjects": ["user:bob"], "names": ["x"], "actions": ["*"]}))
        .await;
    let catalog =
        json!({"subjects": ["user:bob"], "type": "registry", "names": ["catalog"], "actions": ["*"]});
    app.rule("catalog", catalog).await;
    Reports::of(&app, "registry", 0).manifest("pull", "team/web", "v1", 'a', "gone").send().await;
    app.advance(100 * DAY);
    let mut reports = Reports::of(&app, "registry", 60);
    for (subject, repository, action) in USES {
        reports = reports.manifest(action, repository, "v1", 'b', subject);
    }
    reports.send().await;
    // The server has counted the grants of tokens for 95 days.
    add(&app, 95, "alice", [1, 0]).await;
    app
}

async fn suggestions(app: &App, query: &str) -> Value {
    app.must("GET", &format!("/suggestions{query}"), Value::Null).await
}

/// Returns the suggestions of an answer, each as `KIND NAME -REMOVED`.
fn told(answer: &Value) -> Vec<String> {
    let tell = |item: &Value| {
        let removed = item["removed"].as_array().unwrap().iter();
        let removed: String = removed.map(|one| format!(" -{}", one.as_str().unwrap())).collect();
        format!("{} {}{removed}", item["kind"].as_str().unwrap(), item["name"].as_str().unwrap())
    };
    answer["items"].as_array().unwrap().iter().map(tell).collect()
}

/// Returns the reasons why an answer holds suggestions back, each as `NAME: REASON`. The name is that of a service, a
/// rule or a group, or `all`.
fn held(answer: &Value) -> Vec<String> {
    let tell = |one: &Value| {
        let name = ["service", "rule", "group"].iter().find_map(|field| one[*field].as_str());
        format!("{}: {}", name.unwrap_or("all"), one["reason"].as_str().unwrap())
    };
    answer["held_back"].as_array().unwrap().iter().map(tell).collect()
}

/// Checks that nothing is suggested, and that the first reason begins with this text.
async fn must_hold(app: &App, begin: &str) {
    let answer = suggestions(app, "").await;
    let held = held(&answer);
    assert_eq!(told(&answer), [""; 0], "{begin}");
    assert!(held.first().is_some_and(|one| one.starts_with(begin)), "{begin}: {held:?}");
}

/// Reports a pull that happens now.
async fn report(app: &App) {
    Reports::of(app, "registry", 0).manifest("pull", "b", "v1", 'a', "x").send().await;
}

/// Checks that the rules grant every use in [`USES`].
async fn must_grant_all_uses(app: &App) {
    for (subject, repository, action) in USES {
        let subject = match subject {
            "" => "anonymous".to_owned(),
            "ci" => "robot:ci".to_owned(),
            name => format!("user:{name}"),
        };
        let scope = format!("repository:{repository}:{action}");
        let body = json!({"subject": subject, "service": "registry", "scope": scope});
        let answer = app.must("POST", "/check", body).await;
        let granted = answer["granted"][0]["actions"].as_array().cloned().unwrap_or_default();
        assert!(granted.contains(&json!(action)), "{subject} {scope}: {answer}");
    }
}

async fn apply(app: &App, patches: &[&Value]) -> Reply {
    let lines: Vec<String> = patches.iter().map(ToString::to_string).collect();
    app.api_text("POST", "/apply", "application/x-ndjson", lines.join("\n")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_suggestion_is_a_patch_that_refuses_no_seen_use() {
    let app = world().await;
    let answer = suggestions(&app, "").await;
    let key = answer["items"].as_array().unwrap().iter().find(|item| item["kind"] == "stale_key").unwrap();
    let id = key["name"].as_str().unwrap();
    assert_eq!(
        told(&answer),
        [
            "unused_rule idle".to_owned(),
            "unused_actions team -delete".to_owned(),
            "unused_members team -user:bob".to_owned(),
            "unused_members web -user:bob".to_owned(),
            "narrower_names team -**".to_owned(),
            "stale_robot old".to_owned(),
            format!("stale_key {id}"),
        ]
    );
    assert_eq!((&answer["seen"], &answer["omitted"], held(&answer)), (&json!(4), &json!(0), vec![]));
    let items = answer["items"].as_array().unwrap();
    assert_eq!(items[4]["patch"]["names"], json!(["team/**"]));
    assert!(
        items[0]["text"].as_str().unwrap().ends_with("`git` manages it: change it there"),
        "{}",
        items[0]
    );
    assert_eq!(items[6]["command"], format!("portreeve access-keys revoke {id}"));
    assert_eq!(items[6]["subject"], "robot:ci");
    for item in items.iter().filter(|item| !item["patch"].is_null()) {
        assert_eq!((&item["refused"], &item["seen"]), (&json!(0), &json!(4)));
        let reply = apply(&app, &[&item["patch"]]).await;
        assert_eq!(reply.status, 200, "{item}: {}", reply.text);
        assert_eq!(reply.json()["summary"]["updated"], 1, "{item}: {}", reply.text);
        must_grant_all_uses(&app).await;
        if item["field"] == "members" {
            let group = app.must("GET", "/groups/web", Value::Null).await;
            assert_eq!(
                (&group["members"], &group["description"]),
                (&json!(["user:alice"]), &json!("The team"))
            );
        }
    }
    assert_eq!(app.must("GET", "/robots/old", Value::Null).await["disabled"], true);
    assert_eq!(app.must("GET", "/rules/idle", Value::Null).await["enabled"], false);
    let now = held(&suggestions(&app, "").await);
    assert!(now.iter().all(|one| !one.starts_with("idle")), "{now:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_than_thirty_days_and_a_silent_registry_are_held_back() {
    let app = App::spawn().await;
    let rule = json!({"subjects": ["user:bob"], "names": ["a"], "actions": ["pull"]});
    app.rule("idle", rule.clone()).await;
    must_hold(&app, "all: no token was counted yet").await;
    grant(&app).await;
    must_hold(&app, "all: tokens are counted since").await;
    app.advance(31 * DAY);
    let never = "registry: its registry has never reported: add `notifications` to its configuration";
    must_hold(&app, never).await;
    report(&app).await;
    must_hold(&app, "registry: its registry reports since").await;
    app.advance(31 * DAY);
    assert_eq!(told(&suggestions(&app, "").await), ["unused_rule idle"]);
    grant(&app).await;
    must_hold(&app, "registry: its registry has reported nothing since").await;
    report(&app).await;
    assert_eq!(told(&suggestions(&app, "").await), ["unused_rule idle"]);
    add(&app, 15, "bob", [1, 0]).await;
    must_hold(&app, "registry: its registry reported nothing in the week of").await;
    app.must("PATCH", "/services/registry", json!({"events": false})).await;
    must_hold(&app, "registry: its events are turned off").await;
    app.must("PATCH", "/services/registry", json!({"events": true})).await;
    must_hold(&app, "registry: changed at").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn services_without_events_and_servers_without_counts_of_tokens_are_held_back() {
    let app = App::spawn().await;
    app.must("PATCH", "/services/registry", json!({"events": false})).await;
    app.rule("busy", json!({"subjects": ["everyone"], "names": ["**"], "actions": ["pull"]})).await;
    grant(&app).await;
    app.advance(100 * DAY);
    must_hold(&app, "registry: its events are turned off").await;

    let flags = FlagSettings { events_keep: vec!["grants=0".to_owned()], ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    app.rule("busy", json!({"subjects": ["everyone"], "names": ["**"], "actions": ["pull"]})).await;
    report(&app).await;
    app.advance(100 * DAY);
    report(&app).await;
    must_hold(&app, "all: fewer than 30 days are kept: see `--events-keep grants`").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_with_a_new_member_is_held_back_with_its_rules() {
    let app = world().await;
    app.must("PUT", "/groups/web/members/robot:ci", Value::Null).await;
    let answer = suggestions(&app, "").await;
    assert_eq!(told(&answer)[..3], ["unused_rule idle", "unused_members team -user:bob", "stale_robot old"]);
    assert!(held(&answer)[0].starts_with("web: changed at"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robot_that_changed_or_got_a_key_is_not_stale() {
    let app = world().await;
    assert!(told(&suggestions(&app, "").await).contains(&"stale_robot old".to_owned()));
    let key = json!({"name": "new", "scopes": Value::Null});
    app.must("POST", "/robots/old/access-keys", key).await;
    app.must("PATCH", "/robots/ci", json!({"disabled": true})).await;
    app.must("PATCH", "/robots/ci", json!({"disabled": false})).await;
    let now = told(&suggestions(&app, "").await);
    assert!(!now.iter().any(|one| one.starts_with("stale_robot")), "{now:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_pull_without_an_event_keeps_the_right_to_pull() {
    let app = world().await;
    let lists = json!({"subjects": ["user:bob"], "names": ["team/api/*"], "actions": ["pull"]});
    app.rule("lists", lists).await;
    app.advance(31 * DAY);
    report(&app).await;
    assert!(told(&suggestions(&app, "").await).contains(&"unused_rule lists".to_owned()));
    grant(&app).await;
    let now = told(&suggestions(&app, "").await);
    assert!(!now.contains(&"unused_rule lists".to_owned()), "bob may have read a list of tags: {now:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_for_several_services_needs_the_use_of_all_of_them() {
    let app = world().await;
    app.must("PUT", "/services/other", json!({})).await;
    app.rule(
        "of-registry",
        json!({"subjects": ["user:bob"], "services": ["registry"], "names": ["a"], "actions": ["pull"]}),
    )
    .await;
    app.advance(31 * DAY);
    Reports::of(&app, "registry", 0).manifest("pull", "team/web", "v1", 'b', "ci").send().await;
    let answer = suggestions(&app, "?service=registry").await;
    assert_eq!(
        told(&answer),
        ["unused_rule of-registry"],
        "the other rules are for the other service as well"
    );
    let all = told(&suggestions(&app, "").await);
    assert!(all.contains(&"unused_rule idle".to_owned()), "no token for the other service: {all:?}");
    assert_eq!(app.api("GET", "/suggestions?service=none", Value::Null).await.status, 404);
    assert_eq!(app.api("GET", "/suggestions?service=", Value::Null).await.status, 422);
    assert_eq!(app.api("GET", "/suggestions?kind=x", Value::Null).await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_are_counted_beside_the_use() {
    let app = world().await;
    for (days, counts) in [(0, [3, 1]), (5, [2, 0]), (99, [50, 0])] {
        add(&app, days, "alice", counts).await;
    }
    Reports::of(&app, "registry", 0).manifest("pull", "team/web", "v1", 'b', "ci").send().await;
    let answer = suggestions(&app, "").await;
    let item = &answer["items"].as_array().unwrap()[1];
    assert_eq!(
        (&item["name"], &item["asked"], &item["granted"], &item["used"]),
        (&json!("team"), &json!(6), &json!(5), &json!(4))
    );
}

/// Writes that bob got a token now, as the server writes grants once a minute.
async fn grant(app: &App) {
    add(app, 0, "bob", [1, 0]).await;
}

/// Stores how often `pull` was granted and refused to a subject, on the day that was `days` days ago.
async fn add(app: &App, days: i64, subject: &str, [granted, refused]: [i64; 2]) {
    let at = Timestamp::from_seconds(app.now_seconds() - days * DAY);
    let (day, micros) = (Day::of(at), at.as_micros());
    let url = app.folder.database_url().replace("portreeve.db", "portreeve-events.db");
    let insert = format!(
        "INSERT INTO daily_grants (day, service, repository, subject, action, granted, refused, last_at) \
         VALUES ('{day}', 'registry', 'team/api/a', '{subject}', 'pull', {granted}, {refused}, {micros})"
    );
    database::run(&url, &insert).await;
}
