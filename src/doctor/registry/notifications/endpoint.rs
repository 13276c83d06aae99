//! Reads one endpoint of `notifications:` in the registry's file.
//!
//! INVARIANT: the values of the headers, and the login in the URL, are never printed.

use crate::doctor::registry::file::read;
use crate::domain::registry_notifications::KEY_PLACE;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::time::Duration;
use url::Url;
use zeroize::Zeroizing;

/// The path at which Portreeve takes reports, without the service at its end.
const PATH: &str = "/events/";
/// The header with the key.
const HEADER: &str = "Authorization";
/// The query parameter that distinguishes several endpoints of one registry.
const SENDER: &str = "sender";
/// The units of Go's durations, in nanoseconds.
// INTEROP: Go's time.ParseDuration.
const UNITS: [(&str, f64); 8] =
    [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)];

/// One endpoint for reports of events.
pub(super) struct Endpoint {
    /// The index of the endpoint in the file's list.
    pub(super) index: usize,
    /// The name of the endpoint, or its number if it has no name.
    pub(super) name: String,
    /// The URL, without a login; `None` if the text is not an http or https URL.
    pub(super) url: Option<Url>,
    /// The URL, exactly as it is written.
    text: Zeroizing<String>,
    /// The login in the URL.
    login: Option<(String, Zeroizing<String>)>,
    headers: Vec<(String, Zeroizing<String>)>,
    /// The name of a header whose value is not a list of texts.
    pub(super) unfit: Option<String>,
    /// The time for which the registry waits for an answer, if the file sets it.
    pub(super) timeout: Option<Duration>,
    pub(super) disabled: bool,
}

impl Endpoint {
    /// Reads all endpoints of a registry's file.
    pub(super) fn all(text: &str) -> Vec<Self> {
        let root = read(text).unwrap_or_default();
        let list = root.pointer("/notifications/endpoints").and_then(Value::as_array);
        list.into_iter().flatten().enumerate().map(|(index, value)| Self::of(index, value)).collect()
    }

    fn of(index: usize, value: &Value) -> Self {
        let text_of = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let text = Zeroizing::new(text_of("url").to_owned());
        let web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        let mut url = Url::parse(&text).ok().filter(web);
        let login = url.as_mut().and_then(take_login);
        let name = match text_of("name") {
            "" => format!("number {}", index + 1),
            name => name.to_owned(),
        };
        let (headers, unfit) = headers_of(value.get("headers"));
        Self {
            index,
            name,
            url,
            text,
            login,
            headers,
            unfit,
            timeout: value.get("timeout").and_then(duration),
            disabled: value.get("disabled").and_then(Value::as_bool).unwrap_or_default(),
        }
    }

    /// Returns true if the path of the URL contains Portreeve's path for reports. If the text is not an http or
    /// https URL, searches the whole text.
    pub(super) fn is_ours(&self) -> bool {
        let path = self.url.as_ref().map_or(self.text.as_str(), Url::path);
        path.contains(PATH)
    }

    /// Returns the headers that the registry sends to the endpoint.
    pub(super) fn headers(&self) -> Vec<(&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Returns the login that the registry sends. If the file sets a header `Authorization`, the login is not
    /// sent.
    pub(super) fn login(&self) -> Option<(&str, &str)> {
        let (user, password) = self.login.as_ref().filter(|_| self.authorization().is_none())?;
        Some((user, password))
    }

    /// Returns the name of the header with the key, as the file writes it; `Authorization` if there is no such
    /// header.
    pub(super) fn key_header(&self) -> &str {
        self.key_line().map_or(HEADER, |(name, _)| name)
    }

    /// Returns true if the file sets headers for the endpoint.
    pub(super) fn has_headers(&self) -> bool {
        !self.headers.is_empty()
    }

    fn key_line(&self) -> Option<&(String, Zeroizing<String>)> {
        self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(HEADER))
    }

    fn authorization(&self) -> Option<&str> {
        let found = self.key_line();
        found.map(|(_, value)| value.as_str()).filter(|value| !value.trim().is_empty())
    }

    /// Returns true if the registry sends a key, or the placeholder for a key.
    pub(super) fn has_key(&self) -> bool {
        self.authorization().is_some() || self.login.is_some()
    }

    /// Returns true if the header still contains the placeholder instead of a key.
    pub(super) fn has_placeholder(&self) -> bool {
        self.authorization().is_some_and(|value| value.contains(KEY_PLACE))
    }

    /// Returns the secrets of the endpoint, which a report must not show: the words of its headers, and the password
    /// in its URL.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let words = self.headers.iter().flat_map(|(_, value)| value.split_whitespace());
        let password = self.login.iter().map(|(_, password)| password.as_str());
        // Words and passwords of less than 8 bytes are left out. No key of Portreeve is so short, and most such
        // words are scheme names, for example `Bearer`.
        words.chain(password).filter(|word| word.len() >= 8 && *word != KEY_PLACE)
    }
}

