//! The address to which the registry sends clients for a token.

use crate::clinic::{Clinic, PASSWORD};
use crate::fake::{Fake, challenge, said};
use crate::front::{Front, Manner};
use crate::registry::free_port;
use crate::tls::Authority;

#[test]
fn a_token_server_that_is_down() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    clinic.stop_server();
    clinic.proves(&[], "realm", "does not answer: Connection refused");
}

#[test]
fn a_realm_at_a_port_where_nobody_listens_and_at_a_host_that_is_none() {
    let mut clinic = Clinic::open();
    for (realm, words) in [
        (format!("http://localhost:{}/token", free_port()), "Connection refused"),
        ("http://token.invalid/token".to_owned(), "does not answer"),
        ("/token".to_owned(), "is not a URL"),
    ] {
        clinic.set("realm", &format!("\"{realm}\""));
        clinic.start_registry();
        let fix = clinic.doctor(&[]).one_problem("realm", words);
        assert!(fix.contains("`realm: \"https://TOKEN-SERVER/token\"`"), "{fix}");
    }
}

#[test]
fn a_realm_with_a_wrong_path() {
    let mut clinic = Clinic::open();
    clinic.set("realm", &format!("\"http://localhost:{}/v2/token\"", clinic.server_port));
    clinic.start_registry();
    clinic.proves(&[], "realm", "is not a token server: it gives 404");
}

#[test]
fn a_realm_that_is_https_before_a_server_that_is_not() {
    let mut clinic = Clinic::open();
    clinic.set("realm", &format!("\"https://localhost:{}/token\"", clinic.server_port));
    clinic.start_registry();
    clinic.proves(&[], "realm", "does not speak TLS");
}

#[test]
fn a_registry_that_makes_up_its_realm() {
    let mut clinic = Clinic::open();
    let file = std::fs::read_to_string(clinic.file()).unwrap();
    std::fs::write(clinic.file(), format!("{file}    autoredirect: true\n")).unwrap();
    clinic.start_registry();
    clinic.proves(&[], "realm", "/auth/token` does not answer");
}

#[test]
fn a_realm_that_redirects() {
    let mut clinic = Clinic::open();
    let target = format!("http://localhost:{}/token", clinic.server_port);
    for (status, is_problem) in [(301, true), (307, false)] {
        let front = Front::before(clinic.server_port, None, Manner::Redirect(status, target.clone()));
        clinic.set("realm", &format!("\"http://localhost:{}/token\"", front.port));
        clinic.start_registry();
        if is_problem {
            clinic.proves(&[], "realm", "redirects to");
        } else {
            let said = clinic.doctor(&[]);
            said.healthy();
            assert!(said.of("warning")[0].1.contains("redirects to"), "{said:#?}");
        }
    }
}

#[test]
fn a_realm_that_redirects_to_where_nobody_is() {
    let clinic = Clinic::open();
    let dead = format!("http://localhost:{}/token", free_port());
    let front = Front::before(1, None, Manner::Redirect(307, dead.clone()));
    let to = format!("http://localhost:{}/token", front.port);
    let registry = Fake::new(None, move |_| challenge(&to));
    let arguments = [&format!("localhost:{}", registry.port), "--user", "admin", "--output", "json"];
    let words = format!("redirects to {dead}, which does not answer: Connection refused");
    clinic.ask(&arguments, PASSWORD).one_problem("realm", &words);

    let circle = Fake::new(None, |head| {
        let host = head.split("Host: ").nth(1).or(head.split("host: ").nth(1)).unwrap();
        let location = format!("Location: http://{}/token", host.split("\r\n").next().unwrap());
        said(307, &[&location], "")
    });
    let to = format!("http://localhost:{}/token", circle.port);
    let registry = Fake::new(None, move |_| challenge(&to));
    let arguments = [&format!("localhost:{}", registry.port), "--user", "admin", "--output", "json"];
    clinic
        .ask(&arguments, PASSWORD)
        .one_problem("realm", "which redirects again and again, more than five times");
}

