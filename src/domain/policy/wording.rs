//! A decision in words, for the log and for `portreeve explain`.

use super::decision::{Explanation, Field, Reasons};
use super::rule::RuleName;
use std::fmt;

/// The subject, the resource, the action and the address of an explanation, as texts.
#[derive(Debug, Clone, Copy)]
pub struct Wording<'a> {
    /// The subject of the request: `user:alice`, `robot:ci` or `anonymous`.
    pub subject: &'a str,
    /// The type of the resource.
    pub resource_type: &'a str,
    /// The name of the resource.
    pub name: &'a str,
    /// The requested action.
    pub action: &'a str,
    /// The address of the client.
    pub address: &'a str,
}

impl Wording<'_> {
    /// Returns the reason why the action is granted or not, without the closest rules.
    #[must_use]
    pub fn reason(&self, reasons: &Reasons) -> String {
        if let Some(rule) = &reasons.denied_by {
            return match reasons.priority.filter(|_| !reasons.hidden.is_empty()) {
                Some(own) => {
                    format!("rule `{rule}` denies it; its priority {own} hides {}", quoted(&reasons.hidden))
                }
                None => format!("rule `{rule}` denies it"),
            };
        }
        let allowed_by = &reasons.allowed_by;
        if reasons.restricted {
            return format!(
                "{} would allow it, but the restriction of the access key does not",
                quoted(allowed_by)
            );
        }
        if !allowed_by.is_empty() {
            return format!("by {}", quoted(allowed_by));
        }
        let Self { subject, resource_type, name, action, .. } = self;
        // If only rules about the subject were examined, the text says so, because there may be rules about other
        // subjects.
        let whose = if reasons.of_own_rules { format!(" about {subject}") } else { String::new() };
        match reasons.nothing_matches {
            Some(Field::Subject) => format!("no rule is about {subject}"),
            Some(Field::Service) => format!("no rule{whose} is for this registry"),
            Some(Field::Type) => format!("no rule{whose} is for the type `{resource_type}`"),
            Some(Field::Name) => format!("no rule{whose} is for the name `{name}`"),
            Some(Field::Action) => format!("no rule{whose} allows `{action}`"),
            Some(Field::Network) => format!("no rule{whose} holds for this address"),
            Some(Field::Time) => format!("no rule{whose} holds at this time"),
            Some(Field::Tier) | None => "no rule allows it".to_owned(),
        }
    }

    /// Returns the reason why a close rule does not allow the action.
    #[must_use]
    pub fn shortfall(&self, failed: Field, reasons: &Reasons) -> String {
        match failed {
            Field::Subject => format!("would, but its subjects do not include {}", self.subject),
            Field::Service => "would, but not for this registry".to_owned(),
            Field::Type => format!("would, but not for the type `{}`", self.resource_type),
            Field::Name => format!("would, but its names do not match `{}`", self.name),
            Field::Action => format!("matches, but its actions do not include `{}`", self.action),
            Field::Network => format!("would, but not from {}", self.address),
            Field::Time => "would, but not at this time".to_owned(),
            Field::Tier => match (reasons.priority, reasons.decided_by.as_slice()) {
                (Some(priority), [only]) => {
                    format!("would, but rule `{only}` decides alone, with the higher priority {priority}")
                }
                (Some(priority), several @ [_, ..]) => {
                    format!(
                        "would, but {} decide alone, with the higher priority {priority}",
                        quoted(several)
                    )
                }
                _ => "would, but rules of a higher priority decide".to_owned(),
            },
        }
    }
}

fn quoted(rules: &[RuleName]) -> String {
    let names: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
    let noun = if names.len() == 1 { "rule" } else { "rules" };
    format!("{noun} {}", names.join(", "))
}

/// Writes the whole explanation in one line, for the log.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address.map_or_else(|| "an unknown address".to_owned(), |ip| ip.to_string());
        let wording = Wording {
            subject: &self.subject,
            resource_type: self.resource_type.as_str(),
            name: self.name.as_str(),
            action: self.action.as_str(),
            address: &address,
        };
        let reason = wording.reason(&self.reasons);
        write!(f, "`{}` on {} `{}`: {reason}", self.action, self.resource_type, self.name)?;
        for (index, near) in self.reasons.near_misses.iter().enumerate() {
            let before = if index == 0 { "; closest rules: " } else { ", " };
            write!(f, "{before}`{}` {}", near.rule, wording.shortfall(near.failed, &self.reasons))?;
        }
        Ok(())
    }
}
