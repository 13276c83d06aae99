//! The audit trail from the command line.

use crate::helpers::App;
use crate::program::Shell;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

async fn port() -> (App, Shell) {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    shell.line("users create alice").await.ok();
    shell.line("groups create web --member user:alice").await.ok();
    shell.line("rules create web --subject group:web --name web/** --action pull").await.ok();
    shell.line("rules update web --add-action push").await.ok();
    (app, shell)
}

#[tokio::test]
async fn changes_are_listed_newest_first_with_what_changed() {
    let (_app, shell) = port().await;
    let said = shell.line("audit list --limit 3").await;
    let lines: Vec<&str> = said.ok().lines().collect();
    assert_eq!(lines.len(), 4, "{}", said.out);
    assert!(lines[0].starts_with("SEQ  AT"), "{}", lines[0]);
    assert!(
        lines[1].contains("user:admin  update      rule web   actions: [pull] → [pull, push]"),
        "{}",
        said.out
    );
    assert!(lines[3].contains("add-member  group web"), "{}", said.out);
    assert!(lines[3].ends_with("user:alice"), "{}", said.out);
    let list = shell.line("audit list --kind rule --name web -o json").await.json();
    let actions: Vec<&str> =
        list.as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["update", "create"]);
    let seq = list[0]["seq"].as_i64().unwrap();
    let one = shell.line(&format!("audit show {seq} -o json")).await.json();
    assert_eq!(one, list[0]);
    assert!(shell.line("audit show 4000").await.fails(1).contains("there is no change 4000"));
    for (filter, said) in [
        ("--kind rulez", "`rulez` is not a kind: write one of user, robot, group, service, rule, access-key"),
        ("--actor alice", "`alice` is not an actor: write user:NAME, robot:NAME, system or anonymous"),
        ("--since yesterday", "write how long ago (30m, 24h, 7d, 2w), a date"),
    ] {
        let refused = shell.line(&format!("audit list {filter}")).await;
        assert!(refused.fails_with_usage().contains(said), "{refused:?}");
    }
    let refused = shell.line("audit export -o json").await;
    assert!(refused.fails(2).contains("leave --output out"), "{refused:?}");
    let count = async |filter: &str| {
        let list = shell.line(&format!("audit ls --limit 1000 -o json {filter}")).await.json();
        list.as_array().unwrap().len()
    };
    let all = count("").await;
    let date = "2020-01-31";
    assert_eq!([count("--since 24h").await, count(&format!("--since {date}")).await], [all, all]);
    assert_eq!([count("--until 24h").await, count(&format!("--until {date}")).await], [0, 0]);
    let none = shell.line("audit list --actor user:nobody -o json").await.json();
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn the_trail_is_verified_over_the_api_and_in_a_file_and_the_first_bad_record_is_named() {
    let (_app, shell) = port().await;
    let said = shell.line("audit verify").await;
    assert!(said.ok().contains("records, complete from the beginning; the last hash is "), "{said:?}");
    let head = shell.line("audit verify -o json").await.json();
    let said = shell.line("audit export trail.jsonl").await;
    said.ok();
    let file = shell.home.path().join("trail.jsonl");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(shell.line("audit export").await.ok(), text);
    assert_eq!(shell.line("audit verify trail.jsonl -o json").await.json(), head);
    assert_eq!(head["records"], json!(text.lines().count()));
    let expected = format!("audit verify trail.jsonl --expect-head {}", head["head_hash"].as_str().unwrap());
    shell.line(&expected).await.ok();

    let lines: Vec<&str> = text.lines().collect();
    let count = lines.len();
    let write = |lines: &[String]| std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    let owned = || lines.iter().map(|line| (*line).to_owned()).collect::<Vec<String>>();
    let mut altered = owned();
    altered[3] = altered[3].replace("system", "user:x");
    write(&altered);
    assert!(shell.line("audit verify trail.jsonl").await.fails(1).contains("record 4 was altered"));
    let mut missing = owned();
    missing.remove(4);
    write(&missing);
    assert!(
        shell.line("audit verify trail.jsonl").await.fails(1).contains("record 6 does not follow record 4")
    );
    let mut swapped = owned();
    swapped.swap(5, 6);
    write(&swapped);
    assert!(
        shell.line("audit verify trail.jsonl").await.fails(1).contains("record 7 does not follow record 5")
    );
    write(&owned()[..count - 1]);
    shell.line("audit verify trail.jsonl").await.ok();
    assert!(shell.line(&expected).await.fails(1).contains("missing at the end"));
    write(&owned()[2..]);
    assert!(shell.line("audit verify trail.jsonl").await.ok().contains("complete from number 3"));
    write(&["{\"seq\": 1}".to_owned()]);
    assert!(shell.line("audit verify trail.jsonl").await.fails(1).contains("line 1 is not a record"));
    assert!(shell.line("audit verify nowhere.jsonl").await.fails(1).contains("cannot open"));
}

#[tokio::test]
async fn an_altered_database_does_not_verify() {
    let (mut app, shell) = port().await;
    app.stop().await;
    let file = app.folder.path().join("portreeve.db");
    let text = std::fs::read(&file).unwrap();
    // The test changes one actor in the stored records.
    let at = text
        .windows(14)
        .position(|part| part == b"user:adminuser")
        .or_else(|| text.windows(10).rposition(|part| part == b"user:admin"));
    let mut altered = text.clone();
    altered[at.unwrap() + 9] = b'x';
    std::fs::write(&file, altered).unwrap();
    let app = App::spawn_on(app.folder).await;
    let mut shell = shell;
    shell.set("PORTREEVE_URL", &app.url(""));
    let key: Value = serde_json::from_str(&std::fs::read_to_string(shell.login_file()).unwrap()).unwrap();
    shell.set("PORTREEVE_TOKEN", key["key"].as_str().unwrap());
    assert!(shell.line("audit verify").await.fails(1).contains("was altered"));
}
