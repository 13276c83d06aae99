//! The store: one relational schema, and one for events, both with the same SQL for SQLite and PostgreSQL.
//!
//! Only the files in `src/storage` may name `sqlx`, and errors of `sqlx` do not leave the store. A [`Reader`] reads,
//! and a [`Transaction`] writes. Each kind of object has a file with its rows and with its reading and writing methods.
//! Decisions about access must not go in here.
#![allow(clippy::disallowed_methods)]

mod access_keys;
mod alone;
mod backup;
mod browser_sessions;
mod changes;
mod connections;
mod dialect;
mod error;
pub mod events;
mod file;
mod fragments;
mod groups;
mod identities;
mod identity;
mod identity_providers;
mod inspect;
mod leases;
mod page;
mod prepare;
mod reader;
mod refresh_tokens;
mod replicas;
mod restore;
mod rule_scan;
mod rules;
mod schema;
mod services;
mod signin_flows;
pub mod statements;
mod store;
mod subjects;
mod target;
mod trail;
mod transaction;
pub mod transfer;
mod unreachable;

pub use access_keys::{AccessKeyRow, NewAccessKey};
pub use backup::{BackupError, Saved};
pub use browser_sessions::{BrowserSessionRow, NewBrowserSession};
pub use changes::{ChangeFilter, Counter};
pub use error::StoreError;
pub use groups::GroupRow;
pub use identities::{Claim, Due, IdentityRow, People};
pub use identity_providers::{ProviderRow, Secret};
pub use inspect::Found;
pub use page::Page;
pub use reader::Reader;
pub use refresh_tokens::{NewRefreshToken, RefreshTokenRow};
pub use replicas::{Counts, Replica};
pub use restore::{RestoreError, Restored};
pub use rule_scan::StoredRules;
pub use rules::RuleRow;
pub use schema::newest_schema;
pub use services::ServiceRow;
pub use signin_flows::{FlowKind, FlowOutcome, FlowRow, FlowSubject, InvitationRow, NewFlow, Polled};
pub use store::{BoxFuture, Store};
pub use subjects::{LastUses, StoredSubject, SubjectRow};
pub use trail::TrailError;
pub use transaction::{Committed, Transaction};
pub use transfer::{Contents, TransferError};
