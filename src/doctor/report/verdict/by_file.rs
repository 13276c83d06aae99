//! Judges a token only by the registry's file and its challenge, if the token was not shown to the registry.

use crate::doctor::registry::bundle::{KeyQuestion, KeyTrust, examine_trust};
use crate::doctor::registry::file::line;
use crate::doctor::report::finding::Finding;

/// Returns the differences between a token and the registry's file, or the service in its challenge.
pub(in crate::doctor) fn by_file(asked: &KeyQuestion<'_>) -> Vec<Finding> {
    let (file, token, service) = (asked.file, asked.token, asked.service);
    let mut findings = Vec::new();
    let issuer = file.token().and_then(|auth| auth.issuer.as_deref());
    if let Some(issuer) = issuer.filter(|issuer| *issuer != token.issuer()) {
        let (own, path) = (token.issuer(), file.path.display());
        let what = format!("{path} expects the issuer `{issuer}`, but tokens are issued by `{own}`");
        let why = "a registry that runs with this file refuses every token";
        findings.push(Finding::problem("issuer", what, why).fix(line(Some(file), "issuer", own)));
    }
    if !token.is_for(service) {
        let own = token.audience();
        let what = format!("the registry is `{service}`, but the token is for `{own}`");
        let fix = line(Some(file), "service", own);
        findings.push(Finding::problem("service", what, "the registry refuses every token").fix(fix));
    }
    if let KeyTrust::No(finding) = examine_trust(asked) {
        findings.push(*finding);
    }
    findings
}
