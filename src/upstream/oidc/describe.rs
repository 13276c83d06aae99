//! Turns tokens into a person. Tokens prove nothing before this: this module verifies the ID token, and adds missing
//! claims from userinfo.

use super::discovery::Discovery;
use super::keys::NotVerified;
use super::provider::Oidc;
use crate::domain::identity::{Expected, IdClaims, Person, ProviderSettings, check_claims, person_of};
use crate::domain::time::Timestamp;
use crate::upstream::answer::{Answer, Tokens};
use crate::upstream::error::NotCalled;
use serde_json::{Map, Value};

/// The claims of an ID token that do not describe the person.
const OF_THE_TOKEN: [&str; 12] =
    ["iss", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "c_hash", "jti", "acr", "amr"];

/// A reason why tokens do not describe a person.
enum Fault {
    /// The fault is in these tokens.
    Person(String),
    /// The fault is in the provider, and concerns every person.
    Provider(String),
    /// The fault may be in the tokens or in the provider.
    Odd(String),
}

/// Verifies and checks an ID token. Returns its claims.
async fn id_claims(
    oidc: &Oidc,
    discovery: &Discovery,
    token: &str,
    nonce: Option<&str>,
    now: Timestamp,
) -> Result<IdClaims, Fault> {
    let payload = oidc.kept.keys.verify(token, discovery, &oidc.kept.caller, now).await;
    let payload = payload.map_err(|error| match error {
        NotVerified::NoKeys(why) => Fault::Provider(why),
        NotVerified::Refused(fault) => Fault::Person(format!("the ID token is refused: {fault}")),
    })?;
    let expected = Expected { issuer: &oidc.settings.issuer, client_id: &oidc.settings.client_id, nonce };
    let checked = check_claims(&payload, expected, now);
    checked.map_err(|fault| Fault::Person(format!("the ID token is refused: {fault}")))
}

/// Reads the claims from userinfo. Returns no claims if the provider has no userinfo endpoint. The error says why the
/// claims could not be read.
async fn userinfo(oidc: &Oidc, discovery: &Discovery, tokens: &Tokens) -> Result<Map<String, Value>, Fault> {
    let Some(url) = discovery.userinfo.clone() else {
        return Ok(Map::new());
    };
    let body = oidc.kept.caller.get(url, Some(&tokens.access)).await;
    let body = body.map_err(|error| {
        let why = format!("userinfo cannot be read: {error}");
        match error {
            NotCalled::Failed(_) => Fault::Provider(why),
            NotCalled::Refused(_) => Fault::Person(why),
            NotCalled::Odd(_) | NotCalled::Lost(_) => Fault::Odd(why),
        }
    })?;
    serde_json::from_slice(&body).map_err(|_| Fault::Person("userinfo is not a JSON object".to_owned()))
}

/// Returns true if the ID token has every claim that the settings use. Of a path such as `realm_access.roles`, looks
/// only at the first part.
fn is_enough(settings: &ProviderSettings, claims: &Map<String, Value>) -> bool {
    let wanted = [Some(&settings.name_claim), settings.groups_claim.as_ref()];
    let wanted = wanted.into_iter().flatten().chain(settings.labels.values());
    let is_there = |name: &String| claims.contains_key(name.split('.').next().unwrap_or_default());
    wanted.into_iter().all(is_there)
}

/// Joins the claims of the ID token and of userinfo. The claims of the ID token win.
fn joined(id: Option<IdClaims>, userinfo: Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let Some(id) = id else {
        return Ok(userinfo);
    };
    // SPEC: OpenID Connect Core 1.0 section 5.3.2: userinfo always has a `sub`. If its `sub` differs from that of the
    // ID token, the claims must not be used.
    if !userinfo.is_empty() && userinfo.get("sub").and_then(Value::as_str) != Some(&id.subject) {
        return Err(Fault::Person("userinfo is about somebody else than the ID token".to_owned()));
    }
    let mut all = id.all;
    all.retain(|name, _| !OF_THE_TOKEN.contains(&name.as_str()));
    for (name, value) in userinfo {
        all.entry(name).or_insert(value);
    }
    Ok(all)
}

impl Oidc {
    async fn answer_to<T>(&self, fault: Fault, now: Timestamp) -> Answer<T> {
        match fault {
            Fault::Person(why) => Answer::Unclear(why),
            Fault::Provider(why) => Answer::NoAnswer(why),
            Fault::Odd(why) => self.blame(why, now).await,
        }
    }

    /// Checks the tokens, and builds the person that they describe. `nonce` is the nonce of the sign-in; a refresh has
    /// none.
    pub(in crate::upstream) async fn describe(
        &self,
        tokens: &Tokens,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Answer<Person> {
        let discovery = match self.discovery(now).await {
            Ok(discovery) => discovery,
            Err(why) => return Answer::NoAnswer(why),
        };
        let id = match &tokens.id {
            Some(token) => match id_claims(self, &discovery, token, nonce, now).await {
                Ok(claims) => Some(claims),
                Err(fault) => return self.answer_to(fault, now).await,
            },
            // The answer to a refresh may lack an ID token. The answer of a sign-in must have one.
            None if nonce.is_some() => {
                return Answer::Unclear(
                    "the provider sent no ID token: see that the scope `openid` is asked for".to_owned(),
                );
            }
            None => None,
        };
        let enough = id.as_ref().is_some_and(|id| is_enough(&self.settings, &id.all));
        let more = if enough { Ok(Map::new()) } else { userinfo(self, &discovery, tokens).await };
        let claims = match more.and_then(|more| joined(id, more)) {
            Ok(claims) => claims,
            Err(fault) => return self.answer_to(fault, now).await,
        };
        match person_of(&self.settings, &claims) {
            Ok(person) => Answer::Person(person),
            Err(error) if error.is_refusal() => Answer::Gone(error.to_string()),
            Err(error) => Answer::Unclear(error.to_string()),
        }
    }
}
