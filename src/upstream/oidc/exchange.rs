//! Exchanges authorization codes and refresh tokens at the token endpoint.
//!
//! INVARIANT: an error of the library is never shown unchanged, because it may contain the answer, and the answer
//! contains tokens.

use super::call::Caller;
use super::discovery::Discovery;
use crate::upstream::answer::{Answer, Exchanged, Tokens};
use crate::upstream::error::NotCalled;
use futures_util::future::BoxFuture;
use oauth2::basic::{
    BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
    BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet, EndpointSet,
    ExtraTokenFields, HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The field that OpenID Connect adds to the token answer.
#[derive(Clone, Serialize, Deserialize)]
struct IdToken {
    id_token: Option<String>,
}

impl std::fmt::Debug for IdToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdToken(***)")
    }
}

impl ExtraTokenFields for IdToken {}

type Granted = StandardTokenResponse<IdToken, BasicTokenType>;
type OAuthClient = Client<
    BasicErrorResponse,
    Granted,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The registration of this server as a client of the provider.
pub(super) struct Us<'a> {
    pub(super) client_id: &'a str,
    pub(super) secret: Option<&'a str>,
    pub(super) redirect_uri: &'a str,
}

/// Returns the provider's error code for a refused code or token, cleaned for people.
fn refused(code: &BasicErrorResponseType) -> String {
    let code: String = code.to_string();
    code.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(64).collect()
}

/// The error codes, besides `invalid_client`, that concern this server or the provider. Every person would get the same
/// error.
const NOT_ABOUT_THE_PERSON: [&str; 5] =
    ["unauthorized_client", "unsupported_grant_type", "server_error", "temporarily_unavailable", "slow_down"];

/// Judges the answer of a provider that granted nothing. Only `invalid_grant` means that the person is gone.
fn failed<T>(error: RequestTokenError<NotCalled, BasicErrorResponse>) -> Answer<T> {
    match error {
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            BasicErrorResponseType::InvalidGrant => {
                Answer::Gone("the provider answers `invalid_grant`".to_owned())
            }
            BasicErrorResponseType::InvalidClient => Answer::NoAnswer(
                "the provider refuses this server (`invalid_client`): check `client_id` and `client_secret`"
                    .to_owned(),
            ),
            other => {
                let code = refused(other);
                let why = format!("the provider answers `{code}`");
                if NOT_ABOUT_THE_PERSON.contains(&code.as_str()) {
                    Answer::NoAnswer(why)
                } else {
                    Answer::Unclear(why)
                }
            }
        },
        RequestTokenError::Request(error) => Answer::NoAnswer(error.to_string()),
        RequestTokenError::Parse(..) => Answer::NoAnswer(NOT_UNDERSTOOD.to_owned()),
        RequestTokenError::Other(_) => Answer::NoAnswer("the token endpoint cannot be asked".to_owned()),
    }
}

const NOT_UNDERSTOOD: &str = "the answer of the token endpoint cannot be understood";

/// A reason why the answer to a refresh cannot be used. It may concern only one person.
pub(super) struct Odd(pub(super) String);

fn client(us: &Us<'_>, discovery: &Discovery) -> Result<OAuthClient, String> {
    let odd = |error: oauth2::url::ParseError| error.to_string();
    let mut client: Client<
        _,
        Granted,
        _,
        _,
        _,
        EndpointNotSet,
        EndpointNotSet,
        EndpointNotSet,
        EndpointNotSet,
        EndpointNotSet,
    > = Client::new(ClientId::new(us.client_id.to_owned()));
    if let Some(secret) = us.secret {
        client = client.set_client_secret(ClientSecret::new(secret.to_owned()));
    }
    let body = discovery.wants_secret_in_body() || us.secret.is_none();
    Ok(client
        .set_auth_type(if body { AuthType::RequestBody } else { AuthType::BasicAuth })
        .set_redirect_uri(RedirectUrl::new(us.redirect_uri.to_owned()).map_err(odd)?)
        .set_token_uri(TokenUrl::new(discovery.token.to_string()).map_err(odd)?))
}

fn granted(answer: &Granted) -> Tokens {
    let hidden = |text: &str| Zeroizing::new(text.to_owned());
    Tokens {
        access: hidden(answer.access_token().secret()),
        id: answer.extra_fields().id_token.as_deref().map(hidden),
        refresh: answer.refresh_token().map(|token| hidden(token.secret())),
    }
}

/// Returns a function that sends the requests of the library. Its futures borrow nothing, so another thread can run
/// them.
fn sender(
    caller: &Caller,
) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, NotCalled>> + Send + Sync + use<> {
    let caller = caller.clone();
    move |request| {
        let caller = caller.clone();
        Box::pin(async move { caller.exchange(request).await })
    }
}

/// Exchanges the code that the browser brought. A code works once.
pub(super) async fn redeem(
    us: &Us<'_>,
    discovery: &Discovery,
    caller: &Caller,
    code: &str,
    verifier: &str,
) -> Answer<Tokens> {
    let client = match client(us, discovery) {
        Ok(client) => client,
        Err(why) => return Answer::NoAnswer(why),
    };
    let send = sender(caller);
    let asked = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
    match asked.request_async(&send).await {
        Ok(answer) => Answer::Person(granted(&answer)),
        Err(error) => failed(error),
    }
}

/// Exchanges a refresh token. A provider that rotates refresh tokens answers with the next one.
pub(super) async fn refresh(
    us: &Us<'_>,
    discovery: &Discovery,
    caller: &Caller,
    token: &str,
) -> Result<Answer<Exchanged>, Odd> {
    let client = match client(us, discovery) {
        Ok(client) => client,
        Err(why) => return Ok(Answer::NoAnswer(why)),
    };
    let send = sender(caller);
    let token = RefreshToken::new(token.to_owned());
    let lost = |why| Ok(Answer::Person(Exchanged::Lost(why)));
    match client.exchange_refresh_token(&token).request_async(&send).await {
        Ok(answer) => Ok(Answer::Person(Exchanged::Tokens(granted(&answer)))),
        Err(RequestTokenError::Request(NotCalled::Odd(why))) => Err(Odd(why)),
        Err(RequestTokenError::Request(NotCalled::Lost(why))) => lost(why),
        // `Caller::exchange` has already recognised the OAuth errors. So this unreadable answer probably grants new
        // tokens.
        Err(RequestTokenError::Parse(..)) => lost(NOT_UNDERSTOOD.to_owned()),
        Err(error) => Ok(failed(error)),
    }
}
