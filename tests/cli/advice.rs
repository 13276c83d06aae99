//! Runs the commands that are printed for pasting: the examples of `--help` and of the documents, and the commands that
//! `explain` suggests. Each must do what its text says. Other printed commands must have valid arguments. A shell runs
//! each command in a folder with the files `a` and `b`, because it would expand an unquoted `*` to their names.
//!
//! A new example needs no entry here if it runs in one of the worlds of `world.rs`. If it names something that no world
//! contains, add that to `fill` or `write_files`. If it cannot run in a test, add it to `NOT_RUN` with the reason.

use crate::examples::{Example, Statement, documents, of_documents, of_help};
use crate::helpers::App;
use crate::program::Shell;
use crate::shape::walk;
use crate::world::{Filling, Ran, World};
use clap::error::ErrorKind;
use clap::{Command, CommandFactory};
use portreeve::cli::Cli;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The number of examples that run at once.
const AT_ONCE: usize = 3;

/// The beginnings of commands that cannot run in a test, with the reason. A command of this program must still have
/// valid arguments.
const NOT_RUN: &[(&str, &str)] = &[
    ("portreeve serve", "runs until it is stopped, on a port of its own: the tests of settings start it"),
    (
        "portreeve doctor registry.example.org",
        "asks a registry on another machine: the tests of the doctor have their own registry",
    ),
    (
        "portreeve copy --from sqlite://portreeve.db --to postgres:",
        "needs PostgreSQL: the tests of moving copy to PostgreSQL",
    ),
    (
        "portreeve copy --from sqlite:///var/lib/portreeve/portreeve.db \\\n    --to postgres:",
        "needs PostgreSQL: the tests of moving copy to PostgreSQL",
    ),
    ("portreeve copy --from postgres:", "needs PostgreSQL: the tests of moving copy from PostgreSQL"),
    (
        "portreeve admin end-sessions --database-url postgres:",
        "needs PostgreSQL: the tests of moving run this command",
    ),
    (
        "portreeve keys maintain --keys-dir keys --database-url postgres:",
        "needs PostgreSQL: the tests of keys maintain with a database",
    ),
    ("cargo ", "builds this program, or runs its tests and benchmarks"),
    (
        "portreeve login auth.example.org --user alice --ca our-ca.crt",
        "asks a server on another machine: the tests of interop run the recipe",
    ),
    (
        "openssl verify -x509_strict",
        "needs the certificates of the recipe: the tests of interop run the recipe",
    ),
    ("curl --cacert our-ca.crt", "likewise"),
    ("portreeve login https://auth.example.org --user alice --ca", "likewise"),
    ("mkdir -p ~/.config/containers", "likewise"),
    ("cp our-ca.crt", "likewise"),
    ("skopeo login --username alice", "likewise"),
    ("podman login --username alice", "likewise"),
    ("portreeve login https://localhost:5001", "is refused: the tests of addresses have such servers"),
    ("portreeve repositories crawl registry", "asks a registry; `crawl.rs` has one"),
    ("PORTREEVE_COMPARED_WORLDS=", "runs the tests, for longer"),
    ("PORTREEVE_KILL_ROUNDS=", "runs the tests, for hours"),
    ("PORTREEVE_MODEL_CASES=", "runs the tests, for hours"),
    ("PORTREEVE_FLOOD_SECONDS=", "runs the tests, for longer"),
    ("PORTREEVE_CONTRACT_EXAMPLES=", "runs the tests, for longer"),
    (
        "portreeve identity-providers test corp",
        "asks a provider on another machine: the tests of identity have their own provider",
    ),
    (
        "portreeve identity-providers release corp",
        "needs many people whom the provider has removed: the tests of identity release a provider",
    ),
    (
        "portreeve users recheck erin",
        "asks a provider on another machine: the tests of identity have their own provider",
    ),
    ("PORTREEVE_PEOPLE=", "runs the tests, for longer"),
    ("PORTREEVE_EVENT_", "runs the tests, for longer"),
    ("apt-get install", "changes the machine"),
    ("runuser -u portreeve", "needs the account of the Debian package; tests of packaging run it"),
    ("(set -a; . /etc/default/portreeve", "likewise"),
    ("install -d -m 700 /root/", "makes a folder that belongs to root"),
    ("cp -a /var/lib/portreeve", "needs the folder of the Debian package"),
    ("systemctl ", "needs systemd and a unit of the server"),
    (
        "docker-registry serve",
        "runs until it is stopped, on a port of its own: the tests of interop run a registry",
    ),
    ("docker login localhost:5000", "needs that registry: the tests of interop log in to a registry"),
    ("tar -cf target/hello.tar", "makes the image for that registry"),
    ("skopeo copy --dest-tls-verify=false", "needs that registry: the tests of interop push to a registry"),
    ("curl -sI https://registry.example.org", "asks a registry on another machine"),
    ("install -m 755 portreeve-", "needs the file of a release: the tests of packages install it"),
    ("docker exec portreeve", "needs a container: the tests of packages look at its command"),
    ("docker compose exec", "likewise"),
    ("docker compose up", "needs a container engine: the tests of packages start the services as processes"),
    ("docker load", "needs a container engine: the tests of packages read the image with others"),
    ("docker rm", "needs a container engine"),
    ("kubectl ", "needs Kubernetes: the tests of packages run what needs no cluster"),
    ("helm upgrade", "needs Kubernetes: the tests of packages render the chart"),
];

