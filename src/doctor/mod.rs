//! Acts as a client towards a registry, and says in plain words what is right and wrong.

mod finding;

pub use finding::{Finding, Level};
