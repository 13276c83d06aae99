//! Decides whether the keys that a registry's file trusts include the key that signed a token. Examines the file
//! also without a token, and writes the fixes.

mod alone;
mod distribution;
mod fix;
mod key_set;
mod question;
mod start;
mod trust;
mod zot;

pub(in crate::doctor) use alone::{examine_alone, fragile};
pub(in crate::doctor) use distribution::key_form;
pub(in crate::doctor) use fix::{allow, fix};
pub(in crate::doctor) use question::{KeyQuestion, KeyTrust};
pub(in crate::doctor) use start::examine_log;
pub(in crate::doctor) use trust::examine as examine_trust;
pub(in crate::doctor) use zot::verifies;