/// The commands that need a stopped server.
const NEEDS_STOPPED_SERVER: &[&str] = &["portreeve restore"];

/// The parts of commands that need the result of an earlier command, and that command.
const GOES_ON: &[(&str, &str)] = &[
    ("--service zot.example.org --confirm", "portreeve keys rotate --service zot.example.org"),
    ("portreeve restore before-upgrade.db", "portreeve backup before-upgrade.db"),
    ("cp -a backup/keys .", "portreeve backup backup/portreeve.db && cp -a keys backup/"),
];

/// The parts of commands that answer by their exit code, and their codes besides 0.
const ANSWERS: &[(&str, &str)] = &[
    ("portreeve explain", "3"),
    ("portreeve whoami --can", "3"),
    ("--dry-run", "3"),
    ("portreeve rules lint", "1"),
    ("portreeve doctor", "1"),
    ("portreeve config check", "1"),
    ("portreeve self-check", "1"),
];

fn reason_not_to_run(statement: &str) -> Option<usize> {
    NOT_RUN.iter().position(|(beginning, _)| statement.starts_with(beginning))
}

/// Returns the exit codes of a command that did what its example shows.
fn codes(statement: &Statement) -> String {
    let mut codes = vec!["0"];
    codes.extend(ANSWERS.iter().filter(|(part, _)| statement.text.contains(part)).map(|(_, code)| *code));
    let is_refusal = statement.shown.contains("\"status\":4")
        || statement.shown.contains("\"errors\":[{\"code\":")
        || statement.shown.lines().any(|line| line.starts_with("portreeve: "));
    if is_refusal {
        codes.extend(["1", "2", "22"]);
    }
    codes.join("|")
}

/// Adds `--yes` to a command that would ask at a terminal, because the test has no terminal.
pub fn answered(statement: &str) -> String {
    let mut command = Cli::command();
    let mut end = 0;
    let mut words = statement.split_inclusive(' ');
    if words.next() != Some("portreeve ") {
        return statement.to_owned();
    }
    let mut at = "portreeve ".len();
    for word in words {
        let Some(inner) = command.find_subcommand(word.trim()).cloned() else { break };
        command = inner;
        at += word.len();
        end = at;
    }
    let asks = command.get_arguments().any(|argument| argument.get_id() == "yes");
    if !asks || statement.contains("--yes") || end == 0 {
        return statement.to_owned();
    }
    let (command, rest) = statement.split_at(end);
    format!("{} --yes {rest}", command.trim_end())
}

/// Builds a script that stops at the first command that does not do what its example shows.
fn script(example: &Example) -> String {
    let mut script = example.before.clone();
    for statement in example.statements.iter().filter(|one| reason_not_to_run(&one.text).is_none()) {
        let (text, codes) = (answered(&statement.text), codes(statement));
        for (_, first) in GOES_ON.iter().filter(|(part, _)| text.contains(part)) {
            script.push_str(&format!("{first} || exit 9\n"));
        }
        script.push_str(&format!(
            "{text}\nended=$?\ncase $ended in {codes}) ;; *) echo \"ended with $ended\" >&2; exit 9;; esac\n"
        ));
    }
    script
}

