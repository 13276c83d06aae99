//! `/signin/keys`: lists the person's own access keys, makes a key for a device, and revokes keys.

use super::super::answer::see_other;
use super::frame::Frame;
use super::lines::{self, Line};
use super::moment::{Day, Moment};
use super::refused::{PageError, fresh};
use super::target::Target;
use super::visitor::{Posted, Visitor, render};
use crate::accounts::{AccessKey, WriteError};
use crate::domain::key_origin::KeyOrigin;
use crate::manage::{ListQuery, ManageError};
use actix_web::HttpResponse;
use askama::Template;
use serde_json::json;

const DAY: i64 = 86_400;
/// The lifetimes among which a person chooses for a new key, in days, each with its name on the page.
const LIVES: [(i64, &str); 3] = [(30, "30 days"), (90, "90 days"), (365, "1 year")];
const USUAL_LIFE: i64 = 90;

/// A key as the page shows it.
struct Row {
    id: String,
    name: String,
    made_by: &'static str,
    made: Day,
    ends: Option<Day>,
    is_ended: bool,
    used: Option<Moment>,
    address: Option<String>,
    scopes: Option<String>,
}

impl Row {
    fn of(key: AccessKey, visitor: &Visitor) -> Self {
        Self {
            id: key.id,
            name: key.name,
            made_by: match key.origin {
                KeyOrigin::Api => "by the API",
                KeyOrigin::Browser => "on this page",
                KeyOrigin::Device => "by a device",
            },
            made: Day(key.created_at),
            is_ended: key.expires_at.is_some_and(|end| end <= visitor.now),
            ends: key.expires_at.map(Day),
            used: key.last_used_at.map(Moment),
            address: key.last_address,
            scopes: key.scopes.map(|scopes| scopes.join(", ")),
        }
    }
}

/// The content of the form for a new key.
#[derive(Default)]
struct Wish {
    name: String,
    registry: String,
    days: i64,
}

#[derive(Template)]
#[template(path = "signin/keys.html")]
struct KeysPage<'a> {
    frame: Frame,
    rows: Vec<Row>,
    /// True if a key may be made without another sign-in.
    is_fresh: bool,
    wish: &'a Wish,
    lives: [(i64, &'static str); 3],
    registries: Vec<String>,
    error: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "signin/new_key.html")]
struct NewKeyPage<'a> {
    frame: Frame,
    name: &'a str,
    secret: &'a str,
    ends: Option<Day>,
    registry: Option<&'a str>,
    lines: Vec<Line>,
}

/// Returns at most 20 services whose names are addresses of registries. A name without dot and colon does not count as
/// an address.
fn registries(visitor: &Visitor) -> Vec<String> {
    let snapshot = visitor.web.snapshots.current();
    let names = snapshot.services.keys().map(|name| name.as_str().to_owned());
    names.filter(|name| name.contains(['.', ':']) && lines::is_registry(name)).take(20).collect()
}

async fn page_of<'a>(
    visitor: &Visitor,
    wish: &'a Wish,
    error: Option<&'a str>,
) -> Result<KeysPage<'a>, PageError> {
    let query = ListQuery { limit: Some("1000".to_owned()), ..ListQuery::default() };
    let keys = visitor.web.administration.list_own_keys(&visitor.caller()?, &query).await?;
    let mut frame = visitor.frame("Your keys");
    (frame.is_keys, frame.is_wide) = (true, true);
    Ok(KeysPage {
        frame,
        rows: keys.items.into_iter().map(|key| Row::of(key, visitor)).collect(),
        is_fresh: visitor.is_fresh(),
        wish,
        lives: LIVES,
        registries: registries(visitor),
        error,
    })
}

/// Shows the page. A person who is not signed in is sent to the sign-in. Fails if the identity provider must
/// confirm the person and gives no answer.
pub(super) async fn show(visitor: Visitor) -> Result<HttpResponse, PageError> {
    if visitor.is_unconfirmed {
        return Err(PageError::ProviderSilent);
    }
    if visitor.who.is_none() {
        return Ok(see_other(&format!("/signin{}", Target::Keys.query()), []));
    }
    let wish = Wish { days: USUAL_LIFE, ..Wish::default() };
    visitor.page(&page_of(&visitor, &wish, None).await?)
}

/// Makes a key and shows it, once.
pub(super) async fn create(posted: Posted) -> Result<HttpResponse, PageError> {
    let visitor = &posted.visitor;
    let caller = visitor.caller()?;
    fresh(&caller, Target::Keys)?;
    let days = posted.text("days")?.parse().ok().filter(|days| LIVES.iter().any(|(one, _)| one == days));
    let wish = Wish {
        name: posted.text("name")?.trim().to_owned(),
        registry: posted.text("registry")?.trim().to_owned(),
        days: days.unwrap_or(USUAL_LIFE),
    };
    if !wish.registry.is_empty() && !lines::is_registry(&wish.registry) {
        let why = "The registry must be a host, perhaps with a port: registry.example.org or localhost:5000.";
        return Err(PageError::Form(render(&page_of(visitor, &wish, Some(why)).await?)?));
    }
    let expires_at = visitor.now.plus_seconds(wish.days * DAY);
    let body = json!({"name": wish.name, "expires_at": expires_at});
    let key = match visitor.web.administration.create_own_key(&caller, body).await {
        Ok(key) => key,
        Err(ManageError::Write(WriteError::Invalid(_))) => {
            let why = "The name must be 1 to 255 bytes long, without control characters.";
            return Err(PageError::Form(render(&page_of(visitor, &wish, Some(why)).await?)?));
        }
        Err(error) => return Err(error.into()),
    };
    let registry = Some(wish.registry.as_str()).filter(|registry| !registry.is_empty());
    let user = caller.who.found.row.subject.name.as_str();
    let mut frame = visitor.frame("Your new key");
    frame.is_keys = true;
    frame.is_wide = true;
    visitor.page(&NewKeyPage {
        frame,
        name: &key.name,
        secret: &key.secret,
        ends: key.expires_at.map(Day),
        registry,
        lines: lines::lines(registry.unwrap_or(lines::EXAMPLE), user),
    })
}

/// Revokes a key at once.
pub(super) async fn revoke(posted: Posted) -> Result<HttpResponse, PageError> {
    let visitor = &posted.visitor;
    visitor.web.administration.revoke_own_key(&visitor.caller()?, posted.text("id")?).await?;
    Ok(see_other("/signin/keys", []))
}
