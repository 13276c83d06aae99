//! The endpoint to which the registry reports its events.

use crate::clinic::{Clinic, Diagnosis};
use crate::fake::{Fake, said};
use crate::registry::free_port;
use crate::tls::Authority;

const CHECK: &str = "notifications";

/// A registry that reports its events, and the key with which it reports.
struct Desk {
    clinic: Clinic,
    key: String,
    more: Vec<String>,
}

impl Desk {
    /// Opens a clinic without faults.
    fn open() -> Self {
        let clinic = Clinic::open();
        clinic.administer("robots create reporter");
        clinic.administer(
            "rules create report --subject robot:reporter --type registry --name events --action push",
        );
        let key = clinic
            .administer("access-keys create robot:reporter --name registry --scope registry:events:push");
        let key = key.split_whitespace().find(|word| word.starts_with("ptr_")).unwrap().to_owned();
        let mut desk = Self { clinic, key, more: Vec::new() };
        desk.reports_to(&desk.right());
        desk
    }

    /// Returns the right URL of the endpoint.
    fn right(&self) -> String {
        format!("http://localhost:{}/events/registry", self.clinic.server_port)
    }

    /// Makes the registry report to this URL.
    fn reports_to(&mut self, url: &str) {
        let key = self.key.clone();
        self.has(&format!(
            "      url: \"{url}\"\n      headers:\n        Authorization: [\"Bearer {key}\"]\n"
        ));
    }

    /// Gives the registry an endpoint with these lines of configuration, and starts the registry again.
    fn has(&mut self, lines: &str) {
        self.clinic.write_file("");
        let text = std::fs::read_to_string(self.clinic.file()).unwrap();
        let text = format!("{text}\nnotifications:\n  endpoints:\n    - name: portreeve\n{lines}");
        std::fs::write(self.clinic.file(), text).unwrap();
        self.clinic.start_registry();
    }

    fn doctor(&self) -> Diagnosis {
        let more: Vec<&str> = self.more.iter().map(String::as_str).collect();
        let said = self.clinic.doctor(&more);
        for shown in [&said.out, &said.err] {
            assert!(!shown.contains(&self.key[4..]), "the key is never shown: {shown}");
        }
        said
    }

    /// Checks that the doctor has one finding of this level about reports, with these words. Returns its fix.
    fn says(&self, level: &str, words: &str) -> String {
        let said = self.doctor();
        let found: Vec<_> = said.of(level).into_iter().filter(|(check, _, _)| check == CHECK).collect();
        let [(_, what, fix)] = found.as_slice() else { panic!("{words}: {said:#?}") };
        assert!(what.contains(words), "{words}: {said:#?}");
        fix.clone()
    }

    /// Checks that the set-up has one problem, with these words. Applies the printed fix, after which the set-up must
    /// be healthy.
    fn proves(&mut self, words: &str) {
        let fix = self.doctor().one_problem(CHECK, words);
        self.apply(&fix);
        self.is_well();
    }

    fn is_well(&self) {
        self.doctor().healthy();
        self.says("ok", "takes a report with its key");
    }

    /// Does what a fix says: runs its commands, writes its lines into the endpoint's configuration, and restarts the
    /// registry if the fix says so.
    fn apply(&mut self, fix: &str) {
        println!("applying: {fix}");
        for quoted in fix.split('`').skip(1).step_by(2) {
            if let Some(command) = quoted.strip_prefix("portreeve ") {
                let printed = self.clinic.administer(command);
                let key = printed.split_whitespace().find(|word| word.starts_with("ptr_"));
                self.key = key.map_or(self.key.clone(), str::to_owned);
                continue;
            }
            let text = std::fs::read_to_string(self.clinic.file()).unwrap();
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let written = quoted.replace("ACCESS_KEY", &self.key);
            match fix.split_once("(line ").and_then(|(_, rest)| rest.split(')').next()) {
                Some(number) => {
                    let line = &mut lines[number.parse::<usize>().unwrap() - 1];
                    let depth = line.len() - line.trim_start().len();
                    *line = format!("{}{written}", " ".repeat(depth));
                }
                None => lines.push(format!("      {written}")),
            }
            std::fs::write(self.clinic.file(), lines.join("\n") + "\n").unwrap();
        }
        if fix.contains("restart the registry") {
            self.clinic.start_registry();
        }
    }
}

