//! Reads a token without verifying it: its header, its claims, and the certificates in it. Examines the answer that
//! contains the token.

use super::certificate::Cert;
use crate::doctor::report::finding::{Examined, Finding};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use zeroize::Zeroizing;

/// The longest token that common proxies forward, bytes.
const LONGEST: usize = 7168;

/// A decoded token, whose signature is not verified.
pub(in crate::doctor) struct Token {
    pub(in crate::doctor) raw: Zeroizing<String>,
    header: Value,
    claims: Value,
    /// The certificate chain in `x5c`, the leaf first.
    pub(in crate::doctor) chain: Vec<Cert>,
}

impl Token {
    /// Decodes a token. Returns `None` if it is not a JWT.
    pub(in crate::doctor) fn decode(raw: &str) -> Option<Self> {
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

    /// Returns the claim `iss`.
    pub(in crate::doctor) fn issuer(&self) -> &str {
        Self::text(&self.claims, "iss")
    }

    /// Returns the claim `aud` if it is one string, or else an empty text.
    pub(in crate::doctor) fn audience(&self) -> &str {
        Self::text(&self.claims, "aud")
    }

    /// Returns true if the claim `aud` is a list.
    fn has_many_audiences(&self) -> bool {
        self.claims.get("aud").is_some_and(Value::is_array)
    }

    /// Returns true if the claim `aud` contains the service.
    pub(in crate::doctor) fn is_for(&self, service: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::Array(all)) => all.iter().any(|one| one == service),
            other => other.and_then(Value::as_str) == Some(service),
        }
    }

    /// Returns `kid` of the header.
    pub(in crate::doctor) fn key_id(&self) -> &str {
        Self::text(&self.header, "kid")
    }

    /// Returns `alg` of the header.
    pub(in crate::doctor) fn algorithm(&self) -> &str {
        Self::text(&self.header, "alg")
    }

    /// Returns the claim `sub`.
    pub(in crate::doctor) fn subject(&self) -> &str {
        Self::text(&self.claims, "sub")
    }

    /// Returns a claim that is a time, seconds since the epoch.
    pub(in crate::doctor) fn time(&self, name: &str) -> Option<i64> {
        self.claims.get(name).and_then(Value::as_i64)
    }

    /// Returns true if the token grants an action on a repository.
    pub(in crate::doctor) fn grants(&self, repository: &str, action: &str) -> bool {
        let entries = self.claims.get("access").and_then(Value::as_array).into_iter().flatten();
        entries
            .filter(|entry| {
                Self::text(entry, "type") == "repository" && Self::text(entry, "name") == repository
            })
            .filter_map(|entry| entry.get("actions").and_then(Value::as_array))
            .flatten()
            .any(|granted| granted == action || granted == "*")
    }

    /// Describes the claims in one line, without the signature.
    fn told(&self) -> String {
        let entries = self.claims.get("access").and_then(Value::as_array).into_iter().flatten();
        let granted: Vec<String> = entries
            .map(|entry| {
                let actions = entry.get("actions").and_then(Value::as_array).into_iter().flatten();
                let actions: Vec<&str> = actions.filter_map(Value::as_str).collect();
                format!("{}:{}:{}", Self::text(entry, "type"), Self::text(entry, "name"), actions.join(","))
            })
            .collect();
        let subject = if self.subject().is_empty() { "anonymous" } else { self.subject() };
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

/// Returns the token in the token server's answer.
pub(in crate::doctor) fn raw(answer: &Value) -> Option<&str> {
    field(answer, "token").or_else(|| field(answer, "access_token"))
}

/// A token as text, and decoded if it is a JWT.
pub(in crate::doctor) struct ReceivedToken {
    pub(in crate::doctor) raw: Zeroizing<String>,
    pub(in crate::doctor) token: Option<Token>,
}

impl ReceivedToken {
    pub(in crate::doctor) fn of(raw: &str) -> Self {
        Self { raw: Zeroizing::new(raw.to_owned()), token: Token::decode(raw) }
    }
}

/// Examines the answer that the token server gave to `who`.
#[expect(clippy::too_many_lines, reason = "a list of independent checks of one answer")]
pub(in crate::doctor) fn examine(answer: &Value, who: &str) -> Examined<Option<ReceivedToken>> {
    let mut findings = Vec::new();
    let mut say = |finding: Finding| findings.push(finding);
    let Some(raw) = raw(answer) else {
        say(Finding::problem(
            "token",
            format!("the token server answers {who} without a token"),
            "clients read `token` or `access_token` of a JSON object",
        ));
        return Examined { facts: None, findings };
    };
    if field(answer, "token") != field(answer, "access_token") {
        say(Finding::warning(
            "token",
            "the answer gives different tokens as `token` and as `access_token`, or one of them only",
            "containers/image reads only `token`; containerd, and docker after a POST, read only `access_token`",
        ));
    }
    match answer.get("expires_in") {
        Some(seconds) if seconds.as_i64().is_some_and(|seconds| seconds >= 60) => {}
        Some(seconds) if seconds.as_i64().is_none() => say(Finding::problem(
            "token",
            format!("the answer's `expires_in` is {seconds}, not a whole number"),
            "docker and containerd fail to read the answer",
        )),
        _ => say(Finding::warning(
            "token",
            "the answer's `expires_in` is missing or less than 60",
            "docker then assumes 60 seconds, and containerd keeps the token for ever",
        )),
    }
    if answer.get("issued_at").is_some_and(|time| !time.is_string()) {
        say(Finding::problem(
            "token",
            "the answer's `issued_at` is not a text",
            "docker and containerd fail to read the answer",
        ));
    }
    let received = ReceivedToken::of(raw);
    let Some(token) = &received.token else {
        say(Finding::note(
            "token",
            format!("the token for {who} is not a JWT, so the doctor cannot read it"),
            "registries that verify tokens themselves need a JWT",
        ));
        return Examined { facts: Some(received), findings };
    };
    if token.has_many_audiences() {
        say(Finding::warning(
            "token",
            "the token's `aud` is a list",
            "distribution up to 2.8 refuses such tokens",
        ));
    }
    if token.claims.get("exp").is_some_and(Value::is_f64) {
        say(Finding::problem(
            "token",
            "the token's `exp` is not a whole number",
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
    Examined { facts: Some(received), findings }
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
            let findings = examine(&answer, "anonymous").findings;
            let found = findings.iter().max_by_key(|finding| finding.level).unwrap();
            assert!(found.level == level && found.what.contains(words), "{answer}: {findings:?}");
        }
    }
}
