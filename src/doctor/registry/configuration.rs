//! The given configuration of the registry. Finds out whether the registry runs with that configuration.

use super::file::{Auth, RegistryFile, TokenAuth, line, without_variables};
use crate::doctor::report::finding::{Finding, Level};
use crate::doctor::token::received::Token;

/// The given configuration. At most one of the two fields is set.
#[derive(Debug, Default)]
pub(in crate::doctor) struct Configuration {
    /// The file, unless the registry's challenge contradicts the file.
    pub(in crate::doctor) file: Option<RegistryFile>,
    /// The file, if the registry's challenge contradicts the file.
    pub(in crate::doctor) stale: Option<RegistryFile>,
}

impl Configuration {
    /// Returns the token section of the file, unless the registry contradicts the file.
    pub(in crate::doctor) fn token(&self) -> Option<&TokenAuth> {
        self.file.as_ref().and_then(RegistryFile::token)
    }

    /// Returns true if the file is zot's, unless the registry contradicts the file.
    pub(in crate::doctor) fn is_zot(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.is_zot)
    }

    /// Returns the fix that sets a field of the registry's token section. If the file, stale or not, already has
    /// that value, the fix is a restart.
    pub(in crate::doctor) fn line(&self, field: &str, value: &str) -> String {
        let says = |auth: &TokenAuth| match field {
            "realm" => auth.realm == value,
            "service" => auth.service == value,
            _ => false,
        };
        let right = self.stale.as_ref().filter(|file| file.token().is_some_and(says));
        line(right.or(self.file.as_ref()), field, value)
    }

    /// Marks the file as stale if the registry's challenge contradicts it, and returns the finding.
    pub(in crate::doctor) fn hold_against(&mut self, realm: Option<&str>, service: &str) -> Option<Finding> {
        let finding = contradiction(self.file.as_ref()?, realm, service)?;
        self.stale = self.file.take();
        Some(finding)
    }
}

/// Returns the finding that a registry refuses the token although its file is correct.
pub(in crate::doctor) fn not_in_force(file: &RegistryFile, refused: &str) -> Finding {
    let path = file.path.display();
    let reads = if file.is_zot {
        "zot reads its configuration and its key once, when it starts"
    } else {
        "the registry reads its configuration and its bundle once, when it starts; `REGISTRY_AUTH_TOKEN_…` variables override the file"
    };
    Finding::problem(
        "config",
        format!(
            "the registry refuses the token although everything in {path} fits, so it runs with another configuration"
        ),
        format!("{refused}; {reads}"),
    )
    .fix(format!(
        "restart the registry with that file{}",
        without_variables(file, &["ISSUER", "SERVICE", "ROOTCERTBUNDLE"])
    ))
}

/// Returns the finding that the registry's challenge contradicts its file.
fn contradiction(file: &RegistryFile, realm: Option<&str>, service: &str) -> Option<Finding> {
    let realm = realm.unwrap_or_default();
    let mut variables = Vec::new();
    let says = match &file.auth {
        Auth::Token(auth) => {
            let mut differs = Vec::new();
            if !auth.shows(realm) && !auth.autoredirect {
                variables.push("REGISTRY_AUTH_TOKEN_REALM");
                differs.push(format!("`realm: {}` where the registry says `{realm}`", auth.realm));
            }
            if auth.service != service {
                variables.push("REGISTRY_AUTH_TOKEN_SERVICE");
                differs.push(format!("`service: {}` where the registry says `{service}`", auth.service));
            }
            if differs.is_empty() {
                return None;
            }
            differs.join(" and ")
        }
        Auth::Other(kind) => format!("`auth: {kind}`, but the registry asks for tokens"),
        Auth::Nothing => "no `auth` section, but the registry asks for tokens".to_owned(),
    };
    let what = format!("{} is not in force: it has {says}", file.path.display());
    let why = "the registry runs with another file, with environment variables (`REGISTRY_AUTH_TOKEN_…`), or was not restarted since the change, or a proxy rewrites its challenge; the doctor ignores this file";
    let unset = if variables.is_empty() || file.is_zot {
        String::new()
    } else {
        format!(" after `unset {}`", variables.join(" "))
    };
    let fix =
        format!("restart the registry with that file{unset}, or give the file that the registry runs with");
    Some(Finding::warning("config", what, why).fix(fix))
}

/// Returns the differences between the file and the registry's challenge or the accepted token. If an accepted
/// token does not differ, returns a finding that says so. `before` are the findings so far.
pub(in crate::doctor) fn compare(
    file: &RegistryFile,
    realm: Option<&str>,
    service: Option<&str>,
    accepted: Option<&Token>,
    before: &[Finding],
) -> Vec<Finding> {
    let Some(auth) = file.token() else { return Vec::new() };
    let path = file.path.display();
    let mut findings = Vec::new();
    let mut differs = |field: &str, written: &str, seen: &str| {
        let restart = format!(
            "restart the registry with that file{}",
            without_variables(file, &[&field.to_uppercase()])
        );
        // The fix names the value that the registry works with only if the registry accepted the token, and no
        // earlier finding is a problem with this field.
        let wrong = before.iter().any(|it| it.level == Level::Problem && it.check == field);
        let fix = if accepted.is_none() || wrong {
            restart
        } else {
            format!("{restart}; or correct the file: {}", line(Some(file), field, seen))
        };
        findings.push(
            Finding::warning(
                "config",
                format!("{path} says `{field}: \"{written}\"`, but the registry works with `{seen}`"),
                "the registry runs with another file, with an environment variable, or was not restarted since the change",
            )
            .fix(fix),
        );
    };
    if let Some(seen) = realm.filter(|seen| !auth.shows(seen) && !auth.autoredirect) {
        differs("realm", &auth.realm, seen);
    }
    if let Some(seen) = service.filter(|seen| *seen != auth.service) {
        differs("service", &auth.service, seen);
    }
    if let (Some(token), Some(issuer)) = (accepted, &auth.issuer)
        && token.issuer() != issuer
    {
        differs("issuer", issuer, token.issuer());
    }
    if let Some(token) = accepted.filter(|_| findings.is_empty()) {
        let issuer =
            auth.issuer.as_ref().map_or(String::new(), |issuer| format!(" and the issuer `{issuer}`"));
        let what = format!("{path} names the service `{}`{issuer}, as the token does", token.audience());
        findings.push(Finding::ok("config", what));
    }
    findings
}