/// Returns the fault of an example, if it has one.
async fn fault(example: &Example, worlds: &[(Filling, World)]) -> Option<String> {
    let mut tried = Vec::new();
    let script = script(example);
    if script == example.before {
        return None;
    }
    let is_up = !NEEDS_STOPPED_SERVER.iter().any(|part| script.contains(part));
    for (filling, world) in worlds {
        let ran = world.run(&script, is_up).await;
        if ran.code() == 0 {
            return None;
        }
        tried.push(format!("In the world of {filling:?}:\n{}", ran.text()));
    }
    Some(format!(
        "{} does not do what it says.\n{script}\n{}\nMend it; or add what it names to tests/cli/world.rs; or, if it cannot run in a \
         test, add it to NOT_RUN in tests/cli/advice.rs with the reason.\n",
        example.place,
        tried.join("\n")
    ))
}

/// Returns the words of a command of this program, up to the part that the shell handles.
fn arguments(statement: &str) -> Vec<String> {
    let words =
        shlex::split(&statement.replace("\\\n", " ")).expect("the quotes of the command must be closed");
    let ends =
        |word: &String| matches!(word.as_str(), "|" | "&&" | ";" | ">" | "<") || word.starts_with(['>', '<']);
    words.into_iter().take_while(|word| !ends(word)).collect()
}

fn helps() -> Vec<Example> {
    let mut all = Vec::new();
    let mut root: Command = Cli::command();
    root.build();
    walk(&root, &mut Vec::new(), &mut all);
    let help = |path: &Vec<String>| {
        let command = path.iter().try_fold(&root, |command, name| command.find_subcommand(name));
        let text = command.unwrap().clone().render_long_help().to_string();
        of_help(&format!("portreeve {}", path.join(" ")), &text)
    };
    all.iter().flat_map(help).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_help_and_the_documents_does_what_it_says() {
    let examples: Vec<Example> = helps().into_iter().chain(of_documents()).collect();
    assert!(examples.len() > 100, "only {} examples were found", examples.len());
    let mut worlds = Vec::new();
    for filling in [Filling::Everything, Filling::Accounts, Filling::Nothing] {
        worlds.push((filling, World::build(filling).await));
    }
    let shared = Arc::new((examples, worlds));
    let workers: Vec<_> = (0..AT_ONCE)
        .map(|worker| {
            let shared = shared.clone();
            tokio::spawn(async move {
                let mut faults = Vec::new();
                for example in shared.0.iter().skip(worker).step_by(AT_ONCE) {
                    faults.extend(fault(example, &shared.1).await);
                }
                faults
            })
        })
        .collect();
    let mut faults = Vec::new();
    for worker in workers {
        faults.extend(worker.await.unwrap());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_is_not_run_is_still_there_and_is_taken() {
    let mut used = BTreeSet::new();
    for example in helps().into_iter().chain(of_documents()) {
        for statement in &example.statements {
            let Some(at) = reason_not_to_run(&statement.text) else { continue };
            used.insert(at);
            if statement.text.starts_with("portreeve ") {
                let parsed = Cli::command().try_get_matches_from(arguments(&statement.text));
                assert!(parsed.is_ok(), "{}: {}: {}", example.place, statement.text, parsed.unwrap_err());
            }
        }
    }
    let unused: Vec<&str> =
        NOT_RUN.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, (text, _))| *text).collect();
    assert!(
        unused.is_empty(),
        "no example begins with these texts any more: remove them from NOT_RUN: {unused:?}"
    );
}

/// Returns the commands of this program that a text recommends between backticks.
pub fn told(text: &str) -> Vec<String> {
    let between = text.split('`').skip(1).step_by(2);
    between.filter(|part| part.starts_with("portreeve ")).map(str::to_owned).collect()
}

#[test]
fn what_the_documents_name_in_their_text_is_a_command_with_such_flags() {
    let mut count = 0;
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        for command in told(&text) {
            count += 1;
            let error = Cli::command().try_get_matches_from(arguments(&command.replace('\n', " "))).err();
            // A text may name a command without its arguments.
            let is_part = |error: &clap::Error| {
                matches!(
                    error.kind(),
                    ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                        | ErrorKind::MissingSubcommand
                        | ErrorKind::MissingRequiredArgument
                )
            };
            let wrong = error.filter(|error| !is_part(error));
            assert!(wrong.is_none(), "{}: `{command}`: {}", path.display(), wrong.unwrap());
        }
    }
    assert!(count > 20, "only {count} commands were found");
}

