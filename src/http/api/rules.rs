//! `/rules` and `/rules/{name}`.

use super::super::verb::Verb;
use super::noun::{self, Noun};
use crate::domain::policy::{RuleFields, RuleName};
use crate::manage::{Administration, RuleObject};

/// Rules about who may do what.
struct Rules;

impl Noun for Rules {
    const ID: &'static str = "Rule";
    const ONE: &'static str = "a rule";
    const MANY: &'static str = "rules";
    const NEXT: &'static [&'static str] = &["getRule", "patchRule", "deleteRule"];
    const IS_NAMED_BY_RULES: bool = false;
    type Name = RuleName;
    type Object = RuleObject;
    type Fields = RuleFields;
}

pub(super) fn all() -> Vec<Verb> {
    noun::all::<Rules, _>(Administration::list_rules)
}

pub(super) fn by_name() -> Vec<Verb> {
    noun::by_name::<Rules>(Administration::find_rule, Administration::write_rule, Administration::delete_rule)
}
