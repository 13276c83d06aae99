//! The texts of the page about a failed sign-in with an identity provider.

use crate::accounts::NotEnrolled;
use crate::authn::{NotAsked, OutsideError};
use crate::signin::SignInError;

/// The reason why an answer from a provider is not accepted.
#[derive(Debug)]
pub(in crate::http) enum NotReturned {
    /// The browser has no cookie of a sign-in in progress.
    NoCookie,
    /// The state in the answer is not the state of this browser's sign-in.
    State,
    /// The sign-in has ended, or was completed before.
    Ended,
    /// The sign-in was begun with another provider than the one in the path of the answer.
    OtherProvider,
    /// The provider's issuer was changed after the sign-in began.
    OtherIssuer,
    /// A parameter of the answer is missing, occurs twice with different values, or is malformed.
    Malformed,
    /// The provider did not let the person in. Contains the provider's word for the reason.
    Denied(String),
}

impl NotReturned {
    /// Returns the cause, for the log.
    pub(super) fn cause(&self) -> &'static str {
        match self {
            Self::NoCookie => "no_cookie",
            Self::State => "foreign_state",
            Self::Ended => "used_or_ended",
            Self::OtherProvider => "other_provider",
            Self::OtherIssuer => "other_issuer",
            Self::Malformed => "malformed",
            Self::Denied(_) => "denied_by_provider",
        }
    }

    /// Returns the text of the page: the heading, the reason, the advice.
    pub(super) fn told(&self) -> (&'static str, String, String) {
        let again = "Start again from the sign-in page.";
        let told = |title, why: &str, what: &str| (title, why.to_owned(), what.to_owned());
        match self {
            Self::NoCookie => told(
                "This is not a sign-in of this browser",
                "This browser did not start the sign-in, or it does not keep cookies of this server.",
                "Start from the sign-in page, in the same browser, with cookies allowed.",
            ),
            Self::State => told(
                "This is another sign-in",
                "The answer does not belong to the sign-in that this browser started last.",
                again,
            ),
            Self::Ended => told(
                "This sign-in is over",
                "It was completed before, or it took longer than ten minutes.",
                again,
            ),
            Self::OtherProvider => told(
                "This is a sign-in with another provider",
                "The answer does not come from the provider that this browser was sent to.",
                again,
            ),
            Self::OtherIssuer => told(
                "The identity provider was changed meanwhile",
                "An administrator changed its settings while you signed in.",
                again,
            ),
            Self::Malformed => told(
                "The answer cannot be understood",
                "The identity provider sent the browser back without a code, or with a parameter twice.",
                again,
            ),
            Self::Denied(word) if word == "access_denied" => told(
                "The identity provider did not let you in",
                "You declined there, or your account may not use this server (`access_denied`).",
                "Start again from the sign-in page, or ask the people who run the identity provider.",
            ),
            Self::Denied(word) => (
                "The identity provider reports an error",
                format!("It says `{word}`."),
                "Ask an administrator to run `portreeve identity-providers test` for it.".to_owned(),
            ),
        }
    }
}

impl SignInError {
    /// Returns the cause, for the log.
    pub(super) fn cause(&self) -> &'static str {
        match self {
            Self::Authn(_) => "refused",
            Self::ChangedMeanwhile => "changed_meanwhile",
            Self::TooMany => "too_many",
            Self::NoEntropy(_) | Self::Store(_) => "unavailable",
        }
    }
}

impl OutsideError {
    /// Returns the cause, for the log.
    pub(super) fn cause(&self) -> &'static str {
        match self {
            Self::NotAsked(NotAsked::NoProvider(_)) => "unknown_provider",
            Self::NotAsked(NotAsked::Changed(_)) | Self::NotEnrolled(NotEnrolled::Changed(_)) => {
                "changed_meanwhile"
            }
            Self::NotAsked(NotAsked::SetUp(_) | NotAsked::Secret(_)) => "not_set_up",
            Self::NotAsked(NotAsked::Store(_)) | Self::NotEnrolled(NotEnrolled::Write(_)) => "unavailable",
            Self::Issuer => "foreign_issuer",
            Self::Code => "code_refused",
            Self::NoAnswer(_) | Self::NotAsked(NotAsked::Silent(_)) => "provider_silent",
            Self::Unclear(_) => "unusable_claims",
            Self::Refused(_) => "not_allowed",
            Self::NotEnrolled(NotEnrolled::Unknown { .. }) => "no_account",
            Self::NotEnrolled(NotEnrolled::Name { .. }) => "unusable_name",
            Self::NotEnrolled(NotEnrolled::Taken { .. }) => "name_taken",
            Self::NotEnrolled(NotEnrolled::Disabled(_)) => "disabled",
        }
    }

    /// Returns the text of the page: the heading, the reason, the advice.
    pub(super) fn told(&self) -> (&'static str, String, String) {
        let again = "Start again from the sign-in page.".to_owned();
        let sentence = |text: String| format!("The reason: {text}.");
        match self {
            Self::NotAsked(NotAsked::NoProvider(_)) => {
                ("There is no such provider", "People cannot sign in with it here.".to_owned(), again)
            }
            Self::NotAsked(NotAsked::Changed(_)) | Self::NotEnrolled(NotEnrolled::Changed(_)) => {
                NotReturned::OtherIssuer.told()
            }
            Self::NotAsked(NotAsked::Store(_)) => (
                "Not possible at the moment",
                "The server cannot reach its database.".to_owned(),
                "Try again in a few seconds.".to_owned(),
            ),
            // Anybody can open this page, so only the log contains details of the connection to the provider.
            Self::NoAnswer(_) | Self::NotAsked(NotAsked::Silent(_)) => (
                "The identity provider gives no usable answer",
                "This server asked it and got no answer that it can use. The log of the server says why."
                    .to_owned(),
                "Try again in a minute. If it happens again, tell an administrator when it was.".to_owned(),
            ),
            Self::NotAsked(_) => (
                "The identity provider is not set up",
                "This server cannot ask it. The log of the server says why.".to_owned(),
                "Tell an administrator.".to_owned(),
            ),
            Self::NotEnrolled(NotEnrolled::Write(_)) => (
                "Not possible at the moment",
                "Your account here could not be written. The log of the server says why.".to_owned(),
                "Try again in a minute. If it happens again, tell an administrator when it was.".to_owned(),
            ),
            Self::Unclear(why) => (
                "What the identity provider says of you cannot be used",
                sentence(why.clone()),
                "Tell an administrator this reason.".to_owned(),
            ),
            Self::Issuer | Self::Code => ("That sign-in was not accepted", sentence(self.to_string()), again),
            Self::Refused(_) | Self::NotEnrolled(_) => {
                ("You cannot sign in here", sentence(self.to_string()), "Then sign in again.".to_owned())
            }
        }
    }
}
