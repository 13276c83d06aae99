//! Writes the findings about an endpoint, with their fixes.

use super::endpoint::{Endpoint, service_of, shown, with_service};
use super::place::{set, set_header};
use crate::doctor::docker::client::{Answer, Failure};
use crate::doctor::registry::address::is_local;
use crate::doctor::registry::file::RegistryFile;
use crate::doctor::report::finding::Finding;
use crate::doctor::server::program::Program;
use crate::doctor::server::realm_address::tls;
use crate::doctor::server::token_server::refused_by;
use crate::domain::refusal::Cause;
use crate::domain::registry_notifications::KEY_PLACE;
use crate::domain::shell;
use serde_json::Value;
use std::time::Duration;
use url::Url;

const CHECK: &str = "notifications";
/// The URL in a fix if the token server's address is not known. `SERVICE` stands for the service.
const SOMEWHERE: &str = "https://TOKEN-SERVER/events/SERVICE";
/// The commands that make a key for reports.
const COMMANDS: &str = "(1) `portreeve robots create reporter`; (2) `portreeve rules create report --subject robot:reporter --type registry --name events --action push`; (3) `portreeve access-keys create robot:reporter --name registry --scope registry:events:push`, which prints the key";
const LOST: &str =
    "the registry takes the answer for an acknowledgement: events are lost, and the registry does not say so";
const WAITS: &str = "the registry repeats each event until an answer acknowledges it: the queue of events grows in memory, and is lost when the registry stops";

/// The facts from which the findings about an endpoint are written.
pub(super) struct Words<'a> {
    pub(super) file: &'a RegistryFile,
    pub(super) endpoint: &'a Endpoint,
    /// The service of the registry's tokens.
    pub(super) service: Option<&'a str>,
}

