//! Warns of patterns that no repository's name can match, and of patterns that begin with a registry's host.
//!
//! INVARIANT: a warning that no name can match is certain. An example has one letter for every wildcard and
//! placeholder. If any valid name matches, the example is valid too, because a letter is allowed at either end of a
//! segment and beside every separator.

use super::asked;
use super::fix;
use super::known::Known;
use super::words::has_custom_service;
use crate::domain::faults;
use crate::domain::policy::glob::NameGlob;
use crate::domain::policy::rule::{Rule, TypePattern};
use crate::domain::policy::witness::{self, Piece};
use crate::domain::resource::{ResourceName, ResourceType};
use crate::domain::warning::Warning;

/// Characters with a special meaning in other pattern languages.
const SPECIAL: [char; 11] = ['[', ']', '{', '}', '(', ')', '|', '^', '$', '+', '\\'];

/// Warns of patterns that no repository's name can match, or that begin with a registry's host, in a rule of the
/// type `repository`.
pub(super) fn warnings(rule: &Rule, known: &Known<'_>) -> Vec<Warning> {
    match &rule.resource_type {
        TypePattern::Exactly(of) if of.is_repository() => {
            let any_host = has_custom_service(rule, known);
            let why = |glob| impossible(rule, glob, of, any_host);
            rule.names.iter().filter_map(why).map(|why| Warning::new("impossible-name", why)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns the glob with `x` in place of every wildcard and placeholder.
fn example(glob: &NameGlob) -> String {
    let text = |piece| match piece {
        Piece::Literal(text) => text,
        Piece::Wildcard(_) | Piece::Placeholder(_) => "x".to_owned(),
    };
    witness::pieces(glob).into_iter().map(text).collect()
}

/// Returns the advice that names the text to write instead of a pattern.
fn write(rule: &Rule, glob: &NameGlob, meant: &str) -> String {
    let command = fix::update(rule, &[("--remove-name", glob), ("--add-name", &meant)]);
    format!("write `{meant}`: {command}")
}

fn take_out(rule: &Rule, glob: &NameGlob) -> String {
    fix::take_out(rule, rule.names.len(), ("--remove-name", glob))
}

/// Returns the reason why no requested name of a repository can match the glob, and the text to write instead.
/// Returns `None` if a name can match, and for `_catalog`, which has a warning of its own.
fn impossible(rule: &Rule, glob: &NameGlob, of: &ResourceType, any_host: bool) -> Option<String> {
    let text = glob.as_str();
    // `${label:KEY}` contains a colon, and the value of a label may be any text.
    if let Some((first, rest)) = asked::host_in_front(text)
        && !first.contains("${")
    {
        // INTEROP: docker content trust requests the name with the host, but no registry of a known profile does.
        let why = format!(
            "registries ask for names without the host, and `{text}` begins with `{first}`: {}",
            write(rule, glob, rest)
        );
        return (!any_host).then_some(why);
    }
    let example = example(glob);
    if text == "_catalog" || ResourceName::parse(of, &example).is_ok() {
        return None;
    }
    let fault = faults::of_repository(&example);
    let has_special = |text: &str| text.contains(SPECIAL);
    let fix = match text.chars().find(|c| SPECIAL.contains(c)) {
        Some(special) if has_special(&example) => format!(
            "`{special}` has no special meaning in a pattern, only `*`, `?` and `**` have one; write one pattern for \
             each name, and take this pattern out: {}",
            take_out(rule, glob)
        ),
        None if text.bytes().any(|b| b.is_ascii_uppercase()) => write(rule, glob, &text.to_ascii_lowercase()),
        _ => match fault.meant.filter(|_| example == text) {
            Some(meant) => write(rule, glob, &meant),
            None => format!("correct it, or take it out: {}", take_out(rule, glob)),
        },
    };
    let what = fault.what;
    Some(format!("no repository can have a name like `{glob}` ({what}): {fix}"))
}

/// Returns the reason why no repository can match an entry of a restriction, `repository:NAMES:ACTIONS`, and the
/// text to write instead. Returns `None` if a repository can match, and for other types.
#[must_use]
pub fn impossible_scope(entry: &str) -> Option<String> {
    let (kind, rest) = entry.split_once(':')?;
    let (names, actions) = rest.rsplit_once(':')?;
    let of = ResourceType::parse(kind).ok().filter(ResourceType::is_repository)?;
    let glob = NameGlob::parse_plain(names).ok()?;
    let example = example(&glob);
    if ResourceName::parse(&of, &example).is_ok() {
        return None;
    }
    let fault = faults::of_repository(&example);
    let lower = names.to_ascii_lowercase();
    let meant = if lower == names { fault.meant.filter(|_| example == names) } else { Some(lower) };
    let fix = meant.map_or_else(String::new, |meant| format!(": write `{kind}:{meant}:{actions}`"));
    Some(format!("no repository can have a name like `{names}` ({}){fix}", fault.what))
}
