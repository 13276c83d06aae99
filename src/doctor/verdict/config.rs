//! Whether the registry runs with the file that was given.

use super::super::finding::{Finding, Level};
use super::super::registry_file::{RegistryFile, line, without_variables};
use super::super::token::Token;

/// A file in which nothing is wrong, of a registry that refuses the token all the same.
pub(super) fn not_in_force(file: &RegistryFile) -> Finding {
    let path = file.path.display();
    Finding::problem(
        "config",
        format!("the registry refuses the token, although all in {path} fits: it runs with another configuration"),
        "it reads its configuration and its bundle once, when it starts; `REGISTRY_AUTH_TOKEN_…` variables override the file",
    )
    .fix(format!(
        "restart the registry with that file{}",
        without_variables(file, &["ISSUER", "SERVICE", "ROOTCERTBUNDLE"])
    ))
}

/// What differs between the file and what the registry shows, or the token that it took.
pub(in super::super) fn compare(
    file: &RegistryFile,
    realm: Option<&str>,
    service: Option<&str>,
    accepted: Option<&Token>,
    findings: &mut Vec<Finding>,
) {
    let Some(auth) = file.token() else { return };
    let path = file.path.display();
    let before = findings.len();
    let mut differs = |field: &str, written: &str, seen: &str| {
        let restart = format!(
            "restart the registry with that file{}",
            without_variables(file, &[&field.to_uppercase()])
        );
        // What is in force is right only where it works.
        let wrong = findings.iter().any(|it| it.level == Level::Problem && it.check == field);
        let fix = if accepted.is_none() || wrong {
            restart
        } else {
            format!("{restart}; or correct it: {}", line(Some(file), field, seen))
        };
        findings.push(
            Finding::warning(
                "config",
                format!("{path} says `{field}: \"{written}\"`, but the registry works with `{seen}`"),
                "it runs with another file, with an environment variable, or was not restarted since the change",
            )
            .fix(fix),
        );
    };
    if let Some(seen) = realm.filter(|seen| *seen != auth.realm && !auth.autoredirect) {
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
    if let Some(token) = accepted.filter(|_| findings.len() == before) {
        let issuer =
            auth.issuer.as_ref().map_or(String::new(), |issuer| format!(" and the issuer `{issuer}`"));
        let what = format!("{path} names the service `{}`{issuer}, as the token does", token.audience());
        findings.push(Finding::ok("config", what));
    }
}
