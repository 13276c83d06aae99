//! Writes the findings about a token that the registry accepts.

use crate::doctor::registry::bundle::fragile;
use crate::doctor::registry::configuration::compare;
use crate::doctor::registry::file::RegistryFile;
use crate::doctor::report::finding::Finding;
use crate::doctor::server::keys::Keys;
use crate::doctor::server::program::Program;
use crate::doctor::token::received::Token;
use crate::domain::time::Timestamp;

/// The doctor warns if a certificate in the token ends within this time, seconds.
const SOON: i64 = 7 * 86_400;

/// A token that the registry accepts, with the facts about it.
pub(in crate::doctor) struct AcceptedToken<'a> {
    pub(in crate::doctor) token: &'a Token,
    /// The realm in the registry's challenge.
    pub(in crate::doctor) realm: Option<&'a str>,
    pub(in crate::doctor) service: &'a str,
    pub(in crate::doctor) file: Option<&'a RegistryFile>,
    pub(in crate::doctor) keys: Option<&'a Keys>,
    /// The program of the token server.
    pub(in crate::doctor) program: Program,
    /// The doctor's time, seconds since the epoch.
    pub(in crate::doctor) now: i64,
}

impl AcceptedToken<'_> {
    /// Returns the findings about the accepted token. `before` are the findings so far.
    pub(in crate::doctor) fn accepted(&self, before: &[Finding]) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let Some(file) = self.file {
            findings.extend(compare(file, self.realm, Some(self.service), Some(self.token), before));
        }
        findings.extend(self.ends_soon());
        findings.extend(self.file.and_then(|file| fragile(file, self.token, self.keys, self.program)));
        findings
    }

    /// Returns the finding about a certificate in tokens that ends soon.
    fn ends_soon(&self) -> Option<Finding> {
        let cert = self.token.chain.iter().find(|cert| !cert.holds_at(self.now + SOON))?;
        let end = Timestamp::from_seconds(cert.not_after);
        let what = format!("the certificate that tokens bring ends at {end}");
        let why =
            "then the registry refuses every token; a token server renews the certificate 30 days before";
        Some(
            Finding::warning("certificate", what, why)
                .fix("look in the token server's log for why the certificate was not renewed"),
        )
    }
}