/// Checks that the script succeeded and kept the files `a` and `b`.
fn assert_ran(ran: &Ran, what: &str) {
    assert_eq!(ran.code(), 0, "{what}: {}", ran.text());
    for name in ["a", "b"] {
        assert!(ran.folder.path().join(name).exists(), "{what}");
    }
}

/// The command that creates a service whose registry may ask for anything.
const CUSTOM: &str = "portreeve services create other --profile custom --trust jwks";

#[tokio::test(flavor = "multi_thread")]
async fn what_explain_suggests_grants_what_was_asked() {
    let world = World::build(Filling::Accounts).await;
    for (before, question) in [
        ("", "user:bob repository:team/app:pull,push"),
        ("", "user:bob 'repository:team/app:*'"),
        ("", "anonymous 'registry:catalog:*'"),
        ("", "robot:ci repository:one:pull repository:two/b:push"),
        // A registry without a known profile may ask for anything.
        (CUSTOM, "--service other user:bob \"x:it's:a\""),
        (CUSTOM, "--service other user:bob 'x:$(id>c)`id>c`:a'"),
        (CUSTOM, "--service other user:bob x:-n:a"),
        (CUSTOM, "--service other user:bob x:Upper/Case~1:a"),
        (CUSTOM, "--service other user:bob repository:localhost:5000/team/app:read"),
        // In this case, the suggested name of the rule is already taken.
        (
            "portreeve rules create bob-one --subject user:bob --name one --action pull",
            "user:bob repository:one:push",
        ),
        // In the next two cases, the deciding rule has another priority.
        (
            "portreeve rules create top --subject user:bob --name one --action pull --priority 7",
            "user:bob repository:one:push",
        ),
        (
            "portreeve rules create stop --effect deny --subject everyone --name one --action delete --priority 7",
            "user:bob repository:one:pull,push",
        ),
    ] {
        let script = format!(
            "{before}\nportreeve explain {question} > said; test $? = 3 || exit 9\n\
             grep '^to allow it: ' said | cut -d' ' -f4- > advice\ntest -s advice || exit 8\n\
             . ./advice || exit 7\nportreeve explain {question}; ended=$?; cat advice >&2; test ! -e c && exit $ended"
        );
        let ran = world.run(&script, true).await;
        assert_ran(&ran, question);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lint_and_the_set_up_of_a_registry_tell_to_run_can_be_run() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    for (name, rule) in [
        ("all", json!({"subjects": ["everyone"], "names": ["**"], "actions": ["*"]})),
        (
            "odd",
            json!({"subjects": ["user:nobody", "group:none"], "names": ["team/[ab]*"], "actions": ["push"]}),
        ),
        (
            "top",
            json!({"subjects": ["anonymous"], "names": ["${subject}/**"], "actions": ["pul"], "priority": 9}),
        ),
        (
            "never",
            json!({"subjects": ["everyone"], "names": ["a"], "actions": ["pull"], "not_after": "2020-01-01T00:00:00Z"}),
        ),
    ] {
        app.rule(name, rule).await;
    }
    for (name, profile) in [("zot two", "zot"), ("it's", "distribution-2"), ("-x", "custom")] {
        let trust = if profile == "custom" { json!("jwks") } else { Value::Null };
        let body = json!({"profile": profile, "trust": trust});
        app.must("PUT", &format!("/services/{}", name.replace(' ', "%20")), body).await;
    }
    let mut texts = vec![shell.line("rules lint").await.out];
    for name in ["registry", "zot two", "it's", "-x"] {
        texts.push(shell.run(&["services", "config", "--", name]).await.err);
    }
    texts.push(shell.run(&["users", "create", "admin"]).await.err);
    let commands: BTreeSet<String> = texts.iter().flat_map(|text| told(text)).collect();
    assert!(commands.len() > 4, "{texts:?}");
    for command in commands {
        let parsed = Cli::command().try_get_matches_from(arguments(&command));
        assert!(parsed.is_ok(), "`{command}`: {}", parsed.unwrap_err());
        let expanded = format!("cd \"$1\" && printf '%s\\n' {command}");
        let said =
            std::process::Command::new("sh").args(["-c", &expanded, "sh"]).arg(shell.home.path()).output();
        let said = String::from_utf8(said.unwrap().stdout).unwrap();
        assert_eq!(said.lines().collect::<Vec<_>>(), arguments(&command), "a shell gets other words");
    }
}
