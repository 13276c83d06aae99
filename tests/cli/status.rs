//! `portreeve status` and `portreeve version`.

use crate::helpers::App;
use crate::program::Shell;
use serde_json::Value;

#[tokio::test]
async fn status_and_version_are_shown() {
    let app = App::spawn().await;
    let mut shell = Shell::new();
    shell.set("PORTREEVE_TOKEN", &app.robot("ci", Value::Null).await);
    shell.set("PORTREEVE_URL", &app.url(""));
    shell.line("status").await.fails_with(1, "only administrators");
    let admin = Shell::of_admin(&app).await;
    let said = admin.line("status").await;
    for has in [
        "\nreplicas\nID ",
        "\nsigning keys\nKID ",
        "\ncertificates\nUSE      BEGAN ",
        "\nschema    ",
        "\nstarted   ",
        "\ndatabase  sqlite, ",
        " KiB\n",
        "\nfeed      in force up to change ",
        "\ncounts\nusers           1\n",
        "\naccess keys     2\n",
        "24 h ago",
        " days\n\ncertificates\n",
        "\nwarnings: none\n",
    ] {
        assert!(said.ok().contains(has), "{has}: {said:?}");
    }
    assert!(!said.out.contains('='), "{said:?}");
    let status = admin.line("status -o json").await.json();
    let version = shell.line("version --output json").await.json();
    for field in ["version", "commit", "schema"] {
        assert_eq!(status[field], version[field], "{field}");
    }
    let commit = version["commit"].as_str().unwrap();
    let is_hash = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(is_hash || commit == "unknown", "{commit}");
    let text = shell.line("version").await;
    let reason = " (built for development or outside a git checkout, without PORTREEVE_COMMIT)";
    let shown = if commit == "unknown" { format!("unknown{reason}") } else { commit.to_owned() };
    assert!(text.ok().contains(&format!("commit   {shown}\n")), "{text:?}");
    assert!(said.out.contains(&format!("\ncommit    {shown}\n")), "{said:?}");
}

#[tokio::test]
async fn the_schema_is_the_databases_and_not_the_programs() {
    let app = App::spawn().await;
    let admin = Shell::of_admin(&app).await;
    // A newer release leaves the database in this state, while an older server still uses it.
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
        VALUES (999, 'later', TRUE, '', 0)";
    crate::database::run(&app.folder.database_url(), later).await;
    assert_eq!(admin.line("status -o json").await.json()["schema"], 999);
}
