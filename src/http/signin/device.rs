//! `/signin/device`: a person types the code that a device shows, sees the device's description, and approves or
//! refuses the device.
// SPEC: RFC 8628 sections 3.3 and 5.4.

use super::super::answer::see_other;
use super::frame::Frame;
use super::moment::Moment;
use super::refused::{PageError, fresh};
use super::target::Target;
use super::told;
use super::visitor::{Posted, Visitor, render};
use crate::domain::user_code::UserCode;
use crate::signin::{SignInError, Typed, WaitingDevice};
use crate::storage::FlowOutcome;
use actix_web::HttpResponse;
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

/// The code in the link that a device shows. Unknown parameters are ignored.
#[derive(Deserialize)]
pub(super) struct Given {
    code: Option<String>,
}

#[derive(Template)]
#[template(path = "signin/device.html")]
struct CodePage<'a> {
    frame: Frame,
    code: &'a str,
    error: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "signin/device_confirm.html")]
struct ConfirmPage<'a> {
    frame: Frame,
    code: String,
    device: WaitingDevice,
    since: Moment,
    who: &'a str,
    is_admin: bool,
}

#[derive(Template)]
#[template(path = "signin/device_done.html")]
struct DonePage {
    frame: Frame,
    is_approved: bool,
}

/// Shows the form for the code. A code in the link is only filled in: the person must send the form. A person
/// without a recent sign-in is first sent to the sign-in.
pub(super) async fn show(visitor: Visitor, given: Query<Given>) -> Result<HttpResponse, PageError> {
    let code = given.code.as_deref().and_then(UserCode::parse);
    if visitor.is_unconfirmed {
        return Err(PageError::ProviderSilent);
    }
    if !visitor.is_fresh() {
        return Ok(see_other(&format!("/signin{}", Target::Device(code).query()), []));
    }
    let code = code.map(|code| code.to_string()).unwrap_or_default();
    visitor.page(&CodePage { frame: visitor.frame("Connect a device"), code: &code, error: None })
}

/// Finds the device that waits for approval under the typed code. A wrong code is refused with the form.
/// After too many wrong codes in a browser session, every code is refused.
async fn look_up(posted: &Posted) -> Result<(UserCode, WaitingDevice), PageError> {
    let visitor = &posted.visitor;
    let text = posted.text("code")?;
    let target = || Target::Device(UserCode::parse(text));
    fresh(&visitor.caller()?, target())?;
    let (Some(cookie), Some(session)) = (&visitor.cookie, visitor.session()) else {
        return Err(visitor.signed_out(target()));
    };
    let typed = visitor.web.signin.type_code(cookie, &session, text, visitor.now).await;
    let left = match (typed.map_err(SignInError::Store)?, UserCode::parse(text)) {
        (Typed::Waiting(device), Some(code)) => return Ok((code, device)),
        (Typed::Wrong(left), _) => left,
        _ => return Err(PageError::TooManyCodes),
    };
    told::wrong_code(visitor);
    let tries = if left == 1 { "1 try is".to_owned() } else { format!("{left} tries are") };
    let error = format!(
        "No device is waiting under this code. Codes are good for 10 minutes and for one device. {tries} left."
    );
    let code: String = text.chars().take(20).collect();
    let page = CodePage { frame: visitor.frame("Connect a device"), code: &code, error: Some(&error) };
    Err(PageError::Form(render(&page)?))
}

/// Shows the device of a code, and asks the person to approve or refuse the device.
pub(super) async fn confirm(posted: Posted) -> Result<HttpResponse, PageError> {
    let (code, device) = look_up(&posted).await?;
    let visitor = &posted.visitor;
    let caller = visitor.caller()?;
    let (code, since) = (code.to_string(), Moment(device.since));
    let who = caller.who.found.row.subject.name.as_str();
    let (frame, is_admin) = (visitor.frame("Connect this device?"), caller.who.found.row.admin);
    visitor.page(&ConfirmPage { frame, code, device, since, who, is_admin })
}

/// Stores the person's decision: the device is approved or refused.
pub(super) async fn decide(posted: Posted) -> Result<HttpResponse, PageError> {
    let (code, device) = look_up(&posted).await?;
    let visitor = &posted.visitor;
    let caller = visitor.caller()?;
    let (outcome, path) = match posted.text("answer")? {
        "approve" => (FlowOutcome::Approved, "/signin/device/connected"),
        "refuse" => (FlowOutcome::Denied, "/signin/device/refused"),
        _ => return Err(PageError::BrokenForm),
    };
    let decided = visitor.web.signin.decide_device(&caller.who, &code, outcome, visitor.now).await;
    if !decided.map_err(SignInError::Store)? {
        let error = "No device is waiting under this code any more.";
        let page = CodePage { frame: visitor.frame("Connect a device"), code: "", error: Some(error) };
        return Err(PageError::Form(render(&page)?));
    }
    told::decided(visitor, &caller.who.found.row.subject, outcome, &device.name);
    Ok(see_other(path, []))
}

/// Shows the page after an approval.
pub(super) async fn connected(visitor: Visitor) -> Result<HttpResponse, PageError> {
    visitor.page(&DonePage { frame: visitor.frame("The device is connected"), is_approved: true })
}

/// Shows the page after a refusal.
pub(super) async fn refused(visitor: Visitor) -> Result<HttpResponse, PageError> {
    visitor.page(&DonePage { frame: visitor.frame("The device was refused"), is_approved: false })
}
