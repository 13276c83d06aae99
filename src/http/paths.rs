//! Paths that several files name: those of the token endpoint, of the revocation endpoint, of the key set and of the
//! pages.

use std::collections::BTreeSet;

/// The path of the key set.
pub(super) const KEY_SET: &str = "/.well-known/jwks.json";
/// The path that ends refresh tokens.
pub(super) const REVOKE: &str = "/oauth2/revoke";
/// Where the pages of signing in are.
pub(super) const PAGES: &str = "/signin";
/// The paths of the device grant.
pub(super) const DEVICE_AUTHORIZATION: &str = "/oauth2/device_authorization";
pub(super) const DEVICE_TOKEN: &str = "/oauth2/token";
/// The path of the token endpoint in descriptions and in printed configuration.
pub(super) const TOKEN: &str = "/token";
/// Its other paths, wherever the server runs.
// INTEROP: a redirect turns a POST into an anonymous GET; registries are configured with `/token`,
// `/auth`, `/auth/token` and `/auth/token/`, and with `/auth/` now and then.
const USUAL: [&str; 5] = ["/token/", "/auth", "/auth/", "/auth/token", "/auth/token/"];

/// Whether a path is one of a page of signing in.
pub(super) fn is_page(path: &str) -> bool {
    path.strip_prefix(PAGES).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The paths of the token endpoint, answered directly: the usual ones, and those that are set.
pub struct TokenPaths(BTreeSet<String>);

impl TokenPaths {
    /// The usual paths, and `further` ones, each with and without a slash at its end.
    #[must_use]
    pub fn with(further: &[String]) -> Self {
        let both = further.iter().flat_map(|path| [path.clone(), format!("{path}/")]);
        let usual = USUAL.iter().chain([&TOKEN]).map(|path| (*path).to_owned());
        Self(usual.chain(both).filter(|path| !path.is_empty()).collect())
    }

    /// All but the first, [`TOKEN`].
    pub(super) fn others(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str).filter(|path| *path != TOKEN)
    }

    /// All of them, for people: without those that only differ by a slash at the end.
    pub(super) fn listed(&self) -> String {
        let is_plain = |path: &&str| *path == "/" || !path.ends_with('/');
        let paths: Vec<&str> = [TOKEN].into_iter().chain(self.others().filter(is_plain)).collect();
        match paths.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            _ => TOKEN.to_owned(),
        }
    }

    /// Whether tokens are at this path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.contains(path)
    }
}
