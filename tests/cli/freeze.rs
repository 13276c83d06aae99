//! The freeze from the help text: pushes stop, and pulls continue.

use crate::examples::of_documents;
use crate::helpers::{App, PASSWORD};
use crate::program::Shell;
use serde_json::{Value, json};

/// Starts a server on which every signed-in user may pull and push. Returns a shell of its administrator.
async fn port() -> (App, Shell) {
    let app = App::spawn().await;
    app.user("alice").await;
    app.rule("work", json!({"subjects": ["authenticated"], "names": ["**"], "actions": ["pull", "push"]}))
        .await;
    let shell = Shell::of_admin(&app).await;
    (app, shell)
}

/// Returns the command of the help text, without the name of the program.
async fn example(shell: &Shell) -> String {
    let help = shell.line("rules create --help").await;
    let line = help.ok().lines().find(|line| line.contains("rules create freeze")).unwrap();
    line.trim().strip_prefix("portreeve ").unwrap().replace('\'', "")
}

#[tokio::test]
async fn the_freeze_of_the_help_stops_pushes_and_leaves_pulls() {
    let (app, shell) = port().await;
    let made = shell.line(&example(&shell).await).await;
    assert_eq!((made.ok(), made.err.as_str()), ("created rule `freeze`\n", ""));
    let granted = async |name: &str| {
        let query = format!("scope=repository:{name}:pull,push");
        app.token(Some(("alice", PASSWORD)), &query).await.granted()
    };
    assert_eq!(granted("release/1").await, "repository:release/1:pull");
    assert_eq!(granted("web/site").await, "repository:web/site:pull,push");
    assert_eq!(shell.line("rules lint").await.ok(), "there are no warnings about the rules\n");
}

#[tokio::test]
async fn a_freeze_in_a_higher_tier_is_warned_of_wherever_it_is_written() {
    let (app, shell) = port().await;
    let hides = "at priority 10 only this rule counts on `release/**`, so `delete` and `pull` (allowed by `admins` and \
                 `work` at priority 0) are lost. To deny `push` alone: `portreeve rules update freeze --priority 0`";
    let said = shell.line(&format!("{} --priority 10", example(&shell).await)).await;
    assert_eq!(said.ok(), "created rule `freeze`\n");
    assert!(said.err.contains(hides), "{said:?}");
    let said = shell.line("rules lint").await;
    assert!(said.fails(1).contains("1 warning") && said.out.contains("freeze  hides-lower-tier"), "{said:?}");
    let said = shell.line("rules update freeze --priority 0").await;
    assert_eq!((said.ok(), said.err.as_str()), ("updated rule `freeze`\n", ""));
    let said = shell.line("rules update freeze --priority 10").await;
    assert!(said.err.contains(hides), "{said:?}");
    app.must("DELETE", "/rules/freeze", Value::Null).await;
    let file = "kind: rule\nname: freeze\neffect: deny\nsubjects: [everyone]\nnames: [release/**]\n\
        actions: [push]\npriority: 10\n";
    let said = shell.with_input(&["apply", "-", "--format", "yaml", "--dry-run"], file).await;
    assert_eq!(said.code, 3, "{said:?}");
    assert!(said.out.contains(&format!("warning: rule `freeze`: {hides}")), "{said:?}");
}

/// A dry run of a freeze prints the text of docs/files.md, at priority 0 and at priority 10.
#[tokio::test]
async fn the_dry_runs_of_a_freeze_are_as_the_document_shows_them() {
    let (_app, shell) = port().await;
    let examples = of_documents();
    let statements = || examples.iter().flat_map(|example| &example.statements);
    for (file, priority) in [("freeze.yaml", 0), ("freeze10.yaml", 10)] {
        let text = format!(
            "kind: rule\nname: freeze\neffect: deny\nsubjects: [everyone]\nnames: [\"release/**\"]\n\
             actions: [push]\npriority: {priority}\n"
        );
        std::fs::write(shell.home.path().join(file), text).unwrap();
        let command = format!("portreeve apply {file} --dry-run");
        let shown = &statements().find(|one| one.text == command).unwrap().shown;
        let said = shell.script(&command).await;
        assert_eq!((said.code, &said.out), (3, shown), "{file}");
    }
}
