//! Finds out whether a proxy in front of the registry keeps tokens from reaching the registry.

use super::challenge::OPEN;
use super::reach::LiveRegistry;
use super::reception::{Refusal, is_stripped};
use crate::doctor::docker::client::Client;
use crate::doctor::report::finding::Finding;

/// The fix for a proxy that removes tokens.
const PASS: &str = "let the proxy pass `Authorization` on (nginx: `proxy_set_header Authorization $http_authorization;` for `/v2/`)";

/// Returns the finding that a proxy causes the refusal. `may_be_stripped` is true if the registry may have
/// received no token: it is not zot, and its log names no cause.
pub(in crate::doctor) async fn examine(
    client: &Client,
    registry: &LiveRegistry,
    refusal: &Refusal,
    may_be_stripped: bool,
) -> Option<Finding> {
    match refusal {
        Refusal::Foreign(asked) => {
            let what =
                format!("a proxy in front of the registry answers a request with a token: 401 with {asked}");
            let why = "the proxy uses `Authorization` for its own login, so no token reaches the registry";
            Some(Finding::problem("acceptance", what, why).fix(OPEN))
        }
        Refusal::Silent(asked) if may_be_stripped && is_stripped(client, registry, refusal).await => {
            let what = format!(
                "no token reaches the registry: it gives the same answer with and without a token, `{asked}`"
            );
            let why = "distribution names an `error=` even for a text that is not a token, so a proxy in front of the registry removes the header `Authorization`";
            Some(Finding::problem("acceptance", what, why).fix(PASS))
        }
        _ => None,
    }
}