#[test]
fn what_is_printed_for_a_registry_reports_once_its_key_is_in_it() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    let said = clinic.doctor(&[]);
    said.healthy();
    assert!(!said.out.contains(CHECK), "a registry that reports nothing causes no finding: {said:#?}");
    let block = clinic.administer("services config registry --events");
    let start = block.find("notifications:").unwrap();
    let text = std::fs::read_to_string(clinic.file()).unwrap();
    std::fs::write(clinic.file(), format!("{text}\n{}", &block[start..])).unwrap();
    clinic.start_registry();
    let mut desk = Desk { clinic, key: "ptr_not-made-yet".to_owned(), more: Vec::new() };
    desk.proves("still has `ACCESS_KEY` where its key belongs");
}

#[test]
fn a_key_that_is_missing_wrong_or_good_for_something_else() {
    let mut desk = Desk::open();
    desk.is_well();
    for command in ["rules delete report --yes", "robots delete reporter --yes"] {
        desk.clinic.administer(command);
    }
    // The commands of the fix create the robot and its rule.
    desk.proves("the key is refused");
    desk.clinic.administer("rules delete report --yes");
    let fix = desk.doctor().one_problem(CHECK, "its owner may not report");
    let command = fix.split('`').nth(1).unwrap().strip_prefix("portreeve ").unwrap();
    desk.clinic.administer(command);
    desk.is_well();

    let right = desk.right();
    for command in ["rules delete report --yes", "robots delete reporter --yes"] {
        desk.clinic.administer(command);
    }
    desk.has(&format!("      url: \"{right}\"\n"));
    desk.proves("has no key");
    // A key in the URL is also accepted.
    let login = right.replace("//", &format!("//reporter:{}@", desk.key));
    desk.has(&format!("      url: \"{login}\"\n"));
    desk.is_well();
    desk.has(&format!("      url: \"{right}\"\n      headers: {{X-Two: [\"1\", \"2\"]}}\n"));
    desk.doctor().one_problem(CHECK, "has no key");
}

#[test]
fn a_url_of_another_service_and_of_one_that_nobody_knows() {
    let mut desk = Desk::open();
    desk.clinic.administer("services create other");
    for service in ["other", "nowhere", "registry/", ""] {
        let url = desk.right().replace("/events/registry", &format!("/events/{service}"));
        desk.reports_to(&url);
        desk.proves(&format!("reports for the service `{service}`, but tokens are for `registry`"));
    }
    let text = std::fs::read_to_string(desk.clinic.file()).unwrap();
    std::fs::write(desk.clinic.file(), text.replace("/events/registry", "/events/new")).unwrap();
    desk.clinic.set("service", "\"new\"");
    desk.clinic.start_registry();
    let fix = desk.says("problem", "does not know the service `new`");
    desk.apply(&fix);
    desk.is_well();
}

#[test]
fn a_redirection_is_not_followed_and_its_target_is_named() {
    let mut desk = Desk::open();
    let right = desk.right();
    for status in [301, 302, 303] {
        let location = format!("Location: {right}");
        let front = Fake::new(None, move |_| said(status, &[&location], ""));
        desk.reports_to(&format!("http://localhost:{}/events/registry", front.port));
        desk.proves(&format!("redirects to `{right}` ({status})"));
        assert!(front.heads().iter().all(|head| head.starts_with("POST /events/registry ")));
    }
    // The doctor sends nothing to the target of a redirection. The location repeats the key, and the report must not.
    let target = Fake::new(None, |_| said(200, &[], ""));
    let location =
        format!("Location: http://localhost:{}/{}/events/registry?key={}", target.port, desk.key, desk.key);
    let front = Fake::new(None, move |_| said(302, &[&location], ""));
    desk.reports_to(&format!("http://localhost:{}/events/registry", front.port));
    desk.doctor().one_problem(CHECK, "redirects to `http://localhost:");
    assert!(target.heads().is_empty() && front.heads()[0].contains(&desk.key));

    let location = format!("Location: {right}");
    let front = Fake::new(None, move |_| said(308, &[&location], ""));
    desk.reports_to(&format!("http://localhost:{}/events/registry", front.port));
    let fix = desk.says("warning", "(308)");
    desk.apply(&fix);
    desk.is_well();
    let front = Fake::new(None, |_| said(302, &["Location: /login"], ""));
    desk.reports_to(&format!("http://localhost:{}/events/registry", front.port));
    let fix = desk.doctor().one_problem(CHECK, "/login` (302)");
    assert!(fix.starts_with("let the proxy pass `/events/registry` on to Portreeve"), "{fix}");
}

