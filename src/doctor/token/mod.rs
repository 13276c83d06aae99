//! Tokens: their content, their certificates, the clocks that they depend on, and tokens that the doctor
//! signs for trials.

pub(super) mod bearer;
pub(super) mod certificate;
pub(super) mod clocks;
pub(super) mod received;
pub(super) mod trials;
