//! The server seen from outside: HTTP only, a fresh database and fresh keys for each test.

mod helpers;
mod traps_answers;
mod traps_requests;
