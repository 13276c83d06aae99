//! The use cases of administrators, and of everybody for their own account, one file for each noun.
//!
//! Each write of a caller is one transaction that records its change. The write is in force on this server before the
//! answer, or the answer says that it is not yet in force. A method for administrators takes an [`Admin`], which only
//! [`Caller::admin`] makes. HTTP and SQL must not be in here.

mod access_keys;
mod activity;
mod administration;
mod apply;
mod audit;
mod caller;
mod check;
mod check_many;
mod crawls;
mod error;
mod event_status;
mod first_start;
mod groups;
mod identities;
mod identity_providers;
mod inventory;
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
mod sight;
mod signing_keys;
mod status;
mod strict;
mod subjects;
mod suggestions;
mod usage;
mod usage_query;
mod users;
mod waiting;
mod who_can;

pub use access_keys::{CreatedAccessKey, KeyFields};
pub use activity::{Activity, ActivityQuery};
pub use administration::{Administration, InitialPassword, Serving};
pub use apply::{ApplyOptions, FieldChange, Format, Plan, PlannedChange, Previewed, Summary};
pub use audit::{ChangeQuery, Trail};
pub use caller::{Admin, Caller};
pub use check::{CheckAnswer, CheckFields, OwnCheckFields};
pub use check_many::{CheckAnswers, ChecksFields};
pub use crawls::{CrawlFields, CrawlStage, CrawlState};
pub use error::ManageError;
pub use first_start::{FirstObjects, store_first_objects};
pub use identities::{IdentityFields, RecheckedIdentity};
pub use inventory::{Manifest, Repository, RepositoryQuery, RepositoryWithTags, Tag, TagQuery};
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
pub use suggestions::{HeldBack, Suggestion, SuggestionQuery, SuggestionsAnswer};
pub use usage::{Pull, Usage};
pub use usage_query::{OwnUsageQuery, PullQuery, UsageQuery};
pub use who_can::{SubjectHolder, WhoCanQuery};
