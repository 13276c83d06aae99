//! A registry that does not answer: whether its file says why.

use super::super::finding::{Finding, Level};
use super::super::keys::Keys;
use super::super::registry_file::{RegistryFile, set};
use super::super::registry_log::Log;

/// What keeps a registry with this file from starting, besides its bundle.
pub(super) fn examine(file: &RegistryFile, keys: Option<&Keys>, findings: &mut Vec<Finding>) {
    for (field, instead) in &file.unfit {
        let what = match instead {
            None => format!("`{field}` is missing under auth.token in {}", file.path.display()),
            Some(value) => format!(
                "`{field}: {value}` under auth.token in {} is not a text for the registry",
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
        let why = "it does not start, unless a variable `REGISTRY_AUTH_TOKEN_…` holds it";
        findings.push(Finding::problem("config", what, why).fix(set(file, field, value)));
    }
}

/// What the log of a registry that does not answer says last, if it gave up.
pub(in super::super) fn examine_log(log: &Log, findings: &mut Vec<Finding>) {
    let Some(words) = log.gave_up() else { return };
    let named = |it: &Finding| it.level == Level::Problem && matches!(it.check, "config" | "bundle");
    let what = format!("the registry does not start: {words}");
    let why = "these are the last words of its log";
    findings.push(if findings.iter().any(named) {
        Finding::note("log", what, why)
    } else {
        Finding::problem("log", what, why).fix("correct that in the registry's configuration, and start it")
    });
}

#[cfg(test)]
mod tests {
    use super::super::examine_alone;
    use super::*;
    use std::path::Path;

    #[test]
    fn what_cannot_be_read_here_is_no_fault_of_a_registry_that_runs() {
        let text = "auth: {token: {realm: r, service: s, rootcertbundle: /nonexistent/ca}}";
        let file = RegistryFile::parse(Path::new("/etc/r.yml"), text.to_owned()).unwrap();
        let look = |runs: bool| {
            let mut findings = Vec::new();
            examine_alone(&file, None, runs, 0, &mut findings);
            findings.iter().map(|it| (it.check, it.level)).collect::<Vec<_>>()
        };
        assert_eq!(look(true), [("bundle", Level::Note)]);
        // Its issuer is missing, too.
        assert_eq!(look(false), [("config", Level::Problem), ("bundle", Level::Problem)]);
    }
}
