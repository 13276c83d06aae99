//! Why a request or a sign-in was refused: the closed list of causes that the log names.
//!
//! INVARIANT: a cause is for the operator. No answer to a client depends on it, and the metrics count as
//! one what is one text to clients, because some causes tell an account that exists from one that does not.

use strum::{Display, IntoStaticStr, VariantArray};

/// Why a request or a sign-in was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Cause {
    /// No credentials were sent, and nobody may do this without.
    NoCredentials,
    /// Nobody bears this user name.
    UnknownUser,
    /// Somebody bears this user name, written in other upper and lower case.
    Case,
    /// The user name or the password begins or ends with white space, such as the line break of a file.
    Whitespace,
    /// The account has another password, or none.
    WrongPassword,
    /// The same user name and password were refused a moment ago, and were not compared again.
    RefusedBefore,
    /// The account is disabled.
    Disabled,
    /// The account got another password, was disabled or deleted while it signed in.
    ChangedMeanwhile,
    /// There is no such access key: it was revoked, mistyped or never made.
    UnknownKey,
    /// The access key, or the robot that it belongs to, has ended.
    ExpiredKey,
    /// The access key or refresh token belongs to somebody else than the user name says.
    OtherOwner,
    /// There is no such refresh token or browser session: it was revoked, ended long ago or was never made.
    RevokedSession,
    /// The refresh token has ended.
    ExpiredSession,
    /// The identity provider of the account has refused it, or its sign-in there is too long ago.
    SignInExpired,
    /// The identity provider of the account gives no answer, and its last one is too old.
    ProviderSilent,
    /// The refresh token is for another service.
    OtherService,
    /// A credential of ours that is not accepted here: a refresh token where only access keys are, or
    /// the reverse.
    NotAccepted,
    /// A registry's token was sent in the place of a credential.
    RegistryToken,
    /// The `Authorization` header cannot be read, is of an unknown scheme, or was sent twice.
    MalformedAuthorization,
    /// The body is not a form.
    NotAForm,
    /// The body broke off.
    BrokenBody,
    /// The body took too long to arrive.
    TooSlow,
    /// The query, the `Authorization` header or the body is too large.
    TooLarge,
    /// The form has no `grant_type`.
    MissingGrantType,
    /// The `grant_type` is not one that tokens are issued for.
    UnknownGrantType,
    /// The service accepts no passwords by `grant_type=password`.
    PasswordGrantOff,
    /// Another parameter is missing.
    MissingParameter,
    /// A parameter was sent twice with different values.
    RepeatedParameter,
    /// A parameter is not UTF-8.
    NotText,
    /// Too many scopes were asked for at once.
    TooManyScopes,
    /// No service was named, and there are several.
    MissingService,
    /// There is no such service.
    UnknownService,
    /// The token would be too long.
    TokenTooLong,
    /// The path does not have this method.
    NoSuchMethod,
    /// A browser asked for a web page whose origin is not listed.
    OriginNotListed,
    /// A form, or a request with a browser session, that was not sent from a page of ours.
    ForeignForm,
    /// A device asked with a code that is unknown, was used or has ended.
    UnknownDeviceCode,
    /// A person refused a device, or cannot have another key.
    RefusedDevice,
    /// Nobody has decided on a device yet, or it asks too often.
    PendingDevice,
    /// There is nothing at this path.
    NoTokenPath,
    /// Too many passwords were wrong for this user name or from this network.
    Throttled,
    /// Too many passwords wait to be compared.
    Busy,
    /// The database cannot be reached, or no key signs for the service.
    Unavailable,
    /// The server failed.
    Failed,
}

impl Cause {
    /// The word in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word in the metrics, which everybody may read: what is one text to the client is one word.
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

    /// The words that causes are counted as.
    pub fn counted() -> impl Iterator<Item = &'static str> {
        Self::VARIANTS.iter().map(|cause| cause.counted_as())
    }

    /// What is wrong with a text that was sent as a credential of our own and is not one.
    #[must_use]
    pub fn of_foreign_credential(text: &str) -> Self {
        if is_registry_token(text) { Self::RegistryToken } else { Self::UnknownKey }
    }

    /// What can be told from the look of a password that was refused.
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

/// Whether a text begins or ends with white space.
#[must_use]
pub fn has_outer_space(text: &str) -> bool {
    text.trim().len() != text.len()
}

/// Whether a text has the look of a signed token: three parts of base64url, the first a JSON object.
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
