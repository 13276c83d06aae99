//! Patterns that no name of a repository can fit.
//!
//! INVARIANT: certain. An example with one letter for every wildcard and placeholder fits wherever anything does:
//! a letter may stand at either end of a segment and beside every separator.

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

/// What other dialects of patterns give a meaning.
const SPECIAL: [char; 11] = ['[', ']', '{', '}', '(', ')', '|', '^', '$', '+', '\\'];

/// The patterns of a rule for repositories that no registry can have a name for.
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

/// The glob with `x` for everything that is not literal.
fn example(glob: &NameGlob) -> String {
    let text = |piece| match piece {
        Piece::Literal(text) => text,
        Piece::Wildcard(_) | Piece::Placeholder(_) => "x".to_owned(),
    };
    witness::pieces(glob).into_iter().map(text).collect()
}

/// What to write in the place of a pattern.
fn write(rule: &Rule, glob: &NameGlob, meant: &str) -> String {
    let command = fix::update(rule, &[("--remove-name", glob), ("--add-name", &meant)]);
    format!("write `{meant}`: {command}")
}

fn take_out(rule: &Rule, glob: &NameGlob) -> String {
    fix::take_out(rule, rule.names.len(), ("--remove-name", glob))
}

/// Why no repository can have such a name, and what to write.
fn impossible(rule: &Rule, glob: &NameGlob, of: &ResourceType, any_host: bool) -> Option<String> {
    let text = glob.as_str();
    // `${label:KEY}` holds a colon, and its value may hold any text.
    if let Some((first, rest)) = asked::host_in_front(text)
        && !first.contains("${")
    {
        // INTEROP: docker content trust asks with the host in front, but no registry of a known profile does.
        let why = format!(
            "registries ask without their host, and `{text}` begins with `{first}`: {}",
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
            "`{special}` means nothing in a pattern, only `*`, `?` and `**` do; write one pattern for each name, and \
             take this one out: {}",
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

/// Why no repository can have a name that fits this entry of a restriction, `repository:NAMES:ACTIONS`, and what to
/// write; `None` where one can, and for other types.
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
