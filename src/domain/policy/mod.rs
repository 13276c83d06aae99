//! The access policy: rules, decisions about requests, and their explanations.
//!
//! Pure and total: evaluation cannot fail, cannot panic and does not depend on the order in which rules are stored.
//! Only a rule grants something. What must not go in: credentials, storage, HTTP, clocks, and anything that can
//! fail after a rule was parsed.
//!
//! The path of a question: [`evaluate`] asks the [`index`] for the rules about the subject and the name, matches
//! them ([`rule`], [`glob`]), decides among the matching rules of the highest priority, and intersects with the
//! [`restriction`] of the key. [`explain`] explains the same decision in full. [`lint`] warns of rules that can
//! never matter, or that probably have another effect than intended. [`who_can`] finds the subjects that may do
//! something. [`compare`] finds the decisions that a change of rules, subjects or services changes. [`spot_check`]
//! tests whether two policies decide alike. `suggest` finds rights that nobody used. `lint`, `who_can`, `compare`
//! and `spot_check` try examples, which `witness` makes.

mod admission;
mod beginnings;
mod bucket;
mod chunks;
pub mod compare;
mod considered;
mod cost;
mod coverage;
pub mod decision;
pub mod evaluate;
pub mod explain;
pub mod fields;
pub mod glob;
mod hash;
pub mod index;
pub mod lint;
mod matching;
mod name_asked;
mod positions;
pub mod restriction;
pub mod rule;
mod rule_set;
pub mod services;
mod shards;
pub mod spot_check;
mod suggest;
#[cfg(test)]
mod testing;
pub mod who_can;
mod witness;
pub mod wording;

pub use compare::{
    Abandoned, Account, Bounds, Changes, Comparison, DecisionChange, Population, ServiceChange,
    SubjectChange, compare,
};
pub use decision::{Decision, Explanation, Field, NearMiss, Reasons};
pub use evaluate::Question;
pub use fields::RuleFields;
pub use glob::NameGlob;
pub use index::Policy;
pub use lint::{Known, NeverAsked, impossible_scope};
pub use restriction::Restriction;
pub use rule::{Effect, Rule, RuleName, TypePattern};
pub use services::{ServiceGlob, Services};
pub use spot_check::{Alike, Difference, SpotCheck};
pub use suggest::{
    Counts, Limits, Narrowing, Observed, Person, Seen, Suggested, SuggestionKind, Suggestions, suggest,
};
pub use who_can::{Holder, Reach};
pub use wording::Wording;
