//! The shape of the command line: help, completions, bad usage.

use crate::program::Shell;
use clap::CommandFactory;

/// The path of every command, that of the program itself first.
pub fn walk(command: &clap::Command, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    found.push(path.clone());
    for inner in command.get_subcommands() {
        path.push(inner.get_name().to_owned());
        walk(inner, path, found);
        path.pop();
    }
}

#[tokio::test]
async fn the_help_of_every_command_ends_with_an_example() {
    let mut all = Vec::new();
    walk(&portreeve::cli::Cli::command(), &mut Vec::new(), &mut all);
    assert!(all.len() > 40, "{all:?}");
    let shell = Shell::new();
    for path in all {
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        arguments.push("--help");
        let said = shell.run(&arguments).await;
        let example = said.ok().split("\nExample").nth(1).unwrap_or_else(|| panic!("{path:?}: {said:?}"));
        let named = format!("  portreeve {}", path.join(" "));
        assert!(example.contains(named.trim_end()), "{path:?} has an example of its own: {example}");
    }
}

#[tokio::test]
async fn completions_are_made_for_the_usual_shells() {
    let shell = Shell::new();
    for (name, has) in
        [("bash", "_portreeve"), ("zsh", "#compdef portreeve"), ("fish", "complete -c portreeve")]
    {
        let said = shell.run(&["completions", name]).await;
        assert!(said.ok().contains(has), "{name}");
        assert!(said.out.contains("set-password"), "{name}");
    }
    assert_eq!(shell.run(&["completions", "abacus"]).await.code, 2);
}

#[tokio::test]
async fn bad_usage_is_2_and_says_what_to_do() {
    let shell = Shell::new();
    for (line, has) in [
        ("users list", "portreeve login URL"),
        ("users list --url ftp://x", "is not a server address"),
        ("users list --url http://admin:secret@localhost", "leave user and password out"),
        ("login http://localhost:1", "--user"),
        ("login http://localhost:1 --user admin", "no password was given"),
    ] {
        let said = shell.line(line).await;
        assert!(said.fails(2).contains(has), "{line}: {said:?}");
    }
    let said = shell.line("users list --url http://localhost:1").await;
    assert!(said.fails(1).contains("not logged in: run `portreeve login http://localhost:1"), "{said:?}");
    for line in ["users", "users list --output xml", "access-keys revoke", "sessions revoke"] {
        assert_eq!(shell.line(line).await.code, 2, "{line}");
    }
}

#[tokio::test]
async fn the_version_is_told_with_commit_and_schema() {
    let shell = Shell::new();
    let this = shell.line("version -o json").await.json();
    assert_eq!(this["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(this["schema"], portreeve::app::newest_schema());
    // Builds for development do not know their commit.
    let commit = this["commit"].as_str();
    assert!(commit.is_none_or(|commit| commit.len() >= 7), "{this}");
    assert!(
        shell.line("version").await.ok().starts_with(&format!("version  {}\n", env!("CARGO_PKG_VERSION")))
    );
}
