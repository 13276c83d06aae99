//! Tests how registry files are read, and which line a fix names.

use super::*;

fn parse(text: &str) -> Result<RegistryFile, Finding> {
    RegistryFile::parse(Path::new("/etc/r.yml"), text.to_owned())
}

#[test]
fn both_kinds_of_files_are_read() {
    let file = parse(
        "version: 0.1\nauth:\n  token:\n    realm: \"http://a/token\"\n    service: s\n    issuer: i\n    rootcertbundle: /ca\n    autoredirect: true\nhttp: {addr: \":5000\"}",
    )
    .unwrap();
    let expected = TokenAuth {
        realm: "http://a/token".to_owned(),
        service: "s".to_owned(),
        issuer: Some("i".to_owned()),
        bundle: Some("/ca".into()),
        autoredirect: true,
        ..TokenAuth::default()
    };
    assert_eq!(file.auth, Auth::Token(expected));
    assert_eq!(
        line(Some(&file), "issuer", "portreeve"),
        "`issuer: \"portreeve\"` under auth.token in /etc/r.yml (line 6); then restart the registry"
    );
    assert!(line(Some(&file), "issuer", "i").starts_with("restart the registry"));
    assert!(line(None, "realm", "x").starts_with("`realm: \"x\"` under auth.token"));
    assert!(line(None, "issuer", "a`b").starts_with(r#"`issuer: "a\u0060b"` under"#));

    let zot =
        r#"{"http": {"port": "5000", "auth": {"bearer": {"realm": "r", "service": "s", "cert": "/c"}}}}"#;
    let zot = parse(zot).unwrap();
    assert!(zot.is_zot && zot.token().unwrap().bundle == Some("/c".into()));
    assert!(line(Some(&zot), "rootcertbundle", "/d").contains("`\"cert\": \"/d\"` under http.auth.bearer"));
}

#[test]
fn the_line_that_is_named_sets_the_field_of_the_token() {
    let usual = "log:\n  fields:\n    service: registry\n# issuer: x\n";
    let token = "{realm: r, service: s,\n issuer: i, rootcertbundle: /c}";
    let zot = "{\"http\": {\"realm\": \"z\", \"port\": 1,\n\"tls\": {\"cert\": \"/tls\"},\n\"auth\": {\"bearer\": {\n\"realm\": \"r\",\n\"cert\": \"/c\", \"service\": \"s\"}}}}";
    for (text, field, number) in [
        (format!("{usual}auth:\n  token:\n    service: s\n    issuer: i\n"), "service", Some(7)),
        (format!("{usual}auth:\n  token:\n    service: s\n    issuer: i\n"), "issuer", Some(8)),
        (format!("{usual}auth: {{token: {token}}}\n"), "issuer", Some(6)),
        (
            format!("x: &x\n  issuer: a\n{usual}auth:\n  token:\n    service: s\n    issuer: i\n"),
            "issuer",
            Some(10),
        ),
        (format!("x: &x\n  issuer: a\n  service: s\n{usual}auth:\n  token: *x\n"), "issuer", Some(2)),
        (format!("x: &x\n  issuer: a\n{usual}auth:\n  token:\n    <<: *x\n"), "issuer", Some(2)),
        (format!("{usual}auth:\n  token:\n    issuer: i\n"), "service", None),
        (zot.to_owned(), "realm", Some(4)),
        (zot.to_owned(), "rootcertbundle", Some(5)),
    ] {
        let file = parse(&text).unwrap();
        assert_eq!(file.line_of(field), number, "{field} in {text}");
        let told = line(Some(&file), field, "new");
        assert_eq!(told.contains("(line "), number.is_some(), "{told}");
    }
}

#[test]
fn a_registry_does_not_start_without_its_texts() {
    let unfit = |text: &str| parse(&format!("auth:\n  token:\n    realm: r\n{text}")).unwrap().unfit;
    assert_eq!(unfit("    issuer: i\n    service: s\n    rootcertbundle: /c\n"), []);
    assert_eq!(unfit("    issuer: \"yes\"\n    service: s\n    jwks: /c\n"), []);
    assert_eq!(
        unfit("    issuer: yes # true\n    service: 5\n    rootcertbundle:\n"),
        [("issuer", Some("yes".to_owned())), ("service", Some("5".to_owned())), ("rootcertbundle", None)]
    );
}

#[test]
fn what_is_merged_is_read_and_paths_are_beside_the_file() {
    let folder = tempfile::tempdir().unwrap();
    // The current folder also has a file of this name.
    std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
    let text =
        "t: &t {issuer: i, service: s}\nauth: {token: {<<: *t, service: own, rootcertbundle: Cargo.toml}}";
    let file = RegistryFile::parse(&folder.path().join("r.yml"), text.to_owned()).unwrap();
    let token = file.token().unwrap();
    assert_eq!((token.issuer.as_deref(), token.service.as_str()), (Some("i"), "own"));
    let bundle = token.bundle.as_ref().unwrap();
    assert_eq!(file.resolve(bundle), folder.path().join("Cargo.toml"));
    assert_eq!(file.resolve(Path::new("src/lib.rs")), Path::new("src/lib.rs"));
}

#[test]
fn other_ways_to_authenticate_are_named() {
    for (text, expected) in [
        ("http: {addr: x}", Auth::Nothing),
        ("auth: {htpasswd: {realm: r, path: p}}", Auth::Other("htpasswd".to_owned())),
        ("{\"http\": {\"port\": 1, \"auth\": {\"ldap\": {}}}}", Auth::Other("ldap".to_owned())),
    ] {
        assert_eq!(parse(text).unwrap().auth, expected, "{text}");
    }
    for bad in ["", "a: [", "hello", "{}", "auth: [1]", "\t- x"] {
        assert_eq!(parse(bad).unwrap_err().check, "config", "{bad}");
    }
}

#[test]
fn a_realm_is_known_as_clients_read_it() {
    for (written, seen) in [
        ("http://a/token", "http://a/token"),
        ("http://a/token ", "http://a/token "),
        ("http://a/token\t", "http://a/tokent"),
        ("http://a/token\u{a0}", "http://a/tokenu00a0"),
        ("http://a/token\u{200b}", "http://a/tokenu200b"),
        ("http://a/token\u{1}", "http://a/tokenx01"),
    ] {
        let auth = TokenAuth { realm: written.to_owned(), ..TokenAuth::default() };
        assert!(auth.shows(seen), "{written:?}: {:?}", as_read(written));
        assert!(!auth.shows("http://a/other"));
    }
}
