//! People of identity providers: a provider's description of a person, and its meaning on this server.
//!
//! PURE: the time is an argument, and nothing here calls a provider. `upstream/` calls providers, and
//! `accounts/` writes the accounts.

mod claims;
mod given;
mod groups;
mod held;
mod host;
mod jwk;
mod person;
mod provider;
mod settings;

pub use claims::{ClaimsFault, Expected, IdClaims, check_claims};
pub use given::{Endowed, Given};
pub use groups::{MOST_GROUPS, NotGroups, group_of, values_of};
pub use held::{Identity, IdentityState, Standing};
pub use host::{Host, NotAHost};
pub use jwk::{Jwk, parse_key_set};
pub use person::{NotAPerson, Person, is_entra, is_external_id, person_of};
pub use provider::{NotAProvider, OWNERS, ProviderKind, ProviderName, is_provider_owner};
pub use settings::{GroupMapping, ProviderFields, ProviderSettings};
