//! People who sign in with an identity provider: a real one, the certified npm package `oidc-provider`, on both
//! databases.
#![cfg(test)]

#[path = "../support/database.rs"]
mod database;
#[path = "../support/postgres.rs"]
mod postgres;

mod browser;
mod canaries;
mod life;
mod objects;
mod provider;
mod replicas;
mod returning;
mod signing_in;
mod silence;
mod world;
