//! The administrator's use cases, one file a noun.
//!
//! Each write is one transaction that records its change, and holds here before it is answered.
//! A method that only administrators may call asks for an [`Admin`], which only
//! [`Caller::admin`] makes. No HTTP, no SQL.

mod access_keys;
mod administration;
mod apply;
mod audit;
mod caller;
mod check;
mod check_many;
mod error;
mod first_start;
mod groups;
mod identities;
mod identity_providers;
mod invitations;
mod last_sign_in;
mod lint;
mod list;
mod me;
mod own_browser_session;
mod own_services;
mod passwords;
mod provider_lint;
mod provider_object;
mod provider_test;
mod purge;
mod registry_file;
mod robots;
mod rule_list;
mod rules;
mod services;
mod sessions;
mod signing_keys;
mod status;
mod strict;
mod subjects;
mod users;
mod who_can;

pub use access_keys::{CreatedAccessKey, KeyFields};
pub use administration::{Administration, InitialPassword, Serving};
pub use apply::{ApplyOptions, FieldChange, Format, Plan, PlannedChange, Previewed, Summary};
pub use audit::{ChangeQuery, Trail};
pub use caller::{Admin, Caller};
pub use check::{CheckAnswer, CheckFields, OwnCheckFields};
pub use check_many::{CheckAnswers, ChecksFields};
pub use error::ManageError;
pub use first_start::{FirstObjects, store_first_objects};
pub use identities::{IdentityFields, RecheckedIdentity};
pub use invitations::{Invitation, OpenInvitation};
pub use last_sign_in::LastSignIn;
pub use lint::RuleWarning;
pub use list::{CountedListQuery, List, ListQuery};
pub use me::{Account, PasswordChange};
pub use own_browser_session::OwnBrowserSession;
pub use own_services::OwnServices;
pub use passwords::{PasswordFields, PasswordReset, ResetOptions};
pub use provider_object::{IdentityProvider, Status as ProviderStatus, provider_fields};
pub use provider_test::{ProviderTest, TestFields, TestPerson, TestStep};
pub use purge::{Purged, purge_ended};
pub use registry_file::{RegistryFile, RegistrySetUp};
pub use rule_list::RuleListQuery;
pub use rules::RuleObject;
pub use services::{ServiceFields, ServiceObject};
pub use signing_keys::{
    Changed, LeasedFolder, SigningKeyError, SigningKeys, revoke_without_database, with_keys_lease,
};
pub use status::{CertificateStatus, Status, Surroundings};
pub use strict::{Bounds, read_strict};
pub use who_can::{SubjectHolder, WhoCanQuery};
