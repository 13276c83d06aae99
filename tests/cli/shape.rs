//! The form of the command line: help, completions, and wrong usage.

use crate::helpers::App;
use crate::program::Shell;
use clap::CommandFactory;

/// Collects the path of every command. The first path is empty: the program itself.
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
        assert!(example.contains(named.trim_end()), "{path:?} has no example: {example}");
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
        ("login http://localhost:1 --days 3", "--days needs --user"),
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
async fn a_word_that_fits_no_list_or_grammar_is_bad_usage() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let subject = "`alice` is not a subject: write `user:NAME` or `robot:NAME`";
    for (line, has) in [
        ("explain alice repository:a:pull", "for example `user:alice`, or `anonymous`"),
        ("explain user:a/b repository:a:pull", "`a/b` is not a name"),
        ("explain user:a repository:a:pull --from home", "write it like 203.0.113.7 or 2001:db8::7"),
        ("access-keys list alice", subject),
        ("access-keys create alice --name x", subject),
        ("sessions list alice", subject),
        ("sessions revoke --all alice --yes", subject),
        ("groups create g --member alice", subject),
        ("groups update g --add-member alice", subject),
        ("groups add-member g user:bob alice", subject),
        ("groups remove-member g alice", subject),
        ("rules create r --subject alice --name x --action pull", "`alice` is not a selector"),
        ("rules update r --add-subject alice", "`alice` is not a selector"),
        ("rules create r --effect permit --subject everyone --name x --action pull", "allow, deny"),
        ("services config registry --format toml", "yaml, env"),
        ("services create x --profile harbour", "distribution-2, distribution-3, zot, gitlab, custom"),
        ("services create x --trust blind", "write bundle or jwks or certificate"),
        ("services create x --key-id x5t", "write libtrust or thumbprint"),
        ("audit list --kind castle", "`castle` is not a kind"),
        ("audit list --actor alice", "write user:NAME, robot:NAME, system or anonymous"),
    ] {
        let said = shell.line(line).await;
        assert!(said.fails_with_usage().contains(has), "{line}: {said:?}");
    }
    let help = shell.line("audit list --help").await;
    assert!(help.ok().contains("user:NAME, robot:NAME, system or anonymous"), "{help:?}");
    let help = shell.line("services config --help").await;
    assert!(help.ok().contains("(a certificate or a key set) and notes go to standard error"), "{help:?}");
}

#[tokio::test]
async fn the_version_is_told_with_commit_schema_and_target() {
    let shell = Shell::new();
    let this = shell.line("version -o json").await.json();
    assert_eq!(this["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(this["schema"], portreeve::app::newest_schema());
    // A development build does not know its commit.
    let commit = this["commit"].as_str();
    assert!(commit.is_none_or(|commit| commit.len() >= 7), "{this}");
    assert!(
        shell.line("version").await.ok().starts_with(&format!("version  {}\n", env!("CARGO_PKG_VERSION")))
    );
    let target = this["target"].as_str().unwrap();
    assert!(target.starts_with(std::env::consts::ARCH) && target.contains("linux"), "{target}");
    let told = format!("portreeve {}\ncommit ", env!("CARGO_PKG_VERSION"));
    let full = shell.line("--version").await;
    assert!(full.ok().starts_with(&told), "{full:?}");
    assert!(full.out.ends_with(&format!("\nschema {}\ntarget {target}\n", this["schema"])), "{full:?}");
    assert_eq!(shell.line("-V").await.ok(), format!("portreeve {}\n", env!("CARGO_PKG_VERSION")));
}
