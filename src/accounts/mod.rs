//! Accounts: the writes of users, robots and groups, inside a transaction, with the promises that they must keep.
//!
//! Every write of an account comes through here, except the renewal of a weak password hash, which `authn` does itself,
//! and the copy or restore of a whole database. The writes come, for example, from the administration API, applied
//! files, invitations, sign-ins and checks at an identity provider, and the first start. Each function takes the
//! transaction, checks, writes, and notes its change. Four things must not be in here: HTTP, hashing, the decision who
//! may do what, and the wait until the change is in force.
//!
//! INVARIANT: users and robots share one name space.
//! INVARIANT: after each write that could remove one, an administrator remains who can sign in without an identity
//! provider.
//! INVARIANT: changing a password or disabling a user ends the user's sessions.
//! INVARIANT: a user whom a provider vouches for has no password here.

mod administrators;
mod asked;
mod credentials;
mod enrol;
mod enrol_groups;
mod error;
mod groups;
mod identities;
mod identity_object;
mod input;
mod kept;
mod meant;
mod objects;
mod recorded_provider;
mod robots;
mod rule_references;
mod subjects;
mod users;
mod wording;
mod write;

pub use administrators::{
    administrator_is_left_without, certainly_administers, may_end_administration, some_administrator_is_left,
};
pub use asked::find_as_asked;
pub use credentials::{NewPassword, end_sessions, insert_key, revoke_key, revoke_refresh_token};
pub use enrol::{NotEnrolled, Vouched, enrol};
pub use error::WriteError;
pub use groups::{
    Group, GroupFields, WantedGroup, delete_group, insert_group, release_groups, wanted_group, write_group,
    write_member,
};
pub use identities::{confirm, link, refuse, take_back, unlink};
pub use identity_object::IdentityObject;
pub use input::{Target, Write, check_description, check_end, check_managed_by, read};
pub use meant::{meant_selector, meant_subject};
pub use objects::{AccessKey, LinkedIdentity, RefreshToken, Robot, User, shown};
pub use recorded_provider::RecordedProvider;
pub use robots::{RobotFields, wanted_robot, write_robot};
pub use rule_references::recorded_rule;
pub use subjects::{WantedSubject, claim_name, delete_subject, insert_subject, new_subject};
pub use users::{Lift, UserFields, set_password, wanted_user, write_user};
pub use write::{Deletion, ObjectWrite, Precondition, Versioned, Written};
