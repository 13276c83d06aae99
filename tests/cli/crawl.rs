//! `repositories crawl`: what it prints, and that the printed commands lead to a crawl.

use crate::fake_registry::FakeRegistry;
use crate::helpers::{App, Setup};
use crate::program::{Said, Shell};
use portreeve::config::FlagSettings;
use serde_json::Value;

/// Runs the commands between backticks in the message of a failed command. Returns their number.
async fn obey(shell: &Shell, said: &Said) -> usize {
    let text = said.fails(1).to_owned();
    let commands: Vec<&str> = text.split('`').filter(|part| part.starts_with("portreeve ")).collect();
    for command in &commands {
        shell.script(command).await.ok();
    }
    commands.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_commands_lead_to_a_crawl() {
    let registry =
        FakeRegistry::open(&[("web/site", "v1", 'a'), ("web/site", "v2", 'b'), ("db", "1", 'a')]).await;
    let flags = FlagSettings { registry_hosts: vec![registry.host()], ..FlagSettings::default() };
    let app = App::spawn_with(Setup { flags, ..Setup::default() }).await;
    let admin = Shell::of_admin(&app).await;
    let crawl = "repositories crawl registry";
    let said = admin.line(crawl).await;
    assert!(said.fails(1).contains("--crawl-registry URL --crawl-robot ROBOT"), "{said:?}");
    let set = format!(
        "services update registry --crawl-registry http://{} --crawl-robot my-crawler",
        registry.host()
    );
    admin.line(&set).await.ok();
    assert_eq!(obey(&admin, &admin.line(crawl).await).await, 1, "creates the robot");
    assert_eq!(obey(&admin, &admin.line(crawl).await).await, 1, "creates the rule for the catalogue");
    assert_eq!(obey(&admin, &admin.line(crawl).await).await, 1, "creates the rule for repositories");
    let said = admin.line(&format!("{crawl} -o json")).await;
    let state: Value = serde_json::from_str(said.ok()).unwrap();
    assert_eq!(
        (&state["state"], &state["repositories"], &state["tags"]),
        (&"finished".into(), &2.into(), &3.into())
    );
    let listed = admin.line("repositories list").await;
    assert!(listed.ok().contains("db") && listed.ok().contains("web/site"), "{listed:?}");
    let shown = admin.line("repositories crawl registry --status").await;
    assert!(shown.ok().contains("finished"), "{shown:?}");
    let status = admin.line("status").await;
    assert!(status.ok().contains("CRAWLS") || status.ok().contains("crawls"), "{status:?}");
    let yaml = admin.line(&format!("{crawl} --all-tags -o yaml")).await;
    assert!(yaml.ok().contains("looked_up: 3"), "{yaml:?}");
    let shown = admin.line("services show registry -o json").await;
    assert!(shown.ok().contains(&registry.host()), "{shown:?}");
    admin.run(&["services", "update", "registry", "--crawl-registry", ""]).await.ok();
    assert!(!admin.line(crawl).await.fails(1).is_empty());
    let missing = admin.line("repositories crawl nowhere").await;
    assert!(missing.fails(1).contains("there is no service `nowhere`"), "{missing:?}");
    // The printed commands fit a second service with the same robot.
    admin.line("services create other").await.ok();
    let set = set.replace("update registry", "update other");
    admin.line(&set).await.ok();
    let crawl = "repositories crawl other";
    assert_eq!(obey(&admin, &admin.line(crawl).await).await, 1, "permits the catalogue");
    assert_eq!(obey(&admin, &admin.line(crawl).await).await, 1, "permits the repositories");
    admin.line(crawl).await.ok();
    // The command that is printed for an empty registry works too.
    registry.state.lock().unwrap().repositories.clear();
    app.advance(10);
    let said = admin.line(crawl).await;
    app.advance(10);
    assert_eq!(obey(&admin, &said).await, 1, "{said:?}");
    assert!(!admin.line("repositories list --service other").await.ok().contains("db"));
}
