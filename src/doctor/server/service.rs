//! Checks whether the token server knows the registry's service.

use super::program::Program;
use super::source::TokenSource;
use super::token_server::message;
use crate::doctor::registry::configuration::Configuration;
use crate::doctor::report::finding::{Examined, Finding};
use crate::doctor::token::received::Token;
use crate::domain::shell;
use serde_json::Value;

/// Finds out whether the token server knows the service in the challenge. A challenge without a service gives
/// a warning.
pub(in crate::doctor) async fn examine(
    source: TokenSource<'_>,
    configuration: &Configuration,
) -> Examined<bool> {
    if source.server.first.status == 400 {
        return Examined { facts: false, findings: vec![unknown(source, configuration).await] };
    }
    let mut findings = Vec::new();
    if source.service.is_empty() {
        let what = "the challenge names no service";
        findings.push(
            Finding::warning("service", what, "a token server makes tokens for the service in the challenge")
                .fix(configuration.line("service", "registry")),
        );
    }
    Examined { facts: true, findings }
}

/// Returns the only service of the token server: a token for a request without a service names this service.
/// Returns `None` if the token server gives no token.
async fn only_service(source: TokenSource<'_>) -> Option<String> {
    for pass in source.passes() {
        let answer = source.ask(None, &[], pass).await;
        let body = answer.ok().and_then(|answer| answer.json()).unwrap_or_default();
        let raw = body.get("token").and_then(Value::as_str).unwrap_or_default();
        if let Some(token) = Token::decode(raw) {
            return Some(token.audience().to_owned());
        }
    }
    None
}

async fn unknown(source: TokenSource<'_>, configuration: &Configuration) -> Finding {
    let (service, server) = (source.service, source.server);
    let fix = match only_service(source).await {
        Some(known) => configuration.line("service", &known),
        None => {
            let command = format!("`portreeve services create{}`", shell::argument(service));
            let create = match server.program {
                Program::Portreeve => format!("create the service at the token server: {command}"),
                Program::Other => "make the service known to the token server".to_owned(),
                Program::Unknown => {
                    format!("make the service known to the token server (with Portreeve: {command})")
                }
            };
            format!(
                "{create}; or write the service that the token server knows: {}",
                configuration.line("service", "NAME")
            )
        }
    };
    let refusal = message(&server.first);
    Finding::problem(
        "service",
        format!("the token server does not know the registry's service `{service}`: {refusal}"),
        "a token server makes tokens only for services that it knows",
    )
    .fix(fix)
}