impl Words<'_> {
    fn name(&self) -> String {
        format!("the endpoint `{}`", self.endpoint.name)
    }

    /// Returns the fix that sets this URL for the endpoint. The fix does not show the secrets in the URL.
    fn url(&self, url: &Url) -> String {
        set(self.file, self.endpoint, "url", shown(url).as_str())
    }

    fn right_path(&self, url: &Url) -> Url {
        let service = self.service.map(str::to_owned).or_else(|| service_of(url));
        with_service(url, service.as_deref().unwrap_or("SERVICE"))
    }

    /// Returns the fix that puts a new key into the file.
    fn new_key(&self) -> String {
        let line = set_header(self.file, self.endpoint, &format!("Bearer {KEY_PLACE}"));
        format!("make a key for reports: {COMMANDS}; (4) write the key in the place of {KEY_PLACE}: {line}")
    }

    pub(super) fn disabled(&self) -> Finding {
        let what = format!("{} has `disabled: true`, so it was not tried", self.name());
        Finding::note(CHECK, what, "the registry reports nothing to this endpoint").fix(set(
            self.file,
            self.endpoint,
            "disabled",
            false,
        ))
    }

    pub(super) fn unfit(&self, header: &str) -> Finding {
        let what = format!("{} has a header `{header}` that is not a list of texts", self.name());
        let place = "`headers: {Authorization: [\"Bearer ACCESS_KEY\"]}`";
        Finding::problem(CHECK, what, "a registry does not start with such a header").fix(format!(
            "write the header's value between `[` and `]`, as in {place}, in {}; then restart the registry",
            self.file.path.display()
        ))
    }

    pub(super) fn not_a_url(&self) -> Finding {
        let what = format!("{} has a `url` that is not an http or https URL", self.name());
        let fix = set(self.file, self.endpoint, "url", SOMEWHERE);
        Finding::problem(CHECK, what, "the registry can report nothing to this endpoint").fix(fix)
    }

    pub(super) fn other_path(&self, url: &Url) -> Finding {
        let what = format!(
            "{} leads to the token server, but `{}` is not a path for reports, so it was not tried",
            self.name(),
            shown(url).path()
        );
        let why = "Portreeve takes reports at `/events/SERVICE`";
        let fix = format!("if the endpoint is meant for Portreeve: {}", self.url(&self.right_path(url)));
        Finding::warning(CHECK, what, why).fix(fix)
    }

    pub(super) fn impatient(&self, timeout: Duration) -> Finding {
        let what = format!("{} waits only {timeout:?} for an answer (`timeout`)", self.name());
        let why = "Portreeve answers within 800 ms; a registry that gives up earlier sends the same event again, and no others meanwhile";
        Finding::warning(CHECK, what, why).fix(set(self.file, self.endpoint, "timeout", "5s"))
    }

    pub(super) fn other_service(&self, url: &Url, own: &str) -> Finding {
        let service = self.service.unwrap_or_default();
        let what = format!("{} reports for the service `{own}`, but tokens are for `{service}`", self.name());
        let why = "the registry's repositories are listed under the wrong service, and pushes look as if no token granted them";
        Finding::problem(CHECK, what, why).fix(self.url(&self.right_path(url)))
    }

    pub(super) fn placeholder(&self) -> Finding {
        let what = format!("{} still has `{KEY_PLACE}` where its key belongs", self.name());
        Finding::problem(CHECK, what, WAITS).fix(self.new_key())
    }

    pub(super) fn no_key(&self) -> Finding {
        let what = format!("{} has no key: there is no header `{}`", self.name(), self.endpoint.key_header());
        Finding::problem(CHECK, what, WAITS).fix(self.new_key())
    }

    pub(super) fn readable(&self, url: &Url) -> Finding {
        let mut secure = url.clone();
        let changed = secure.set_scheme("https");
        debug_assert!(changed.is_ok(), "https can replace http");
        let what = format!("{} sends its key in clear text over a public network", self.name());
        let why = "everybody on the network path can read the key, so the doctor did not send it";
        let fix = format!("{}; then {}", tls(None), self.url(&secure));
        Finding::warning(CHECK, what, why).fix(fix)
    }

    pub(super) fn elsewhere(&self, url: &Url) -> Finding {
        let what = format!(
            "{} was not tried: `{}` leads to the registry's own machine, and the registry is not on this machine",
            self.name(),
            shown(url)
        );
        let why = "the key would reach another program than the registry's file means";
        Finding::note(CHECK, what, why).fix("run the doctor on the registry's machine")
    }

    pub(super) fn not_tried(&self, why: &str) -> Finding {
        Finding::note(CHECK, format!("{} could not be tried: {why}", self.name()), "")
    }

    pub(super) fn unreachable(&self, url: &Url, failure: &Failure) -> Finding {
        let (name, place) = (self.name(), shown(url));
        if let Failure::Certificate(_) = failure {
            let what =
                format!("{name}: the certificate of `{place}` cannot be verified: {}", failure.words());
            let fix = "let the registry's machine (in a container: its image) trust the authority of that certificate; for the doctor, give the authority's file with --ca";
            return Finding::problem(CHECK, what, WAITS).fix(fix);
        }
        let what = format!("{name}: `{place}` does not answer: {}", failure.words());
        let port = url.port_or_known_default().unwrap_or_default();
        let host = if is_local(url) { "127.0.0.1" } else { "0.0.0.0" };
        let secure = if url.scheme() == "https" { " --tls-cert CERT.pem --tls-key KEY.pem" } else { "" };
        let fix = format!(
            "start the token server there (`portreeve serve --listen {host}:{port}{secure}`), or write the token server's address: {}; if only the registry's machine or container can reach the token server, run the doctor there",
            set(self.file, self.endpoint, "url", self.right_path_of(SOMEWHERE))
        );
        Finding::problem(CHECK, what, WAITS).fix(fix)
    }

    fn right_path_of(&self, text: &str) -> String {
        text.replace("SERVICE", self.service.unwrap_or("SERVICE"))
    }

    pub(super) fn other_scheme(&self, url: &Url, other: &Url) -> Finding {
        let (name, place) = (self.name(), shown(url));
        if url.scheme() == "https" {
            let what = format!("{name}: `{place}` does not answer: it does not speak TLS");
            // The fix must not name plain http for another machine, because the key could cross a public network in
            // clear text.
            let fix = if is_local(url) { self.url(other) } else { tls(url.port()) };
            return Finding::problem(CHECK, what, WAITS).fix(fix);
        }
        let what = format!("{name}: `{place}` is plain http, but the server there speaks TLS");
        Finding::problem(CHECK, what, WAITS).fix(self.url(other))
    }

    /// Returns the finding about an answer. `differs` is true if an earlier finding says that the URL has the
    /// wrong service. `had_key` is true if the request had a key.
    pub(super) fn answered(
        &self,
        url: &Url,
        answer: &Answer,
        differs: bool,
        had_key: bool,
    ) -> Option<Finding> {
        match answer.status {
            200..=299 => self.accepted(url, answer, differs, had_key),
            300..=399 => Some(self.redirected(url, answer)),
            401 => self.unauthorized(url, answer, differs, had_key),
            404 | 405 => self.missing(url, answer, differs),
            _ => Some(self.failed(url, answer)),
        }
    }

    fn accepted(&self, url: &Url, answer: &Answer, differs: bool, had_key: bool) -> Option<Finding> {
        let (name, place) = (self.name(), shown(url));
        if answer.status != 200 || !answer.body.is_empty() || !had_key {
            let page = if answer.is_page() { " with an HTML page" } else { "" };
            let (status, without) = (answer.status, if had_key { "" } else { " without a key" });
            let what = format!(
                "{name}: what answers at `{place}` is not Portreeve: it gives {status}{page}{without}"
            );
            return Some(Finding::problem(CHECK, what, LOST).fix(self.pass_on(url)));
        }
        let what = format!("{name}: `{place}` takes a report with its key");
        (!differs).then(|| Finding::ok(CHECK, what))
    }

    /// Returns the fix if another program than Portreeve answers.
    fn pass_on(&self, url: &Url) -> String {
        let right = self.right_path(url);
        if right == shown(url) {
            let path = right.path().to_owned();
            return format!(
                "let the proxy pass `{path}` on to Portreeve, without a redirection and without a login of its own, or write the address of Portreeve: {}",
                set(self.file, self.endpoint, "url", self.right_path_of(SOMEWHERE))
            );
        }
        self.url(&right)
    }

    fn redirected(&self, url: &Url, answer: &Answer) -> Finding {
        let (name, place, status) = (self.name(), shown(url), answer.status);
        let target = answer.redirection(url);
        let to = target
            .as_ref()
            .map_or_else(|| "without saying where".to_owned(), |target| format!("to `{}`", shown(target)));
        let what = format!("{name}: `{place}` redirects {to} ({status})");
        // The fix may name only a path for reports, and not a login page, for example.
        let fix = match target.filter(|target| service_of(target).is_some()) {
            Some(target) => self.url(&self.right_path(&target)),
            None => self.pass_on(url),
        };
        // INTEROP: distribution (2.8.2, seen) repeats the POST with the endpoint's headers after 307 and 308.
        // After 301, 302 and 303 it sends a GET without a body.
        if matches!(status, 307 | 308) {
            let why = "the registry sends each event twice, and sends its key wherever the redirection leads";
            return Finding::warning(CHECK, what, why).fix(fix);
        }
        let why = format!("the registry follows the redirection with a GET without a body; {LOST}");
        Finding::problem(CHECK, what, why).fix(fix)
    }

    fn unauthorized(&self, url: &Url, answer: &Answer, differs: bool, had_key: bool) -> Option<Finding> {
        let (name, place) = (self.name(), shown(url));
        if refused_by(answer) != Program::Portreeve {
            let what = format!("{name}: a proxy in front of Portreeve asks for a login at `{place}` (401)");
            return Some(Finding::problem(CHECK, what, WAITS).fix(self.pass_on(url)));
        }
        // Without a key, the refusal says nothing. With the wrong service, the earlier finding explains the missing
        // right.
        if !had_key || (differs && is_refused(answer, Cause::MayNotReport)) {
            return None;
        }
        if !is_refused(answer, Cause::MayNotReport) {
            let what = format!(
                "{name}: the key is refused at `{place}` (401): it is wrong, ended or revoked, or its owner is disabled"
            );
            return Some(Finding::problem(CHECK, what, WAITS).fix(self.new_key()));
        }
        let what = format!(
            "{name}: the key is good, but its owner may not report: no rule grants `push` on `registry:events`, or the key is for something else (401)"
        );
        let fix = format!(
            "let the owner of the key report: `portreeve rules create report --subject robot:reporter --type registry --name events --action push`, with the owner in the place of robot:reporter; if such a rule exists, {}",
            self.new_key()
        );
        Some(Finding::problem(CHECK, what, WAITS).fix(fix))
    }

    fn missing(&self, url: &Url, answer: &Answer, differs: bool) -> Option<Finding> {
        let (name, place, status) = (self.name(), shown(url), answer.status);
        if differs {
            return None;
        }
        let service = service_of(url).unwrap_or_default();
        if is_refused(answer, Cause::UnknownService) {
            let what = format!("{name}: the token server does not know the service `{service}` ({status})");
            let create = shell::argument(&service);
            return Some(Finding::problem(CHECK, what, WAITS).fix(format!(
                "create the service at the token server: `portreeve services create{create}`"
            )));
        }
        let what = format!("{name}: what answers at `{place}` takes no reports ({status})");
        Some(Finding::problem(CHECK, what, WAITS).fix(self.pass_on(url)))
    }

    fn failed(&self, url: &Url, answer: &Answer) -> Finding {
        let (name, place, status) = (self.name(), shown(url), answer.status);
        let what = format!("{name}: `{place}` takes no report now: it gives {status}");
        let fix = match status {
            429 => "correct the key, and wait until the token server accepts logins from this address again",
            400..=499 => "find out which program answers at this URL: Portreeve does not give this status",
            _ => "see the log of the token server, and the log of the proxy in front of the token server",
        };
        Finding::problem(CHECK, what, WAITS).fix(fix)
    }
}

/// Returns true if Portreeve refused a report for this cause.
fn is_refused(answer: &Answer, cause: Cause) -> bool {
    let body = answer.json().unwrap_or_default();
    body.get("code").and_then(Value::as_str) == Some(cause.as_str())
}
