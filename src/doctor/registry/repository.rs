//! A repository of the registry, with requests for its content and for tokens.

use super::reach::LiveRegistry;
use crate::doctor::docker::client::{Answer, Ask, Client};
use crate::doctor::server::source::{NoToken, TokenSource};
use crate::doctor::token::bearer::Bearer;
use crate::outbound::Method;
use ring::digest::{SHA256, SHA512, digest};

/// The content types of all kinds of manifests.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// A manifest, exactly as the registry stores it.
pub(in crate::doctor) struct Manifest {
    pub(in crate::doctor) digest: String,
    pub(in crate::doctor) content_type: String,
    pub(in crate::doctor) body: Vec<u8>,
}

/// Returns the SHA-256 digest of some bytes, in the form `sha256:…`.
pub(super) fn digest_of(body: &[u8]) -> String {
    let hash = digest(&SHA256, body);
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Returns the SHA-512 digest of some bytes if `told` is a SHA-512 digest, or else the SHA-256 digest.
pub(super) fn digest_like(told: &str, body: &[u8]) -> String {
    if !told.starts_with("sha512:") {
        return digest_of(body);
    }
    let hex: String = digest(&SHA512, body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha512:{hex}")
}

/// One repository at the registry.
#[derive(Clone, Copy)]
pub(in crate::doctor) struct Repository<'a> {
    pub(in crate::doctor) client: &'a Client,
    pub(in crate::doctor) registry: &'a LiveRegistry,
    /// The source of tokens for the repository.
    pub(in crate::doctor) source: TokenSource<'a>,
    pub(in crate::doctor) name: &'a str,
}

impl Repository<'_> {
    /// Requests a token for actions on the repository.
    pub(super) async fn token(&self, actions: &str) -> Result<Bearer, NoToken> {
        self.source.for_repository(self.name, actions).await
    }

    /// Returns the fix that grants actions on the repository. If the token server may be Portreeve, the fix
    /// contains the command for the rule.
    pub(super) fn rule(&self, bearer: &Bearer, actions: &str) -> String {
        self.source.rule(bearer, self.name, actions)
    }

    /// Names the subject that pulls or pushes: `anonymous`, `user:NAME`, or the bare name in backticks if the login
    /// has an access key.
    pub(super) fn subject(&self, bearer: &Bearer) -> String {
        match self.source.login {
            // An access key can belong to a user or to a robot.
            Some(login) if !bearer.anonymous && login.is_key() => format!("`{}`", login.user),
            Some(login) if !bearer.anonymous => format!("user:{}", login.user),
            _ => "anonymous".to_owned(),
        }
    }

    /// Sends a request to a path of the repository.
    pub(super) async fn call(
        &self,
        bearer: &Bearer,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
    ) -> Result<Answer, String> {
        let path = format!("{}/{path}", self.name);
        let url = self.registry.at(&path).ok_or_else(|| format!("`{path}` is not a path"))?;
        let ask = Ask { method, body, accept: MANIFESTS, ..Ask::get(&url, bearer.pass()) };
        let sent = self.client.send_to(self.registry.verified, ask).await;
        sent.map_err(|failure| failure.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_hashed_as_its_digest_is() {
        let sha512 = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        let sha256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        for told in [sha256, sha512] {
            assert_eq!(digest_like(told, b"abc"), told);
        }
        assert_eq!(digest_like("md5:1", b"abc"), sha256);
    }
}
