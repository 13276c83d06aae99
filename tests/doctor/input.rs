//! Arguments that name no registry, file or address.

use crate::clinic::Clinic;
use crate::front::{Front, Manner};
use crate::registry::free_port;

#[test]
fn what_is_no_registry_is_told() {
    let clinic = Clinic::open();
    let html = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";
    let moved = "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n";
    let endless = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    let down = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";
    let front = |text: &str| Front::before(1, None, Manner::Always(text.to_owned())).port;
    for (address, check, words) in [
        (format!("localhost:{}", front(html)), "registry", "is not a registry: `/v2/` gives 200"),
        (format!("localhost:{}", front(moved)), "registry", "redirects to"),
        (format!("localhost:{}", front(endless)), "challenge", "401 without a challenge"),
        (format!("localhost:{}", front(down)), "registry", "behind the proxy is down: `/v2/` gives 502"),
        (format!("localhost:{}", front("nonsense")), "registry", "does not answer"),
        (format!("localhost:{}", free_port()), "registry", "Connection refused"),
        ("registry.invalid".to_owned(), "registry", "there is no host `registry.invalid`"),
        (format!("localhost:{}", clinic.server_port), "registry", "is not a registry: `/v2/` gives 404"),
    ] {
        clinic.ask(&[&address, "--output", "json"], "").one_problem(check, words);
    }
}

#[test]
fn what_cannot_be_used_is_told() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    let registry = clinic.registry();
    for (arguments, words) in [
        (&["--registry-config", "missing.yml"] as &[&str], "cannot read `missing.yml`"),
        (&["--registry-log", "missing.log"], "cannot read `missing.log`"),
        (&["--ca", "missing.crt"], "`missing.crt` cannot be used"),
        (&["--ca", "registry.yml"], "it holds no certificate in PEM form"),
        (&["--user", "a:b"], "is not a name of a user"),
        (&["--user", "admin"], "no password was given"),
        (&["--tag", "x"], "--repository"),
    ] {
        let said = clinic.ask(&[&[registry.as_str()], arguments].concat(), "");
        assert!(said.code == 2 && said.err.contains(words), "{arguments:?}: {said:?}");
    }
    for address in ["", "a b", "ftp://x", "localhost:5000/v2/"] {
        let said = clinic.ask(&[address], "");
        assert!(said.code == 2 && said.err.contains("not a registry"), "{address}: {said:?}");
    }
    std::fs::write(clinic.file(), "auth: [").unwrap();
    clinic.doctor(&[]).one_problem("config", "is not a configuration of a registry");
}

#[test]
fn a_registry_that_was_asked_for_at_another_port_than_its_file_says() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    // The registry's file names a path inside its container. The tested port is not the registry's.
    clinic.set("rootcertbundle", "\"/nonexistent/ca.crt\"");
    let (file, address) = (clinic.file(), format!("localhost:{}", free_port()));
    let arguments = [&address, "--registry-config", file.to_str().unwrap(), "--output", "json"];
    let fix = clinic.ask(&arguments, "").one_problem("registry", "Connection refused");
    assert!(fix.contains(&format!("listens on port {}, not", clinic.registry_port)), "{fix}");
    assert!(fix.contains(&format!("ask for `{}`", clinic.registry())), "{fix}");
}
