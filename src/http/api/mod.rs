//! The routes of the administration API, one file for each noun. `request.rs` reads requests, and `../answer.rs`
//! makes answers.

mod access_keys;
mod apply;
mod changes;
mod check;
mod crawls;
mod description;
mod groups;
mod identities;
mod identity_providers;
mod invitations;
mod last_sign_in;
mod me;
mod me_browser;
mod noun;
mod preview;
mod refresh_tokens;
mod repositories;
mod request;
mod robots;
mod rules;
mod services;
mod status;
mod suggestions;
mod usage;
mod users;
mod who_can;

use super::verb::Table;

/// Returns every path below the root of the API, except the path of its description, with its methods.
pub(super) fn table() -> Table {
    vec![
        ("/users", users::all()),
        ("/users/{name}", users::by_name()),
        ("/users/{name}/access-keys", access_keys::of_users()),
        ("/users/{name}/identity", identities::of_user()),
        ("/users/{name}/identity/recheck", identities::recheck()),
        ("/users/{name}/invitation", invitations::of_user()),
        ("/users/{name}/last-sign-in", last_sign_in::of_users()),
        ("/invitations", invitations::all()),
        ("/robots", robots::all()),
        ("/robots/{name}", robots::by_name()),
        ("/robots/{name}/access-keys", access_keys::of_robots()),
        ("/robots/{name}/last-sign-in", last_sign_in::of_robots()),
        ("/access-keys/{id}", access_keys::by_id()),
        ("/groups", groups::all()),
        ("/groups/{name}", groups::by_name()),
        ("/groups/{name}/members", groups::members()),
        ("/groups/{name}/members/{member}", groups::member()),
        ("/services", services::all()),
        ("/services/{name}", services::by_name()),
        ("/services/{name}/registry-config", services::registry_config()),
        ("/services/{name}/crawl", crawls::of_service()),
        ("/identity-providers", identity_providers::all()),
        ("/identity-providers/{name}", identity_providers::by_name()),
        ("/identity-providers/{name}/test", identity_providers::test()),
        ("/identity-providers/{name}/release", identity_providers::release()),
        ("/rules", rules::all()),
        ("/rules/{name}", rules::by_name()),
        ("/refresh-tokens", refresh_tokens::all()),
        ("/refresh-tokens/{id}", refresh_tokens::by_id()),
        ("/check", check::ask()),
        ("/who-can", who_can::ask()),
        ("/preview", preview::ask()),
        ("/apply", apply::all()),
        ("/changes", changes::all()),
        ("/repositories", repositories::all()),
        ("/repositories/{service}/{repository}", repositories::by_name()),
        ("/usage", usage::sums()),
        ("/pulls", usage::pulls()),
        ("/activity", usage::activity()),
        ("/suggestions", suggestions::ask()),
        ("/status", status::ask()),
        ("/me", me::account()),
        ("/me/browser-session", me_browser::session()),
        ("/me/check", check::ask_about_me()),
        ("/me/services", me::services()),
        ("/me/password", me::password()),
        ("/me/access-keys", me::keys()),
        ("/me/access-keys/{id}", me::key()),
        ("/me/refresh-tokens", me::sessions()),
        ("/me/usage", usage::own()),
        ("/me/refresh-tokens/{id}", me::session()),
    ]
}

/// Returns the path of the description of the API itself.
pub(super) fn description() -> Table {
    vec![("/openapi.json", description::document())]
}
