//! Unusual input and output: files with unusual content, a trail without records, readers that stop early, and
//! arguments that cannot be meant.

use crate::helpers::App;
use crate::program::{Said, Shell};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

fn write(shell: &Shell, name: &str, text: &str) {
    let path = shell.home.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn last_line(said: &Said) -> &str {
    said.out.lines().last().unwrap()
}

#[tokio::test]
async fn a_line_is_counted_within_its_file() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    write(&shell, "a.yaml", "\u{feff}kind: user\nname: alice\n");
    write(&shell, "b.yaml", "kind: user\nname: bob\n---\nkind: user\nkind: user\n");
    let said = shell.line("apply a.yaml b.yaml").await;
    assert!(said.fails(1).starts_with("portreeve: b.yaml: document 2: line 4, column 1: "), "{said:?}");
    write(&shell, "c.ndjson", "{\"kind\":\"user\",\"name\":\"carol\"}\n\n{");
    let said = shell.line("apply c.ndjson").await;
    assert!(said.fails(1).starts_with("portreeve: c.ndjson: document 2: line 3, column "), "{said:?}");
    let said = shell.with_input(&["apply", "-"], "kind: castle\nname: x\n").await;
    assert!(
        said.fails(1).starts_with("portreeve: standard input: document 1 (castle x): kind: "),
        "{said:?}"
    );
    let said = shell.line("apply a.yaml nowhere.yaml").await;
    assert!(said.fails(1).starts_with("portreeve: cannot read `nowhere.yaml`: "), "{said:?}");
    assert_eq!(app.api("GET", "/users/alice", Value::Null).await.status, 404);
    assert_eq!(last_line(&shell.line("apply a.yaml").await), "1 created, 0 changed, 0 deleted, 0 unchanged");
}

#[tokio::test]
async fn what_is_in_folders_of_a_folder_is_not_pruned() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    write(&shell, "policy/a.yaml", "kind: user\nname: alice\n");
    write(&shell, "policy/teams/b.yml", "kind: user\nname: bob");
    write(&shell, "policy/.git/x.yaml", "kind: nonsense\n");
    write(&shell, "policy/README.md", "# not for applying\n");
    let said = shell.line("apply policy --owner git --prune --yes").await;
    assert_eq!(last_line(&said), "2 created, 0 changed, 0 deleted, 0 unchanged");
    let said = shell.line("apply policy --owner git --prune --yes").await;
    assert_eq!(last_line(&said), "0 created, 0 changed, 0 deleted, 2 unchanged");
    std::os::unix::fs::symlink("teams", shell.home.path().join("policy/linked")).unwrap();
    let said = shell.line("apply policy").await;
    assert!(
        said.fails(1).contains("`policy/linked` is a link to a folder: name that folder itself"),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_file_is_written_whole_or_stays_as_it_was() {
    let mut app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    write(&shell, "old.yaml", "old");
    write(&shell, "trail.jsonl", "old");
    let trail = shell.home.path().join("trail.jsonl");
    std::fs::set_permissions(&trail, std::fs::Permissions::from_mode(0o644)).unwrap();
    for line in ["export old.yaml", "audit export trail.jsonl"] {
        let said = shell.line(line).await;
        assert!(said.fails(1).contains("` exists already: choose another name, or replace it with --force"));
    }
    assert_eq!(std::fs::read_to_string(&trail).unwrap(), "old");
    assert_eq!(shell.line("export --force").await.code, 2, "`--force` needs the name of a file");
    shell.line("audit export trail.jsonl --force").await.ok();
    let mode = std::fs::metadata(&trail).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "other users could read the old file");
    assert!(shell.line("export nowhere/x.yaml").await.fails(1).contains("cannot write `nowhere/x.yaml`"));
    app.stop().await;
    let before = std::fs::read_to_string(&trail).unwrap();
    for line in ["export old.yaml --force", "audit export trail.jsonl --force"] {
        shell.line(line).await.fails(1);
    }
    assert_eq!(std::fs::read_to_string(shell.home.path().join("old.yaml")).unwrap(), "old");
    assert_eq!(std::fs::read_to_string(&trail).unwrap(), before);
    let mut names: Vec<_> =
        std::fs::read_dir(shell.home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [".config", "old.yaml", "trail.jsonl"], "no incomplete file is left");
}

#[tokio::test]
async fn a_trail_without_records_does_not_verify() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let said = shell.with_input(&["audit", "verify", "-"], "").await;
    assert!(said.fails(1).contains("there is no record to verify"), "{said:?}");
    let text = shell.line("audit export").await.ok().to_owned();
    shell.with_input(&["audit", "verify", "-"], &text).await.ok();
}

