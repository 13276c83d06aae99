//! Faults whose printed fix was once wrong: the fix led to another fault, or changed a file that has another purpose.

use crate::clinic::{Clinic, PASSWORD};
use crate::fake::said;
use crate::front::{Front, Manner};
use crate::tls::Authority;
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn a_realm_with_a_space_that_nobody_sees() {
    let mut clinic = Clinic::open();
    let right = format!("http://localhost:{}/token", clinic.server_port);
    for (realm, words) in [
        (format!("\"{right} \""), "ends with a space"),
        (format!("\"{right}\\t\""), "ends with a space"),
        (format!("\"{right}\\xa0\""), "ends with a space"),
        (format!("\" {right}\""), "begins with a space"),
    ] {
        clinic.set("realm", &realm);
        clinic.start_registry();
        clinic.proves(&[], "realm", words);
    }
}

#[test]
fn a_realm_that_asks_for_something_itself() {
    let mut clinic = Clinic::open();
    for query in ["service=x", "service=registry&service=x", "account=x", "scope=repository:a:pull"] {
        let realm = format!("\"http://localhost:{}/token?{query}\"", clinic.server_port);
        clinic.set("realm", &realm);
        clinic.start_registry();
        clinic.proves(&[], "realm", &format!("holds `{}`", query.split('&').next().unwrap()));
    }
}

/// Opens a clinic whose registry speaks TLS. Returns the clinic, the authority that clients must trust, and the path of
/// its certificate.
fn secure() -> (Clinic, Authority, String) {
    let clinic = Clinic::open();
    let authority = Authority::new();
    authority.of_registry(&clinic, "localhost");
    let ca = authority.write(clinic.path(), "tls-ca.crt");
    (clinic, authority, ca)
}

#[test]
fn a_token_server_without_tls_behind_an_https_registry() {
    for (scheme, words) in [("http", "the registry is https, but its realm"), ("https", "does not speak TLS")]
    {
        let (mut clinic, _authority, ca) = secure();
        clinic.set("realm", &format!("\"{scheme}://localhost:{}/token\"", clinic.server_port));
        clinic.start_registry();
        clinic.proves(&["--ca", &ca], "realm", words);
    }
}

#[test]
fn a_registry_that_makes_up_its_realm_behind_tls() {
    let (mut clinic, authority, ca) = secure();
    let front = Front::before(clinic.server_port, Some(authority.server("localhost")), Manner::Plain);
    let right = format!("https://localhost:{}/token", front.port);
    let make_up = |clinic: &mut Clinic| {
        let file = std::fs::read_to_string(clinic.file()).unwrap();
        let file = file.replace("    autoredirect: false\n", "");
        std::fs::write(clinic.file(), format!("{file}    autoredirect: true\n")).unwrap();
        clinic.start_registry();
    };
    // With `autoredirect`, the registry names an address of its own as the realm. The realm in its file works, so
    // turning `autoredirect` off is enough.
    clinic.set("realm", &format!("\"{right}\""));
    make_up(&mut clinic);
    let words = "/auth/token` is not a token server: it gives 404";
    clinic.proves(&["--ca", &ca], "realm", words);
    // The realm in the file leads nowhere, so one fix must change both the realm and `autoredirect`.
    clinic.set("realm", "\"https://localhost:1/token\"");
    make_up(&mut clinic);
    let fix = clinic.doctor(&["--ca", &ca]).one_problem("realm", words);
    assert!(fix.contains("`autoredirect: false`"), "{fix}");
    clinic.apply(&fix.replace("https://TOKEN-SERVER/token", &right));
    clinic.doctor(&["--ca", &ca]).healthy();
}

#[test]
fn a_proxy_that_takes_the_header_away() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    let front = Front::before(clinic.registry_port, None, Manner::Strip);
    let (address, file) = (format!("localhost:{}", front.port), clinic.file());
    let config = ["--registry-config", file.to_str().unwrap()];
    for more in [&config[..], &[]] {
        let arguments = [&[&address, "--user", "admin", "--output", "json"][..], more].concat();
        let said = clinic.ask(&arguments, PASSWORD);
        let fix = said.one_problem("acceptance", "no token reaches the registry");
        assert!(fix.contains("proxy_set_header Authorization"), "{fix}");
        assert!(!said.out.contains("invalid_token"), "the answer had no error: {}", said.out);
    }
}

