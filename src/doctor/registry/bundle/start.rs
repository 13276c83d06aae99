//! Explains why a registry does not start, from its file and its log.

use crate::doctor::registry::file::{RegistryFile, set};
use crate::doctor::registry::log::Log;
use crate::doctor::report::finding::Finding;
use crate::doctor::server::keys::Keys;

/// Returns the faults of the file's token section that keep a registry from starting.
pub(super) fn examine(file: &RegistryFile, keys: Option<&Keys>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (field, instead) in &file.unfit {
        let what = match instead {
            None => format!("`{field}` is missing under auth.token in {}", file.path.display()),
            Some(value) => format!(
                "`{field}: {value}` under auth.token in {} is not a string for the registry",
                file.path.display()
            ),
        };
        let bundle = keys.map(|keys| keys.ca.display().to_string());
        let value = match (instead, *field) {
            (Some(value), _) => value.as_str(),
            (None, "realm") => "https://TOKEN-SERVER/token",
            (None, "issuer") => "portreeve",
            (None, "service") => "registry",
            (None, _) => bundle.as_deref().unwrap_or("/PATH/ca.crt"),
        };
        let why = "the registry does not start, unless a variable `REGISTRY_AUTH_TOKEN_…` sets this field";
        findings.push(Finding::problem("config", what, why).fix(set(file, field, value)));
    }
    findings
}

/// Returns the finding with the last error in the log of a registry that did not start. `is_explained` is
/// true if an earlier finding names the cause.
pub(in crate::doctor) fn examine_log(log: &Log, is_explained: bool) -> Option<Finding> {
    let words = log.gave_up()?;
    let what = format!("the registry does not start: {words}");
    let why = "this is the last error in the registry's log";
    Some(if is_explained {
        Finding::note("log", what, why)
    } else {
        Finding::problem("log", what, why)
            .fix("correct this error in the registry's configuration, and start the registry")
    })
}