#[test]
fn a_redirection_keeps_the_query_and_brings_no_password_to_another_port() {
    let clinic = Clinic::open();
    let token_server = Fake::new(None, |head| {
        if head.contains("tenant=a") && head.matches("service=").count() == 1 {
            said(401, &["WWW-Authenticate: Basic realm=x"], r#"{"details": "log in"}"#)
        } else {
            said(404, &[], "")
        }
    });
    let last = format!("Location: http://localhost:{}/token?tenant=a&service=registry", token_server.port);
    let second = Fake::new(None, move |_| said(308, &[&last], ""));
    let first = format!("Location: http://localhost:{}/auth?service=registry", second.port);
    let realm = Fake::new(None, move |_| said(307, &[&first], ""));
    let to = format!("http://localhost:{}/token", realm.port);
    let registry = Fake::new(None, move |_| challenge(&to));
    let said = clinic
        .ask(&[&format!("localhost:{}", registry.port), "--user", "admin", "--output", "json"], PASSWORD);
    assert!(said.of("warning").iter().any(|(_, what, _)| what.ends_with("(307, then 308)")), "{said:#?}");
    assert!(said.of("ok").iter().any(|(_, what, _)| what.ends_with("/token?tenant=a")), "{said:#?}");
    assert_eq!(token_server.passwords() + second.passwords() + realm.passwords(), 0, "{said:#?}");
}

#[test]
fn a_plain_realm_behind_an_https_registry() {
    let mut clinic = Clinic::open();
    let authority = Authority::new();
    authority.of_registry(&clinic, "localhost");
    // The proxy speaks http and https on the same port, as many proxies do.
    let front = Front::before(clinic.server_port, Some(authority.server("localhost")), Manner::Plain);
    clinic.set("realm", &format!("\"http://localhost:{}/token\"", front.port));
    clinic.start_registry();
    let ca = authority.write(clinic.path(), "tls-ca.crt");
    clinic.proves(&["--ca", &ca], "realm", "the registry is https, but its realm");
}

#[test]
fn a_token_server_behind_a_certificate_that_nobody_knows() {
    let mut clinic = Clinic::open();
    let (authority, other) = (Authority::new(), Authority::new());
    authority.of_registry(&clinic, "localhost");
    let front = Front::before(clinic.server_port, Some(other.server("localhost")), Manner::Plain);
    clinic.set("realm", &format!("\"https://localhost:{}/token\"", front.port));
    clinic.start_registry();
    let (ca, realm_ca) =
        (authority.write(clinic.path(), "ca.crt"), other.write(clinic.path(), "realm-ca.crt"));
    let said = clinic.doctor(&["--ca", &ca]);
    said.one_problem(
        "realm",
        "cannot be verified: its certificate is signed by an authority that is not known",
    );
    let password = said.of("warning").into_iter().find(|(check, _, _)| check == "credentials").unwrap();
    assert!(password.1.contains("was not sent"), "{said:#?}");
    clinic.doctor(&["--ca", &ca, "--ca", &realm_ca]).healthy();
}

#[test]
fn a_token_server_that_fails_or_is_none() {
    let mut clinic = Clinic::open();
    for (answer, words) in [
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "it gives 502"),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
            "is not a token server",
        ),
    ] {
        let front = Front::before(clinic.server_port, None, Manner::Always(answer.to_owned()));
        clinic.set("realm", &format!("\"http://localhost:{}/token\"", front.port));
        clinic.start_registry();
        clinic.doctor(&[]).one_problem("realm", words);
    }
}

#[test]
fn a_realm_that_is_an_address_of_this_machine() {
    let mut clinic = Clinic::open();
    clinic.set("realm", &format!("\"http://127.0.0.1:{}/token\"", clinic.server_port));
    clinic.start_registry();
    let said = clinic.doctor(&[]);
    said.healthy();
    let warning = said.of("warning").into_iter().find(|(check, _, _)| check == "realm").unwrap();
    assert!(warning.1.contains("is a private address"), "{said:#?}");
}

#[test]
fn a_realm_that_leads_every_client_to_itself() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    let name = format!("0.0.0.0:{}", clinic.registry_port);
    let daemon = clinic.path().join("daemon.json");
    std::fs::write(&daemon, format!("{{\"insecure-registries\": [\"{name}\"]}}")).unwrap();
    let (file, daemon) = (clinic.file(), daemon.to_str().unwrap().to_owned());
    let config = ["--registry-config", file.to_str().unwrap(), "--daemon-config", &daemon];
    let arguments = [&[name.as_str(), "--user", "admin", "--output", "json"][..], &config].concat();
    let fix = clinic.ask(&arguments, PASSWORD).one_problem("realm", "leads every client to itself");
    clinic.apply(&fix);
    clinic.ask(&arguments, PASSWORD).healthy();
}

#[test]
fn what_a_registry_names_cannot_slip_into_a_shell() {
    let mut clinic = Clinic::open();
    clinic.set("service", "\"$(touch pwned)'; touch pwned\"");
    clinic.start_registry();
    let elsewhere = clinic.path().join("nowhere");
    let said =
        clinic.ask(&[&clinic.registry(), "--keys-dir", elsewhere.to_str().unwrap(), "--output", "json"], "");
    let fix = said.one_problem("service", "does not know the registry's service");
    clinic.administer(fix.split('`').nth(1).unwrap().strip_prefix("portreeve ").unwrap());
    assert!(!clinic.path().join("pwned").exists(), "{fix}");
}
