//! Parses the challenges of a registry, which are the `WWW-Authenticate` headers of its 401, and finds their
//! faults.

use super::file::{Auth, RegistryFile};
use crate::doctor::report::finding::{Examined, Finding};

/// The fix for a registry that does not ask for tokens.
pub(in crate::doctor) const BLOCK: &str = "replace the `auth` section of the registry's configuration by the one that `portreeve serve` prints when it starts, then restart the registry";

/// The fix for a proxy that requires a login of its own.
pub(in crate::doctor) const OPEN: &str = "remove the authentication of the proxy (nginx: `auth_basic off;` for `/v2/`), so that the registry's own challenge reaches clients";

/// One challenge of a `WWW-Authenticate` header.
// SPEC: RFC 9110 section 11.6.1.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::doctor) struct Challenge {
    pub(in crate::doctor) scheme: String,
    /// The parameters, with names as they are written.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Returns a parameter by its name, without regard to case.
    pub(in crate::doctor) fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Returns the service in the challenge, or an empty text.
    pub(in crate::doctor) fn service(&self) -> &str {
        self.get("service").unwrap_or_default()
    }

    /// Returns true if the challenge has this scheme, without regard to case.
    pub(in crate::doctor) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }
}

/// Parses the challenges of one header line.
pub(in crate::doctor) fn parse(line: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_whitespace() || c == ',' || c == '=').unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let after = after.trim_start();
        match (after.strip_prefix('='), found.last_mut()) {
            (Some(after), Some(challenge)) if !word.is_empty() => {
                let (value, after) = read_value(after.trim_start());
                challenge.parameters.push((word.to_owned(), value));
                rest = after;
            }
            (Some(after), _) => rest = after,
            (None, _) => {
                if !word.is_empty() {
                    found.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
                }
                rest = after;
            }
        }
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    }
    found
}

/// Splits a text after its leading token or quoted string.
fn read_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(text.len());
        let (value, after) = text.split_at_checked(end).unwrap_or((text, ""));
        return (value.to_owned(), after);
    };
    let (mut value, mut characters) = (String::new(), quoted.chars());
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            other => value.push(other),
        }
    }
    (value, characters.as_str())
}

/// Returns the finding that no challenge sends clients to a token server. `from_proxy` is true if a proxy in
/// front of the registry probably sent the answer.
pub(in crate::doctor) fn missing(lines: &[String], from_proxy: bool, file: Option<&RegistryFile>) -> Finding {
    let all: Vec<Challenge> = lines.iter().flat_map(|line| parse(line)).collect();
    let who = if from_proxy { "a proxy in front of the registry" } else { "the registry" };
    let schemes: Vec<String> = all.iter().map(|challenge| format!("`{}`", challenge.scheme)).collect();
    let what = if all.is_empty() {
        format!("{who} answers 401 without a challenge")
    } else {
        format!(
            "{who} asks for {}, not for a token (`Bearer`): `{}`",
            schemes.join(" and "),
            lines.join(", ")
        )
    };
    const WHY: &str = "clients ask a token server only when a `Bearer` challenge sends them there";
    let Some(file) = file else {
        return Finding::problem("challenge", what, WHY).fix(if from_proxy { OPEN } else { BLOCK });
    };
    let path = file.path.display();
    let (says, fix) = match &file.auth {
        Auth::Token(_) if from_proxy => (format!("{path} has a token section"), OPEN.to_owned()),
        Auth::Token(_) => (
            format!(
                "{path} has a token section, but the registry does not run with this file, or a proxy answers in the registry's place"
            ),
            format!("restart the registry with {path}; if its challenge stays the same, {OPEN}"),
        ),
        Auth::Other(kind) => (format!("{path} says `auth: {kind}`"), BLOCK.to_owned()),
        Auth::Nothing => (format!("{path} has no `auth` section"), BLOCK.to_owned()),
    };
    Finding::problem("challenge", what, format!("{WHY}; {says}")).fix(fix)
}