/// Returns the headers, and the name of the first header whose value is not a list of texts.
fn headers_of(value: Option<&Value>) -> (Vec<(String, Zeroizing<String>)>, Option<String>) {
    let (mut headers, mut unfit) = (Vec::new(), None);
    for (name, value) in value.and_then(Value::as_object).into_iter().flatten() {
        let list = value.as_array().filter(|list| list.iter().all(Value::is_string));
        if list.is_none() {
            unfit.get_or_insert_with(|| name.clone());
        }
        let texts = list.into_iter().flatten().chain(Some(value)).filter_map(Value::as_str);
        headers.extend(texts.map(|text| (name.clone(), Zeroizing::new(text.to_owned()))));
    }
    (headers, unfit)
}

/// Removes the login from a URL, and returns the login.
// INTEROP: Go sends the login in a URL as Basic authentication.
fn take_login(url: &mut Url) -> Option<(String, Zeroizing<String>)> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (user, password) = (decode(url.username()), decode(url.password().unwrap_or_default()));
    if user.is_empty() && password.is_empty() {
        return None;
    }
    // For a URL with a host, these calls cannot fail.
    let is_bare = url.set_username("").is_ok() && url.set_password(None).is_ok();
    debug_assert!(is_bare, "the URL has a host");
    Some((user, Zeroizing::new(password)))
}

/// Parses a duration as Go does, but refuses the text `0` and negative durations. A plain number counts
/// nanoseconds.
fn duration(value: &Value) -> Option<Duration> {
    if let Some(nanoseconds) = value.as_u64() {
        return Some(Duration::from_nanos(nanoseconds));
    }
    let (mut rest, mut seconds) = (value.as_str()?, 0.0);
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let (number, after) = rest.split_at_checked(end)?;
        let end = after.find(|it: char| it.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(end)?;
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        seconds += number.parse::<f64>().ok()? * factor / 1e9;
        rest = next;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

/// Returns the service in the path of a URL.
pub(super) fn service_of(url: &Url) -> Option<String> {
    let (_, service) = url.path().split_once(PATH)?;
    percent_decode_str(service).decode_utf8().ok().map(Into::into)
}

/// Returns `url` with its path replaced by the path for reports of `service`. Keeps what stands before `/events/` in the
/// path, and leaves out secrets like [`shown`].
pub(super) fn with_service(url: &Url, service: &str) -> Url {
    let mut right = shown(url);
    let before = url.path().split_once(PATH).map_or("", |(before, _)| before);
    right.set_path(&format!("{before}{PATH}"));
    if let Ok(mut segments) = right.path_segments_mut() {
        segments.pop_if_empty().push(service);
    }
    right
}

/// Returns a URL without the parts that can be secret: the login, the fragment, and every query parameter
/// except the one that distinguishes endpoints.
pub(super) fn shown(url: &Url) -> Url {
    let mut shown = url.clone();
    let sender = url.query_pairs().find(|(name, _)| name == SENDER).map(|(_, value)| value.into_owned());
    take_login(&mut shown);
    shown.set_query(None);
    shown.set_fragment(None);
    if let Some(sender) = sender {
        shown.query_pairs_mut().append_pair(SENDER, &sender);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_read_as_the_registry_reads_it() {
        let text = "x: &k [\"Bearer ptr_secret_key\"]\nnotifications:\n  endpoints:\n    - url: \"https://u:p%40ss@a:1/events/my%20registry?sender=x&key=ptr_other\"\n      headers: {Authorization: *k, X-Two: [\"1\", \"2\"]}\n      timeout: 1m0.5s\n    - {name: two, url: nowhere/events/, headers: {Authorization: Bearer ACCESS_KEY}, disabled: true, timeout: 500}\n";
        let all = Endpoint::all(text);
        let [one, two] = all.as_slice() else { panic!("{}", all.len()) };
        let url = one.url.as_ref().unwrap();
        assert_eq!((one.name.as_str(), service_of(url)), ("number 1", Some("my registry".to_owned())));
        assert_eq!(shown(url).as_str(), "https://a:1/events/my%20registry?sender=x");
        assert_eq!(with_service(url, "a b/c").as_str(), "https://a:1/events/a%20b%2Fc?sender=x");
        assert_eq!((one.login(), one.headers().len()), (None, 3), "the header takes the place of the login");
        assert_eq!(one.timeout, Some(Duration::from_millis(60_500)));
        assert!(one.secrets().eq(["ptr_secret_key"]) && one.unfit.is_none() && !one.disabled);
        assert!(two.url.is_none() && two.is_ours() && two.disabled && two.has_placeholder());
        assert_eq!(
            (two.unfit.as_deref(), two.timeout),
            (Some("Authorization"), Some(Duration::from_nanos(500)))
        );
        assert!(two.secrets().next().is_none());
    }

    #[test]
    fn durations_are_those_of_go() {
        for (text, expected) in [
            ("5s", Some(5_000)),
            ("1h2m3s4ms", Some(3_723_004)),
            (".5s", Some(500)),
            ("0", None),
            ("5", None),
            ("5 s", None),
            ("-1s", None),
            ("1x", None),
        ] {
            assert_eq!(duration(&Value::from(text)), expected.map(Duration::from_millis), "{text}");
        }
    }
}
