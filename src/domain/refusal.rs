//! The cause of a refused request or sign-in: the closed list of causes that the log names.
//!
//! INVARIANT: a cause is for the operator, and no response to a client depends on it. Some causes would reveal
//! whether an account exists. So the metrics count all causes that have the same text for clients as one cause.

use strum::{Display, IntoStaticStr, VariantArray};

/// The cause of a refused request or sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Cause {
    /// The request has no credentials, but needs them.
    NoCredentials,
    /// No account has this user name.
    UnknownUser,
    /// An account has the same user name, but with other upper-case and lower-case letters.
    Case,
    /// The user name or the password begins or ends with white space, such as the line break of a file.
    Whitespace,
    /// The account has another password, or no password.
    WrongPassword,
    /// The server refused this password for this user name shortly before, so it did not compare the password again.
    RefusedBefore,
    /// The account is disabled.
    Disabled,
    /// During the sign-in, the password or the administrator flag was changed, or the account was disabled or deleted.
    ChangedMeanwhile,
    /// The access key does not exist: it was revoked, mistyped or never created.
    UnknownKey,
    /// The access key has ended, or its robot has ended.
    ExpiredKey,
    /// The access key or refresh token belongs to an account that does not have this user name, or the account is
    /// younger than the registry token.
    OtherOwner,
    /// The refresh token or browser session does not exist: it was revoked, ended long ago or was never created.
    RevokedSession,
    /// The refresh token has ended.
    ExpiredSession,
    /// The account's identity provider has refused the person, or the last sign-in there is too old.
    SignInExpired,
    /// The account's identity provider does not respond, and its last answer is too old.
    ProviderSilent,
    /// The refresh token is for another service.
    OtherService,
    /// The endpoint does not accept this kind of credential: for example a refresh token instead of an access key.
    NotAccepted,
    /// The client sent a registry token as a credential.
    RegistryToken,
    /// The registry token is not from this server, has ended, or is for another service.
    BadToken,
    /// The `Authorization` header cannot be read, is of an unknown scheme, or was sent twice.
    MalformedAuthorization,
    /// The body of the request is not a form.
    NotAForm,
    /// The connection ended before the whole body arrived.
    BrokenBody,
    /// The body of the request took too long to arrive.
    TooSlow,
    /// The query, the `Authorization` header or the body is too large.
    TooLarge,
    /// The form has no `grant_type`.
    MissingGrantType,
    /// The server issues no tokens for this `grant_type`.
    UnknownGrantType,
    /// The service does not accept passwords by `grant_type=password`.
    PasswordGrantOff,
    /// A parameter other than `grant_type` is missing.
    MissingParameter,
    /// A parameter was sent twice with different values.
    RepeatedParameter,
    /// A parameter is not UTF-8.
    NotText,
    /// The request contains too many scopes.
    TooManyScopes,
    /// The request names no service, and there is not exactly one service.
    MissingService,
    /// The requested service does not exist.
    UnknownService,
    /// The token would be too long.
    TokenTooLong,
    /// The path does not support this method.
    NoSuchMethod,
    /// The `Origin` of the web page is not in the list of allowed origins.
    OriginNotListed,
    /// The form, or the request with a browser session, does not come from a page of this server.
    ForeignForm,
    /// The device code is unknown, was used or has ended.
    UnknownDeviceCode,
    /// The person refused the device, or cannot have another access key.
    RefusedDevice,
    /// Nobody has decided about the device yet, or the device asks too often.
    PendingDevice,
    /// The sender of events has no right to report events.
    MayNotReport,
    /// The path does not exist, or serves nothing for this request.
    NoTokenPath,
    /// Too many passwords were wrong for this user name or from this network, or too many devices or sign-ins wait in
    /// this network.
    Throttled,
    /// Too many requests wait, for example for a password check.
    Busy,
    /// The server cannot answer now: for example, the database does not answer, or no key signs for the service.
    Unavailable,
    /// The server failed to handle the request.
    Failed,
}

impl Cause {
    /// Returns the word for the cause in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the word for the cause in the metrics, which anybody may read. Causes that have the same text for
    /// the client have the same word.
    #[must_use]
    pub fn counted_as(self) -> &'static str {
        match self {
            Self::UnknownUser
            | Self::Case
            | Self::Whitespace
            | Self::WrongPassword
            | Self::RefusedBefore
            | Self::Disabled
            | Self::ChangedMeanwhile
            | Self::UnknownKey
            | Self::ExpiredKey
            | Self::OtherOwner
            | Self::RevokedSession
            | Self::RegistryToken => "rejected",
            other => other.as_str(),
        }
    }

    /// Returns the words under which causes are counted. A word may occur several times.
    pub fn counted() -> impl Iterator<Item = &'static str> {
        Self::VARIANTS.iter().map(|cause| cause.counted_as())
    }

    /// Returns the cause for a text that is not a valid credential of this server.
    #[must_use]
    pub fn of_foreign_credential(text: &str) -> Self {
        if is_registry_token(text) { Self::RegistryToken } else { Self::UnknownKey }
    }

    /// Returns the cause that the form of a refused password suggests; `None` if it suggests none.
    #[must_use]
    pub fn of_password(password: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(password).unwrap_or_default();
        if has_outer_space(text) {
            Some(Self::Whitespace)
        } else if text.starts_with("ptr_") || is_registry_token(text) {
            Some(Self::of_foreign_credential(text))
        } else {
            None
        }
    }
}

/// Returns true if a text begins or ends with white space.
#[must_use]
pub fn has_outer_space(text: &str) -> bool {
    text.trim().len() != text.len()
}

/// Returns true if a text looks like a signed token: three parts of base64url between dots. The first part
/// begins with `ey`, the base64url of `{"`.
// SPEC: RFC 7515 section 7.1.
fn is_registry_token(text: &str) -> bool {
    let is_base64 = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    text.starts_with("ey") && text.split('.').count() == 3 && text.split('.').all(is_base64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_from_the_look_of_what_was_sent() {
        let table = [
            ("a long enough password", None),
            ("a long enough password\n", Some(Cause::Whitespace)),
            (" ptr_key", Some(Cause::Whitespace)),
            ("ptr_mistyped", Some(Cause::UnknownKey)),
            ("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln-_", Some(Cause::RegistryToken)),
            ("eyes.wide.shut!", None),
            ("", None),
        ];
        for (password, expected) in table {
            assert_eq!(Cause::of_password(password.as_bytes()), expected, "{password:?}");
        }
        assert_eq!(Cause::of_foreign_credential("abc"), Cause::UnknownKey);
        assert_eq!(Cause::of_password(b"\xff\xfe "), None);
    }

    #[test]
    fn each_cause_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<_> =
            Cause::VARIANTS.iter().map(|cause| cause.as_str()).collect();
        assert_eq!(words.len(), Cause::VARIANTS.len());
        assert_eq!(Cause::NotAForm.as_str(), "not_a_form");
        assert_eq!(Cause::RefusedBefore.to_string(), "refused_before");
    }
}
