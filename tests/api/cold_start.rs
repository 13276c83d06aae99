//! After any sequence of writes, a server that starts on the database gives the same answers as the server that wrote.

use super::audit::{assert_unbroken, trail};
use super::helpers::App;
use serde_json::{Value, json};

/// A sequence of numbers from a seed (xorshift). The same seed repeats a failure.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.roll(choices.len())]
    }
}

const PEOPLE: [&str; 3] = ["alice", "bob", "Carol"];
const ROBOTS: [&str; 2] = ["ci", "bob"];
const GROUPS: [&str; 3] = ["web", "ops", "alice"];
const SELECTORS: [&str; 8] = [
    "user:alice",
    "user:bob",
    "robot:ci",
    "group:web",
    "group:ops",
    "everyone",
    "anonymous",
    "authenticated",
];
const GLOBS: [&str; 6] = ["a/**", "b", "${subject}/**", "${group}/x", "**", "a/**b"];

/// Builds one valid or invalid write.
fn write(dice: &mut Dice) -> (&'static str, String, Value) {
    let cascade = dice.of(&["", "?cascade=true"]);
    let labels = |dice: &mut Dice| json!({"team": [dice.of(&["x", "y", "x/y"])]});
    match dice.roll(12) {
        0 | 1 => {
            let body =
                json!({"labels": labels(dice), "disabled": dice.roll(5) == 0, "admin": dice.roll(4) == 0});
            ("PUT", format!("/users/{}", dice.of(&PEOPLE)), body)
        }
        2 => ("PUT", format!("/robots/{}", dice.of(&ROBOTS)), json!({"description": dice.of(&["", "x"])})),
        3 => {
            let members: Vec<&str> =
                (0..dice.roll(3)).map(|_| dice.of(&["user:alice", "user:bob", "robot:ci"])).collect();
            ("PUT", format!("/groups/{}", dice.of(&GROUPS)), json!({"members": members}))
        }
        4 => {
            let member = dice.of(&["user:alice", "user:bob", "robot:ci"]);
            (
                dice.of(&["PUT", "DELETE"]),
                format!("/groups/{}/members/{member}", dice.of(&GROUPS)),
                Value::Null,
            )
        }
        5..=7 => {
            let subjects: Vec<&str> = (0..=dice.roll(2)).map(|_| dice.of(&SELECTORS)).collect();
            let body = json!({"subjects": subjects, "names": [dice.of(&GLOBS)], "actions": [dice.of(&["pull", "push", "*"])],
                "effect": dice.of(&["allow", "allow", "deny"]), "priority": dice.roll(2)});
            ("PUT", format!("/rules/r{}", dice.roll(5)), body)
        }
        8 => ("PATCH", format!("/rules/r{}", dice.roll(5)), json!({"enabled": dice.roll(2) == 0})),
        9 => ("DELETE", format!("/rules/r{}", dice.roll(5)), Value::Null),
        10 => {
            let what = dice.of(&[
                "users/alice",
                "users/bob",
                "users/admin",
                "robots/ci",
                "groups/web",
                "groups/ops",
            ]);
            ("DELETE", format!("/{what}{cascade}"), Value::Null)
        }
        _ => (
            "PUT",
            format!("/services/{}", dice.of(&["registry", "other"])),
            json!({"token_ttl": 60 + dice.roll(60)}),
        ),
    }
}

/// Reads all objects, and the decisions on some questions.
async fn seen(app: &App) -> Vec<String> {
    let mut seen = Vec::new();
    for list in ["users", "robots", "groups", "services", "rules"] {
        seen.push(app.api("GET", &format!("/{list}?limit=1000"), Value::Null).await.text);
    }
    for subject in
        ["anonymous", "user:alice", "user:bob", "user:Carol", "user:admin", "robot:ci", "robot:bob"]
    {
        for service in ["registry", "other"] {
            let scope = "repository:a/x:pull,push,* repository:b:pull,push repository:web/x:pull repository:alice/x:push";
            let ask = json!({"subject": subject, "service": service, "scope": scope});
            seen.push(app.api("POST", "/check", ask).await.text);
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn any_sequence_of_writes_gives_what_a_cold_start_gives() {
    for seed in 1..=12_u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut app = App::spawn().await;
        let mut done = 0;
        for _ in 0..60 {
            let (method, path, body) = write(&mut dice);
            let reply = app.api(method, &path, body.clone()).await;
            assert!(
                matches!(reply.status, 200 | 201 | 204 | 404 | 409 | 422),
                "seed {seed}: {method} {path} {body}: {} {}",
                reply.status,
                reply.text
            );
            done += usize::from(reply.status < 300);
        }
        assert!(done > 20, "seed {seed}: only {done} writes changed anything");
        let (warm, records) = (seen(&app).await, trail(&app, "").await);
        assert_unbroken(&records);
        app.stop().await;
        let app = App::spawn_on(app.folder).await;
        assert_eq!(warm, seen(&app).await, "seed {seed}");
        assert_eq!(records, trail(&app, "").await, "seed {seed}");
    }
}
