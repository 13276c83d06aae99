//! A token as it is seen from outside: its header, its claims, the certificates it brings.

use super::certificate::Cert;
use super::finding::Finding;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use zeroize::Zeroizing;

/// The longest token that every proxy lets through.
const LONGEST: usize = 7168;

/// A token, decoded, not verified.
pub(super) struct Token {
    pub(super) raw: Zeroizing<String>,
    header: Value,
    claims: Value,
    /// The chain of `x5c`, the leaf first.
    pub(super) chain: Vec<Cert>,
}

impl Token {
    /// Decodes a token; `None` when it is not a JWT.
    pub(super) fn decode(raw: &str) -> Option<Self> {
        let mut parts = raw.split('.');
        let (header, claims) = (parts.next()?, parts.next()?);
        let read = |part: &str| -> Option<Value> {
            let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
            value.is_object().then_some(value)
        };
        let (header, claims) = (read(header)?, read(claims)?);
        let chain = header.get("x5c").and_then(Value::as_array).into_iter().flatten();
        let chain = chain.filter_map(|one| Cert::from_der(&STANDARD.decode(one.as_str()?).ok()?)).collect();
        Some(Self { raw: Zeroizing::new(raw.to_owned()), header, claims, chain })
    }

    fn text<'a>(from: &'a Value, name: &str) -> &'a str {
        from.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// `iss`.
    pub(super) fn issuer(&self) -> &str {
        Self::text(&self.claims, "iss")
    }

    /// `aud`, where it is one string.
    pub(super) fn audience(&self) -> &str {
        Self::text(&self.claims, "aud")
    }

    /// Whether `aud` is a list.
    fn has_many_audiences(&self) -> bool {
        self.claims.get("aud").is_some_and(Value::is_array)
    }

    /// Whether the token is for a service.
    pub(super) fn is_for(&self, service: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::Array(all)) => all.iter().any(|one| one == service),
            other => other.and_then(Value::as_str) == Some(service),
        }
    }

    /// `kid`.
    pub(super) fn key_id(&self) -> &str {
        Self::text(&self.header, "kid")
    }

    /// `alg`.
    pub(super) fn algorithm(&self) -> &str {
        Self::text(&self.header, "alg")
    }

    /// `sub`.
    pub(super) fn subject(&self) -> &str {
        Self::text(&self.claims, "sub")
    }

    /// A time of it, seconds since the epoch.
    pub(super) fn time(&self, name: &str) -> Option<i64> {
        self.claims.get(name).and_then(Value::as_i64)
    }

    /// Whether it grants an action on a repository.
    pub(super) fn grants(&self, repository: &str, action: &str) -> bool {
        let entries = self.claims.get("access").and_then(Value::as_array).into_iter().flatten();
        entries
            .filter(|entry| {
                Self::text(entry, "type") == "repository" && Self::text(entry, "name") == repository
            })
            .filter_map(|entry| entry.get("actions").and_then(Value::as_array))
            .flatten()
            .any(|granted| granted == action || granted == "*")
    }

    /// What is in it, in one line and without its signature.
    fn told(&self) -> String {
        let entries = self.claims.get("access").and_then(Value::as_array).into_iter().flatten();
        let granted: Vec<String> = entries
            .map(|entry| {
                let actions = entry.get("actions").and_then(Value::as_array).into_iter().flatten();
                let actions: Vec<&str> = actions.filter_map(Value::as_str).collect();
                format!("{}:{}:{}", Self::text(entry, "type"), Self::text(entry, "name"), actions.join(","))
            })
            .collect();
        let subject = if self.subject().is_empty() { "nobody" } else { self.subject() };
        let key = if self.chain.is_empty() { "no certificate" } else { "its certificate" };
        format!(
            "issuer `{}`, service `{}`, for {subject}, granting {}; {} with {key}, key id `{}`",
            self.issuer(),
            self.audience(),
            if granted.is_empty() { "nothing by itself".to_owned() } else { granted.join(" ") },
            self.algorithm(),
            self.key_id(),
        )
    }
}

fn field<'a>(answer: &'a Value, name: &str) -> Option<&'a str> {
    answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The token of an answer.
pub(super) fn raw(answer: &Value) -> Option<&str> {
    field(answer, "token").or_else(|| field(answer, "access_token"))
}

/// A token as it was given, and what is in it where it is a JWT.
pub(super) struct Given {
    pub(super) raw: Zeroizing<String>,
    pub(super) token: Option<Token>,
}

impl Given {
    pub(super) fn of(raw: &str) -> Self {
        Self { raw: Zeroizing::new(raw.to_owned()), token: Token::decode(raw) }
    }
}