#[test]
fn what_answers_is_not_portreeve() {
    let mut desk = Desk::open();
    for (answer, words) in [
        (said(404, &[], "not here"), "takes no reports (404)"),
        (said(405, &[], ""), "takes no reports (405)"),
        (
            said(200, &["Content-Type: text/html"], "<html>"),
            "is not Portreeve: it gives 200 with an HTML page",
        ),
        (said(204, &[], ""), "is not Portreeve: it gives 204"),
        (
            said(401, &["WWW-Authenticate: Basic realm=\"ops\""], ""),
            "a proxy in front of Portreeve asks for a login",
        ),
        (said(502, &[], ""), "it gives 502"),
        (said(418, &[], ""), "it gives 418"),
    ] {
        let front = Fake::new(None, move |_| answer.clone());
        desk.reports_to(&format!("http://localhost:{}/events/registry", front.port));
        let fix = desk.doctor().one_problem(CHECK, words);
        assert!(!fix.is_empty(), "{words}");
    }
    // The URL is a path of the token server that takes no reports. The doctor does not try it.
    let url = format!("http://localhost:{}/event/registry", desk.clinic.server_port);
    desk.reports_to(&url);
    let fix = desk.says("warning", "is not a path for reports");
    desk.apply(&fix);
    desk.is_well();
    let other = Fake::new(None, |_| said(200, &[], ""));
    desk.reports_to(&format!("http://localhost:{}/hook", other.port));
    assert!(!desk.doctor().out.contains(CHECK), "an endpoint of another server causes no finding");
    assert!(!other.heads().iter().any(|head| head.contains("portreeve-doctor")), "{:?}", other.heads());
}

#[test]
fn nobody_answers() {
    let mut desk = Desk::open();
    for (url, words) in [
        (format!("http://localhost:{}/events/registry", free_port()), "does not answer: Connection refused"),
        ("https://reports.invalid/events/registry".to_owned(), "does not answer"),
        ("localhost/events/registry".to_owned(), "has a `url` that is not an http or https URL"),
    ] {
        desk.reports_to(&desk.right());
        let text = std::fs::read_to_string(desk.clinic.file()).unwrap();
        std::fs::write(desk.clinic.file(), text.replace(&desk.right(), &url)).unwrap();
        let fix = desk.doctor().one_problem(CHECK, words);
        assert!(fix.contains("`url: \"https://TOKEN-SERVER/events/"), "{fix}");
    }
}

#[test]
fn tls_at_a_plain_port_and_the_reverse() {
    let mut desk = Desk::open();
    let url = desk.right().replace("http://", "https://");
    desk.reports_to(&url);
    desk.proves("it does not speak TLS");

    let authority = Authority::new();
    let ca = authority.write(desk.clinic.path(), "reports-ca.crt");
    let secure = Fake::new(Some(authority.server("localhost")), |_| said(200, &[], ""));
    let url = format!("http://localhost:{}/events/registry", secure.port);
    desk.reports_to(&url);
    let fix = desk.says("problem", "is plain http, but the server there speaks TLS");
    desk.apply(&fix);
    desk.says("problem", "cannot be verified: its certificate is signed by an authority that is not known");
    let bring_key = |head: &String| head.contains("portreeve-doctor") && head.contains(&desk.key);
    assert!(!secure.heads().iter().any(bring_key), "the key is not sent to an unverified server");
    desk.more = vec!["--ca".to_owned(), ca];
    desk.is_well();
    assert!(secure.heads().iter().any(|head| head.contains(&desk.key)));
}

#[test]
fn an_endpoint_that_is_off_or_waits_too_short() {
    let mut desk = Desk::open();
    let (right, key) = (desk.right(), desk.key.clone());
    let usual = format!("      url: \"{right}\"\n      headers: {{Authorization: [\"Bearer {key}\"]}}\n");
    desk.has(&format!("{usual}      disabled: true\n"));
    let fix = desk.says("note", "has `disabled: true`");
    desk.apply(&fix);
    desk.is_well();
    for timeout in ["500ms", "5000"] {
        desk.has(&format!("{usual}      timeout: {timeout}\n"));
        let fix = desk.says("warning", "for an answer (`timeout`)");
        desk.apply(&fix);
        assert!(desk.doctor().of("warning").iter().all(|(check, _, _)| check != CHECK));
        desk.is_well();
    }
    // A registry does not start if a header is not a list.
    let text = std::fs::read_to_string(desk.clinic.file()).unwrap();
    let text = text.replace(&format!("[\"Bearer {key}\"]"), &format!("\"Bearer {key}\""));
    std::fs::write(desk.clinic.file(), text).unwrap();
    desk.says("problem", "a header `Authorization` that is not a list of texts");
}
