//! The administration API: its routes. One file a noun; what requests carry and answers look like is
//! in `request.rs` and `../answer.rs`.

mod access_keys;
mod apply;
mod changes;
mod check;
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
mod request;
mod robots;
mod rules;
mod services;
mod status;
mod users;
mod who_can;

use super::verb::Table;

/// Every path below the root of the API but that of its description, and its methods.
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
        ("/status", status::ask()),
        ("/me", me::account()),
        ("/me/browser-session", me_browser::session()),
        ("/me/check", check::ask_about_me()),
        ("/me/services", me::services()),
        ("/me/password", me::password()),
        ("/me/access-keys", me::keys()),
        ("/me/access-keys/{id}", me::key()),
        ("/me/refresh-tokens", me::sessions()),
        ("/me/refresh-tokens/{id}", me::session()),
    ]
}

/// The path of the description of the API itself.
pub(super) fn description() -> Table {
    vec![("/openapi.json", description::document())]
}
