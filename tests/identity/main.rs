//! People who sign in with an identity provider. The provider is real: the certified npm package `oidc-provider`. Most
//! tests run on both databases.
#![cfg(test)]

#[path = "../support/database.rs"]
mod database;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/reply.rs"]
mod reply;
#[path = "../support/server.rs"]
mod server;

mod blame;
mod browser;
mod canaries;
mod checks;
mod kept;
mod late;
mod life;
mod lint;
mod log;
mod narrowed;
mod objects;
mod pages;
mod provider;
mod replicas;
mod restored;
mod returning;
mod rewrapped;
mod several;
mod signing_in;
mod silence;
mod speed;
mod world;