/// Looks at the answer of the token server to `who`.
#[expect(clippy::too_many_lines, reason = "a list of independent checks of one answer")]
pub(super) fn examine(answer: &Value, who: &str, findings: &mut Vec<Finding>) -> Option<Given> {
    let mut say = |finding: Finding| {
        // The form of one answer is that of the next.
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    };
    let Some(raw) = raw(answer) else {
        say(Finding::problem(
            "token",
            format!("the token server answers {who} without a token"),
            "clients read `token` or `access_token` of a JSON object",
        ));
        return None;
    };
    if field(answer, "token") != field(answer, "access_token") {
        say(Finding::warning(
            "token",
            "the answer does not give the same token as `token` and as `access_token`",
            "containers/image reads the first, containerd and docker after a POST the second alone",
        ));
    }
    match answer.get("expires_in") {
        Some(seconds) if seconds.as_i64().is_some_and(|seconds| seconds >= 60) => {}
        Some(seconds) if seconds.as_i64().is_none() => say(Finding::problem(
            "token",
            format!("`expires_in` of the answer is {seconds}, not a whole number"),
            "docker and containerd cannot read such an answer",
        )),
        _ => say(Finding::warning(
            "token",
            "`expires_in` of the answer is missing or less than 60",
            "docker takes 60 seconds then, and containerd keeps the token for ever",
        )),
    }
    if answer.get("issued_at").is_some_and(|time| !time.is_string()) {
        say(Finding::problem(
            "token",
            "`issued_at` of the answer is not a text",
            "docker and containerd cannot read such an answer",
        ));
    }
    let given = Given::of(raw);
    let Some(token) = &given.token else {
        say(Finding::note(
            "token",
            format!("the token for {who} is not a JWT, so nothing in it can be read here"),
            "registries that verify tokens by themselves need a JWT",
        ));
        return Some(given);
    };
    if token.has_many_audiences() {
        say(Finding::warning(
            "token",
            "`aud` of the token is a list",
            "distribution up to 2.8 refuses such tokens",
        ));
    }
    if token.claims.get("exp").is_some_and(Value::is_f64) {
        say(Finding::problem(
            "token",
            "`exp` of the token is not a whole number",
            "every version of distribution refuses such tokens",
        ));
    }
    if raw.len() > LONGEST {
        say(Finding::warning(
            "token",
            format!("the token has {} characters", raw.len()),
            "many proxies refuse a header line beyond 8 KB",
        ));
    }
    say(Finding::ok("token", format!("a token for {who}: {}", token.told())));
    Some(given)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;
    use serde_json::json;

    fn raw(claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.sig", encode(&json!({"alg": "ES256", "kid": "k"})), encode(claims))
    }

    #[test]
    fn a_token_is_read_without_its_key() {
        let claims = json!({"iss": "i", "aud": "s", "sub": "al", "exp": 9, "access":
            [{"type": "repository", "name": "a/b", "actions": ["pull"]}]});
        let token = Token::decode(&raw(&claims)).unwrap();
        assert!(token.grants("a/b", "pull") && !token.grants("a/b", "push") && !token.grants("a", "pull"));
        assert!(token.is_for("s") && !token.is_for("t"));
        assert_eq!(token.time("exp"), Some(9));
        assert!(!token.told().contains("sig"), "{}", token.told());
        for bad in ["", "a.b.c", "e30", "bnVsbA.bnVsbA.x"] {
            assert!(Token::decode(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn answers_that_some_clients_cannot_read_are_told() {
        let good = raw(&json!({"iss": "i", "aud": "s"}));
        let list = raw(&json!({"iss": "i", "aud": ["s"]}));
        let float = raw(&json!({"iss": "i", "aud": "s", "exp": 1.5}));
        for (answer, level, words) in [
            (json!({"token": good, "access_token": good, "expires_in": 300}), Level::Ok, "issuer `i`"),
            (json!({"token": good, "expires_in": 300}), Level::Warning, "access_token"),
            (json!({"token": good, "access_token": good}), Level::Warning, "expires_in"),
            (json!({"token": good, "access_token": good, "expires_in": "300"}), Level::Problem, "expires_in"),
            (
                json!({"token": good, "access_token": good, "expires_in": 60, "issued_at": 1}),
                Level::Problem,
                "issued_at",
            ),
            (json!({"token": list, "access_token": list, "expires_in": 60}), Level::Warning, "list"),
            (json!({"token": float, "access_token": float, "expires_in": 60}), Level::Problem, "exp"),
            (
                json!({"token": "opaque", "access_token": "opaque", "expires_in": 60}),
                Level::Note,
                "not a JWT",
            ),
            (json!({}), Level::Problem, "without a token"),
        ] {
            let mut findings = Vec::new();
            examine(&answer, "anonymous", &mut findings);
            let found = findings.iter().max_by_key(|finding| finding.level).unwrap();
            assert!(found.level == level && found.what.contains(words), "{answer}: {findings:?}");
        }
    }
}