/// Returns the challenge that clients follow, and findings about its faults.
pub(in crate::doctor) fn examine(lines: &[String]) -> Examined<Option<Challenge>> {
    let mut findings = Vec::new();
    let parsed: Vec<Vec<Challenge>> = lines.iter().map(|line| parse(line)).collect();
    let all: Vec<&Challenge> = parsed.iter().flatten().collect();
    let bearer = all.iter().find(|challenge| challenge.is("Bearer")).copied();
    let Some(bearer) = bearer else { return Examined { facts: None, findings } };
    let (one_line, basic) =
        (parsed.iter().any(|line| line.len() > 1), all.iter().any(|challenge| challenge.is("Basic")));
    let what = match (one_line, basic) {
        _ if all.len() < 2 => None,
        (true, true) => Some("the registry puts Basic beside Bearer into one `WWW-Authenticate` line"),
        (true, false) => Some("the registry puts several challenges into one `WWW-Authenticate` line"),
        (false, true) => Some("the registry offers Basic beside Bearer"),
        (false, false) => Some("the registry sends several challenges"),
    };
    let why = if one_line {
        "among the usual clients only regclient reads a second challenge in one line"
    } else {
        "docker prefers Basic and fails anonymous pulls with `no basic auth credentials`; oras reads the first line only"
    };
    if let Some(what) = what {
        findings.push(
            Finding::warning("challenge", what, why)
                .fix("offer `Bearer` alone; look for a proxy that adds its own authentication"),
        );
    }
    let odd = bearer.parameters.iter().find(|(name, _)| name.chars().any(char::is_uppercase));
    if let Some((name, _)) = odd {
        findings.push(Finding::warning(
            "challenge",
            format!("the challenge writes `{name}` with capital letters"),
            "oras and helm know these names in lower case only",
        ));
    }
    Examined { facts: Some(bearer.clone()), findings }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let all = parse(line);
        let one = |challenge: &Challenge| {
            let parameters: Vec<String> =
                challenge.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{}[{}]", challenge.scheme, parameters.join(";"))
        };
        all.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn challenges_are_read_in_every_form() {
        for (line, expected) in [
            (
                r#"Bearer realm="http://a/token",service="reg, \"one\"",scope="repository:a:pull,push""#,
                "Bearer[realm=http://a/token;service=reg, \"one\";scope=repository:a:pull,push]",
            ),
            ("Basic realm=plain", "Basic[realm=plain]"),
            (r#"Bearer realm="a" , Basic realm = "b""#, "Bearer[realm=a] Basic[realm=b]"),
            (r#"Basic, Bearer service="x""#, "Basic[] Bearer[service=x]"),
            ("Negotiate YWJj==", "Negotiate[YWJj==]"),
            (r#"Bearer realm="open"#, "Bearer[realm=open]"),
            ("", ""),
            (",,= ,", ""),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }

    #[test]
    fn a_challenge_that_some_clients_misread_is_told() {
        for (lines, words) in [
            (&[r#"Bearer realm="a""#] as &[&str], ""),
            (&[r#"Bearer realm="a""#, "Basic realm=b"], "offers Basic beside Bearer"),
            (&[r#"Bearer realm="a", Basic realm=b"#], "puts Basic beside Bearer into one"),
            (&[r#"Bearer realm="a", Digest realm=b"#], "several challenges into one"),
            (&[r#"Bearer Realm="a""#], "with capital letters"),
            (&["Basic realm=b"], "asks for `Basic`"),
            (&[], "without a challenge"),
        ] {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            let Examined { facts, mut findings } = examine(&lines);
            if facts.is_none() {
                findings.push(missing(&lines, false, None));
            }
            let said = findings.len() == 1 && findings.iter().any(|finding| finding.what.contains(words));
            assert!(if words.is_empty() { findings.is_empty() } else { said }, "{lines:?}: {findings:?}");
        }
    }
}
