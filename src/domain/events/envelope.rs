//! An envelope of events, as the registry `distribution` and GitLab's registry send it.
//!
//! INVARIANT: an unusable event never makes the whole request fail. A registry would send a refused envelope again
//! for ever, and would never send later events. The server counts the unusable event and uses the other events of
//! the envelope.
// SPEC: distribution "Work with notifications"; versions 2.6, 2.8, 3.0 and 3.1 send this form.

use super::event::{EventAction, RegistryEvent, SUBJECT_LENGTH, is_index};
use crate::domain::resource::{ResourceName, ResourceType};
use crate::domain::time::Timestamp;
use crate::domain::unseen::is_active;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::net::{IpAddr, SocketAddr};

/// The largest accepted envelope, bytes.
pub const LARGEST_ENVELOPE: usize = 1024 * 1024;
/// The media type of a blob that is not a manifest.
const LAYER: &str = "application/octet-stream";
/// The longest id of an event, of a request or of a registry's process, bytes.
const LONGEST_ID: usize = 128;
/// The longest name of a client program, and the longest media type, bytes.
const LONGEST_AGENT: usize = 255;
/// The longest digest, bytes.
const LONGEST_DIGEST: usize = 255;
/// The longest tag, bytes.
const LONGEST_TAG: usize = 128;

/// The greatest number of manifests that are read from an index. For a larger index, no manifests are read, as if
/// the registry had not reported them.
const MOST_REFERENCES: usize = 1000;

/// An error: the body is not an envelope of events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an envelope of events: {0}")]
pub struct Unreadable(String);

/// The events of one envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The usable events, in the order in which they were sent.
    pub events: Vec<RegistryEvent>,
    /// The number of unusable events.
    pub unusable: usize,
    /// The fault of the last unusable event.
    pub fault: Option<&'static str>,
}

#[derive(Deserialize)]
struct RawEnvelope<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawEvent {
    id: Option<String>,
    timestamp: Option<String>,
    action: Option<String>,
    target: Option<Target>,
    request: Option<Request>,
    actor: Option<Actor>,
    source: Option<Source>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Target {
    media_type: Option<String>,
    size: Option<i64>,
    digest: Option<String>,
    repository: Option<String>,
    tag: Option<String>,
    url: Option<String>,
    references: Option<Vec<Reference>>,
}

#[derive(Deserialize)]
struct Reference {
    digest: Option<String>,
}

#[derive(Deserialize, Default)]
struct Request {
    id: Option<String>,
    addr: Option<String>,
    method: Option<String>,
    useragent: Option<String>,
}

#[derive(Deserialize, Default)]
struct Actor {
    name: Option<String>,
}

#[derive(Deserialize, Default)]
struct Source {
    addr: Option<String>,
    #[serde(rename = "instanceID")]
    instance: Option<String>,
}

impl Envelope {
    /// Reads an envelope that was received at `now`. Fails if the body is not JSON with a list of events.
    pub fn parse(body: &[u8], now: Timestamp) -> Result<Self, Unreadable> {
        let raw: RawEnvelope<'_> =
            serde_json::from_slice(body).map_err(|error| Unreadable(error.to_string()))?;
        let mut envelope = Self::default();
        for one in raw.events {
            let read = serde_json::from_str::<RawEvent>(one.get()).map_err(|_| "a field has the wrong type");
            match read.and_then(|raw| raw.check(now)) {
                Ok(event) => envelope.events.push(event),
                Err(fault) => {
                    envelope.unusable += 1;
                    envelope.fault = Some(fault);
                }
            }
        }
        Ok(envelope)
    }
}

impl RawEvent {
    fn check(self, now: Timestamp) -> Result<RegistryEvent, &'static str> {
        let target = self.target.ok_or("it has no target")?;
        let request = self.request.unwrap_or_default();
        let source = self.source.unwrap_or_default();
        let media_type = clean(target.media_type.as_deref().unwrap_or_default(), LONGEST_AGENT);
        let word = self.action.as_deref().unwrap_or_default();
        let method = request.method.as_deref().unwrap_or_default();
        let url = target.url.as_deref().unwrap_or_default();
        let action = action(word, method, &media_type, url).ok_or("its action is unknown")?;
        let digest = checked(target.digest, is_digest).ok_or("its digest is malformed")?;
        let tag = checked(target.tag, is_tag).ok_or("its tag is malformed")?;
        if digest.is_empty() && action != EventAction::Delete {
            return Err("it has no digest");
        }
        let references =
            target.references.filter(|all| is_index(&media_type) && all.len() <= MOST_REFERENCES);
        let children = references.map(|references| {
            references.into_iter().filter_map(|one| one.digest.filter(|text| is_digest(text))).collect()
        });
        let instance = clean(source.instance.as_deref().unwrap_or_default(), LONGEST_ID);
        let instance = if instance.is_empty() {
            clean(source.addr.as_deref().unwrap_or_default(), LONGEST_ID)
        } else {
            instance
        };
        Ok(RegistryEvent {
            id: self.id.filter(|id| is_id(id)).ok_or("it has no usable id")?,
            instance,
            request: clean(request.id.as_deref().unwrap_or_default(), LONGEST_ID),
            at: moment(self.timestamp.as_deref().unwrap_or_default(), now).ok_or("it has no time")?,
            action,
            repository: target.repository.filter(|name| is_repository(name)).ok_or("it has no repository")?,
            tag,
            digest,
            media_type,
            size: target.size.unwrap_or_default().max(0),
            children,
            subject: clean(&self.actor.unwrap_or_default().name.unwrap_or_default(), SUBJECT_LENGTH),
            address: address(request.addr.as_deref().unwrap_or_default()),
            agent: clean(request.useragent.as_deref().unwrap_or_default(), LONGEST_AGENT),
        })
    }
}

