//! The access policy: rules, and how a request is decided from them.
//!
//! INVARIANT: total. Whatever rules and requests are put in, a decision comes out: it cannot fail
//! or panic, and does not depend on the order in which rules are stored.
// SPEC: docs/policy.md.

mod decision;
mod evaluate;
mod explain;
mod glob;
mod index;
mod matcher;
mod restriction;
mod rule;

pub use decision::{Decision, Explanation, Field, NearMiss};
pub use evaluate::Question;
pub use glob::{GlobError, NameGlob, ServiceGlob};
pub use index::Policy;
pub use restriction::Restriction;
pub use rule::{Effect, Rule, RuleFields, RuleName, TypePattern};