#[test]
fn a_proxy_with_a_login_of_its_own() {
    let mut clinic = Clinic::open();
    clinic.start_registry();
    let basic = "WWW-Authenticate: Basic realm=\"ops\"";
    for (kind, body) in
        [("text/html", "<html><title>401</title></html>"), ("text/plain", "401 Unauthorized\n")]
    {
        let kind = format!("Content-Type: {kind}");
        let text = said(401, &[basic, &kind], body);
        // The proxy asks every client for its own login, or only clients that send a token.
        let front = Front::before(clinic.registry_port, None, Manner::Always(text.clone()));
        let ask = |port: u16| {
            let arguments = [&format!("localhost:{port}"), "--user", "admin", "--output", "json"];
            clinic.ask(&arguments, PASSWORD)
        };
        let fix =
            ask(front.port).one_problem("challenge", "a proxy in front of the registry asks for `Basic`");
        assert!(fix.contains("auth_basic off"), "{fix}");
        let front = Front::before(clinic.registry_port, None, Manner::Guard(text.clone()));
        let said = ask(front.port);
        let fix =
            said.one_problem("acceptance", "a proxy in front of the registry answers a request with a token");
        assert!(fix.contains("auth_basic off") && said.out.contains("ops"), "{said:#?}");
    }
    // The proxy may also be in front of the token server.
    let page = said(401, &[basic, "Content-Type: text/html"], "<html><title>Log in</title></html>");
    let front = Front::before(clinic.server_port, None, Manner::Always(page));
    clinic.set("realm", &format!("\"http://localhost:{}/token\"", front.port));
    clinic.start_registry();
    let said = clinic.doctor(&[]);
    let words = "it gives 401 with an HTML page titled `Log in` and asks `Basic realm=\"ops\"`";
    let fix = said.one_problem("realm", words);
    assert!(fix.contains("without a login of its own"), "{fix}");
}

#[test]
fn a_page_at_the_realm() {
    let mut clinic = Clinic::open();
    let page = said(200, &["Content-Type: text/html"], "<!doctype html><title> Console </title>");
    let front = Front::before(clinic.server_port, None, Manner::Always(page));
    clinic.set("realm", &format!("\"http://localhost:{}/token\"", front.port));
    clinic.start_registry();
    clinic.doctor(&[]).one_problem("realm", "it gives 200 with an HTML page titled `Console`");
}

#[test]
fn a_bundle_that_serves_something_else() {
    let (mut clinic, authority, ca) = secure();
    let front = Front::before(clinic.server_port, Some(authority.server("localhost")), Manner::Plain);
    let nowhere = clinic.path().join("nowhere").display().to_string();
    let without_keys = ["--ca", &ca, "--keys-dir", &nowhere];
    std::fs::copy(clinic.path().join("keys/ca.crt"), clinic.path().join("CA.crt")).unwrap();
    clinic.set("realm", &format!("\"https://localhost:{}/token\"", front.port));
    // The first file is the registry's own certificate. The second is its key, which contains no certificate.
    for (file, words) in [("tls.crt", "does not verify tokens"), ("tls.key", "no certificate in PEM form")] {
        let path = clinic.path().join(file);
        let before = std::fs::read(&path).unwrap();
        clinic.set("rootcertbundle", &format!("\"{}\"", path.display()));
        clinic.spawn_registry();
        std::thread::sleep(std::time::Duration::from_millis(500));
        let fix = clinic.doctor(&without_keys).problem_of("bundle");
        assert!(fix.contains("`rootcertbundle: "), "{words}: {fix}");
        clinic.apply(&fix);
        clinic.doctor(&without_keys).healthy();
        assert_eq!(std::fs::read(&path).unwrap(), before, "the fix does not overwrite the file");
    }
}

#[test]
fn a_plain_registry_that_breaks_off_who_speaks_tls() {
    let clinic = Clinic::open();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut first = [0; 1024];
            // If the first byte is that of TLS, the connection ends without an answer.
            if stream.read(&mut first).is_ok() && first[0] != 0x16 {
                let _ = stream.write_all(said(401, &[], "{}").as_bytes());
            }
        }
    });
    let url = format!("https://localhost:{port}");
    let fix = clinic.ask(&[&url, "--output", "json"], "").one_problem("registry", "it does not speak TLS");
    assert!(fix.contains(&format!("ask for `http://localhost:{port}`")), "{fix}");
}
