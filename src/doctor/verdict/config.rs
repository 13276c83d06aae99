//! Whether the registry runs with the file that was given.

use super::super::finding::{Finding, Level};
use super::super::registry_file::{Auth, RegistryFile, line, without_variables};
use super::super::token::Token;

/// A file in which nothing is wrong, of a registry that refuses the token all the same.
pub(super) fn not_in_force(file: &RegistryFile, refused: &str) -> Finding {
    let path = file.path.display();
    let reads = if file.is_zot {
        "it reads its configuration and its key once, when it starts"
    } else {
        "it reads its configuration and its bundle once, when it starts; `REGISTRY_AUTH_TOKEN_…` variables override the file"
    };
    Finding::problem(
        "config",
        format!(
            "the registry refuses the token, although all in {path} fits: it runs with another configuration"
        ),
        format!("{refused}; {reads}"),
    )
    .fix(format!(
        "restart the registry with that file{}",
        without_variables(file, &["ISSUER", "SERVICE", "ROOTCERTBUNDLE"])
    ))
}

/// How a file is seen not to be in force, by what the registry says of itself.
pub(in super::super) fn contradiction(
    file: &RegistryFile,
    realm: Option<&str>,
    service: &str,
) -> Option<Finding> {
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
    let why = "the registry runs with another file, with environment variables (`REGISTRY_AUTH_TOKEN_…`), or was not restarted since the change, or a proxy rewrites its challenge; nothing in this one is used here";
    let unset = if variables.is_empty() || file.is_zot {
        String::new()
    } else {
        format!(" after `unset {}`", variables.join(" "))
    };
    let fix = format!("restart the registry with that file{unset}, or give the file that it runs with");
    Some(Finding::warning("config", what, why).fix(fix))
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
    if let Some(token) = accepted.filter(|_| findings.len() == before) {
        let issuer =
            auth.issuer.as_ref().map_or(String::new(), |issuer| format!(" and the issuer `{issuer}`"));
        let what = format!("{path} names the service `{}`{issuer}, as the token does", token.audience());
        findings.push(Finding::ok("config", what));
    }
}
