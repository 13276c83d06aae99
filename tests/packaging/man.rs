//! The manual pages and the completions in the package.

use crate::built::{must, program, said};
use clap::CommandFactory;
use std::collections::BTreeSet;

/// Collects the names of the pages of a command and of all its subcommands that are not hidden.
fn pages(command: &clap::Command, name: &str, into: &mut BTreeSet<String>) {
    into.insert(format!("{name}.1"));
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        pages(inner, &format!("{name}-{}", inner.get_name()), into);
    }
}

#[test]
fn every_command_has_a_manual_page_that_man_shows_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("new/man1");
    must(program().to_str().unwrap(), &["man", folder.to_str().unwrap()]);
    let mut expected = BTreeSet::new();
    pages(&portreeve::cli::Cli::command(), "portreeve", &mut expected);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let found: BTreeSet<String> =
        files.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(found, expected);
    let arguments =
        ["LC_ALL=C.UTF-8", "MANWIDTH=100", "man", "--warnings", "--encoding=UTF-8", "--local-file"];
    let paths: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let shown = said("env", &[&arguments[..], &paths].concat());
    assert!(
        shown.succeeded() && shown.text() == shown.out,
        "man warns: {}",
        shown.text().replace(&shown.out, "")
    );
    for words in ["portreeve-keys-rotate", "--max-staleness", "Run the server"] {
        assert!(shown.out.contains(words), "{words}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let refused = said(program().to_str().unwrap(), &["man", "/proc/nowhere"]);
    assert!(
        !refused.succeeded() && refused.text().contains("cannot write manual pages into `/proc/nowhere`"),
        "{}",
        refused.text()
    );
}

#[test]
fn bash_completes_commands_and_flags() {
    let program = program().to_str().unwrap();
    let script = format!(
        "source <({program} completions bash); COMP_WORDS=(portreeve keys ro); COMP_CWORD=2; \
         _portreeve portreeve ro keys; echo \"${{COMPREPLY[@]}}\"; complete -p portreeve"
    );
    let completed = must("bash", &["-c", &script]);
    assert!(completed.starts_with("rotate\n") && completed.contains("_portreeve"), "{completed}");
}