fn action(word: &str, method: &str, media_type: &str, url: &str) -> Option<EventAction> {
    let is_layer = media_type == LAYER || (media_type.is_empty() && url.contains("/blobs/"));
    match word {
        "pull" | "push" if is_layer => Some(EventAction::Layer),
        // INTEROP: distribution reports a HEAD of a manifest as a pull.
        "pull" if method.eq_ignore_ascii_case("HEAD") => Some(EventAction::Check),
        "pull" => Some(EventAction::Pull),
        "push" => Some(EventAction::Push),
        "mount" => Some(EventAction::Mount),
        "delete" => Some(EventAction::Delete),
        _ => None,
    }
}

/// Parses the time of an event. A time more than two minutes after `now` becomes two minutes after `now`: otherwise the
/// event would stay the latest event for years. A time before 1970 becomes the first microsecond of 1970, because 0
/// means never.
fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    let at = Timestamp::parse(text).ok()?;
    Some(at.clamp(Timestamp::from_micros(1), now.newest_mark()))
}

/// Returns a field of an event, or an empty text if the field is absent. Returns `None` if the field is malformed.
// INTEROP: distribution 3 writes an empty text where distribution 2 leaves the field out.
fn checked(text: Option<String>, fits: fn(&str) -> bool) -> Option<String> {
    let text = text.unwrap_or_default();
    (text.is_empty() || fits(&text)).then_some(text)
}

/// Returns true if the text is a digest. SPEC: the OCI image specification, "Digests": `algorithm ":" encoded`.
fn is_digest(text: &str) -> bool {
    let Some((algorithm, encoded)) = text.split_once(':') else { return false };
    let is_word =
        |text: &str, more: &[u8]| text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b));
    text.len() <= LONGEST_DIGEST
        && !algorithm.is_empty()
        && !encoded.is_empty()
        && is_word(algorithm, b"+._-")
        && is_word(encoded, b"=_-")
}

/// Returns true if the text is a tag, or empty. SPEC: the OCI distribution specification:
/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
pub fn is_tag(text: &str) -> bool {
    text.len() <= LONGEST_TAG
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        && !text.starts_with(['.', '-'])
}

/// Returns true if the text is an id without spaces: the store separates ids by spaces.
fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_repository(text: &str) -> bool {
    let repository = ResourceType::parse("repository");
    repository.is_ok_and(|kind| ResourceName::parse(&kind, text).is_ok())
}

/// Returns at most `longest` bytes of a text, without characters that act on a terminal.
fn clean(text: &str, longest: usize) -> String {
    let mut kept = String::new();
    for character in text.chars().filter(|character| !is_active(*character)) {
        if kept.len() + character.len_utf8() > longest {
            break;
        }
        kept.push(character);
    }
    kept
}

/// Parses the address in `ADDRESS:PORT` or `ADDRESS`.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = text.parse::<SocketAddr>().map(|address| address.ip());
    with_port.or_else(|_| text.parse::<IpAddr>()).ok().map(|address| address.to_canonical())
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
