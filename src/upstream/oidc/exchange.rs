//! Codes and refresh tokens exchanged at the token endpoint.
//!
//! INVARIANT: an error of the library is never shown whole: it may hold the answer, and the answer holds tokens.

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

/// What OpenID Connect adds to the answer.
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

/// Who we are at the provider.
pub(super) struct Us<'a> {
    pub(super) client_id: &'a str,
    pub(super) secret: Option<&'a str>,
    pub(super) redirect_uri: &'a str,
}

/// What the provider said about what was presented.
fn refused(code: &BasicErrorResponseType) -> String {
    let code: String = code.to_string();
    code.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(64).collect()
}

/// Errors that are about this server or about the provider, besides `invalid_client`: it would be the same for everybody.
const NOT_ABOUT_THE_PERSON: [&str; 5] =
    ["unauthorized_client", "unsupported_grant_type", "server_error", "temporarily_unavailable", "slow_down"];

/// The answer of a provider that granted nothing. Only `invalid_grant` says that the person is gone.
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

/// Why a refresh brought an answer that cannot be used. It may be so for one person alone.
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

/// Sends the requests of the library. Its futures own everything, so that they can be sent to another thread.
fn sender(
    caller: &Caller,
) -> impl Fn(HttpRequest) -> BoxFuture<'static, Result<HttpResponse, NotCalled>> + Send + Sync + use<> {
    let caller = caller.clone();
    move |request| {
        let caller = caller.clone();
        Box::pin(async move { caller.exchange(request).await })
    }
}

/// Exchanges a code that the browser brought, once.
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

/// Exchanges a refresh token. A provider that rotates them answers with the next one.
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
        // Errors of OAuth were found to be such, so this is an answer that grants something.
        Err(RequestTokenError::Parse(..)) => lost(NOT_UNDERSTOOD.to_owned()),
        Err(error) => Ok(failed(error)),
    }
}
