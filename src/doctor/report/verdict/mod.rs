//! The verdict on a token: the registry accepts it, the registry refuses it for a cause, or only the registry's
//! file and its challenge were compared.

mod accepted;
mod by_file;
mod causes;
mod certain;
mod facts;
mod possible;
mod refused;

pub(in crate::doctor) use accepted::AcceptedToken;
pub(in crate::doctor) use by_file::by_file;
pub(in crate::doctor) use facts::Facts;
