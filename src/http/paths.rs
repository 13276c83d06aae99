//! Paths that several files name: token endpoint, revocation endpoint, device grant, key set, events, pages.

use std::collections::BTreeSet;

/// The path of the key set.
pub(super) const KEY_SET: &str = "/.well-known/jwks.json";
/// The path that ends refresh tokens.
pub(super) const REVOKE: &str = "/oauth2/revoke";
/// The path of the sign-in pages.
pub(super) const PAGES: &str = "/signin";
/// The path to which registries report events.
pub(super) const EVENTS: &str = "/events/{service}";
/// The paths of the device grant.
pub(super) const DEVICE_AUTHORIZATION: &str = "/oauth2/device_authorization";
pub(super) const DEVICE_TOKEN: &str = "/oauth2/token";
/// The path of the token endpoint in descriptions and in printed configuration.
pub(super) const TOKEN: &str = "/token";
/// The paths, besides [`TOKEN`], with which operators usually configure their registries.
// INTEROP: a redirect turns a POST into an anonymous GET, so all these paths answer directly. Registries are usually
// configured with `/token`, `/auth`, `/auth/token` and `/auth/token/`, and sometimes with `/auth/`.
const USUAL: [&str; 5] = ["/token/", "/auth", "/auth/", "/auth/token", "/auth/token/"];

/// Returns true if a path belongs to a sign-in page.
pub(super) fn is_page(path: &str) -> bool {
    path.strip_prefix(PAGES).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The paths of the token endpoint, which answer without a redirect: the usual paths, and the configured paths.
pub struct TokenPaths(BTreeSet<String>);

impl TokenPaths {
    /// Makes the set of the usual paths and the paths `further`, each with and without a slash at its end.
    #[must_use]
    pub fn with(further: &[String]) -> Self {
        let both = further.iter().flat_map(|path| [path.clone(), format!("{path}/")]);
        let usual = USUAL.iter().chain([&TOKEN]).map(|path| (*path).to_owned());
        Self(usual.chain(both).filter(|path| !path.is_empty()).collect())
    }

    /// Returns all paths except [`TOKEN`].
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|path| *path != TOKEN)
    }

    /// Returns all paths as text for people. If two paths differ only by a slash at the end, names the path without the
    /// slash.
    pub(super) fn listed(&self) -> String {
        let is_plain = |path: &&str| *path == "/" || !path.ends_with('/');
        let paths: Vec<&str> = [TOKEN].into_iter().chain(self.others().filter(is_plain)).collect();
        match paths.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            _ => TOKEN.to_owned(),
        }
    }

    /// Returns true if this is a path of the token endpoint.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.contains(path)
    }
}
