//! The access policy: what a rule is, how a request is decided, and why.
//!
//! Pure and total: evaluation cannot fail, cannot panic and does not depend on the order in which
//! rules are stored; nothing is granted but by a rule. What must not go in: credentials, storage,
//! HTTP, clocks, and anything that can fail once a rule was parsed.
//!
//! The way of a question: [`evaluate`] asks the [`index`] for the rules about the subject and
//! the name, matches them ([`rule`], [`glob`]), decides in the highest tier and intersects with the
//! [`restriction`] of the key; [`explain`] tells the same story in full, for those who ask why.
//! [`lint`] warns of rules that can never matter, [`who_can`] turns the question round, and
//! [`compare`] tells which decisions a change of rules changes, [`spot_check`] whether two policies
//! decide alike; all four try examples (`witness`).

mod admission;
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
pub use who_can::{Holder, Reach};
pub use wording::Wording;