#[tokio::test]
async fn where_a_higher_priority_decides_the_command_lets_the_lower_rule_count() {
    let app = App::spawn().await;
    app.user("alice").await;
    let shell = Shell::of_admin(&app).await;
    app.rule("low", json!({"subjects": ["user:alice"], "names": ["x/*"], "actions": ["push"]})).await;
    let high = json!({"effect": "deny", "subjects": ["everyone"], "names": ["**"], "actions": ["pull"], "priority": 5});
    app.rule("high", high).await;
    let said = shell.line("explain user:alice repository:x/y:push").await;
    assert!(
        said.code == 3
            && said
                .out
                .contains("rule `low` would, but rule `high` decides alone, with the higher priority 5"),
        "{said:?}"
    );
    let lower = "portreeve rules update high --priority=0";
    assert!(
        said.out.ends_with(&format!("to let rule `low` allow push, for everybody: {lower}\n")),
        "{}",
        said.out
    );
    shell.script(lower).await.ok();
    shell.line("explain user:alice repository:x/y:push").await.ok();
}

#[tokio::test]
async fn every_character_that_a_description_may_have_comes_back() {
    let app = App::spawn().await;
    let shell = Shell::of_admin(&app).await;
    let mut kept = Vec::new();
    for (number, text) in [
        "\u{fffe}",
        "\u{ffff}",
        "\u{feff}",
        "\u{85}",
        "\u{2029}",
        "\u{ad}",
        "\u{10ffff}",
        "\u{e000}",
        "\t",
        "a\nb",
        "\u{7f}",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("g{number}");
        let reply =
            app.api("PUT", &format!("/groups/{name}"), json!({"description": format!("x{text}")})).await;
        if reply.status == 201 {
            kept.push(name);
        }
    }
    assert!(kept.len() > 4, "{kept:?}");
    shell.line("export all.yaml").await.ok();
    let said = shell.line("apply all.yaml").await;
    assert!(last_line(&said).starts_with("0 created, 0 changed, 0 deleted, "), "{said:?}");
}

/// A reader that stops early (`2>&1 | head`) changes neither the work nor the exit code of the command.
#[tokio::test]
async fn a_reader_that_leaves_is_not_a_failure_of_a_command() {
    let app = App::spawn().await;
    app.user("alice").await;
    let shell = Shell::of_admin(&app).await;
    write(&shell, "team.yaml", "kind: group\nname: team\n");
    for (command, code) in [
        ("users delete alice", "2"),
        ("users show nobody", "1"),
        ("export --nonsense", "2"),
        ("apply --dry-run team.yaml", "0"),
        ("export all.yaml", "0"),
        ("audit export trail.jsonl", "0"),
        ("services config registry --write out", "0"),
        ("users list", "0"),
        ("keys init --keys-dir own", "0"),
    ] {
        // The reader has ended before the program writes.
        let script =
            format!("{{ sleep 0.2; portreeve {command} </dev/null; echo $? > code; }} 2>&1 | true; cat code");
        assert_eq!(shell.script(&script).await.out.trim(), code, "{command}");
    }
    for file in ["all.yaml", "trail.jsonl", "out/portreeve-ca.crt"] {
        assert!(shell.home.path().join(file).exists(), "{file}");
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_with_what_to_write() {
    let app = App::spawn().await;
    app.user("alice").await;
    app.robot("ci", Value::Null).await;
    let shell = Shell::of_admin(&app).await;
    for (line, code, told) in [
        ("explain user:alice localhost:5000/web/site:1", 2, "write `repository:web/site:pull`"),
        ("explain registry.example.org/web/site", 2, "write `repository:web/site:pull`"),
        ("whoami --can r.example.org:443/web@sha256:ab", 2, "write `repository:web:pull`"),
        ("apply nosuch/path", 1, "No such file or directory"),
        (
            "access-keys create robot:ci --name k --scope repository:Web/site:pull",
            1,
            "write `repository:web/site:pull`",
        ),
        (
            "access-keys create robot:ci --name k --scope repository:web/site:latest:pull",
            1,
            "no repository can have",
        ),
    ] {
        let said = shell.line(line).await;
        assert!(said.code == code && said.err.contains(told), "{line}: {said:?}");
    }
    let said = shell.line("users update alice --admin false").await;
    assert!(said.code == 2 && said.err.contains("`--admin=false`"), "{said:?}");
    let port = app.address.port();
    let said = shell.line(&format!("doctor https://localhost:{port}")).await;
    let all = format!("{}{}", said.out, said.err);
    assert!(all.contains(&format!("ask for `http://localhost:{port}`")), "{said:?}");
    for scope in
        ["repository:web/**:pull,push", "*:Web/**:pull", "registry:catalog:*", "repository:5000/web:pull"]
    {
        shell.line(&format!("access-keys create robot:ci --name k --scope {scope}")).await.ok();
    }
    let key = app.must("POST", "/robots/ci/access-keys", json!({"name": "gone"})).await;
    let [id, secret] = ["id", "secret"].map(|field| key[field].as_str().unwrap().to_owned());
    app.must("DELETE", &format!("/access-keys/{id}"), Value::Null).await;
    for token in [format!("ptr_{}", "0".repeat(49)), secret] {
        let said = shell.script(&format!("PORTREEVE_TOKEN={token} portreeve users list")).await;
        assert!(
            said.fails(1).contains("the access key in PORTREEVE_TOKEN is unknown, was revoked or has ended"),
            "{said:?}"
        );
    }
}
