//! Settings: the source that wins, the values that are refused, the messages, and the values that only cause a warning.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/ports.rs"]
mod ports;
mod reported;
mod started;

use portreeve::config::{ClientAuth, Config, ConfigError, FlagSettings, LogFormat};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

fn load(
    flags: FlagSettings,
    environment: &[(&str, &str)],
    file: Option<&str>,
) -> Result<(Config, Vec<String>), ConfigError> {
    let environment: BTreeMap<String, String> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::load(&flags, &environment, |_| {
        file.map(str::to_owned).ok_or_else(|| std::io::ErrorKind::NotFound.into())
    })
}

fn issuer(issuer: &str) -> FlagSettings {
    FlagSettings { issuer: Some(issuer.to_owned()), ..FlagSettings::default() }
}

#[test]
fn nothing_needs_to_be_set() {
    let (config, warnings) = load(FlagSettings::default(), &[], None).unwrap();
    assert_eq!(config.listen, "127.0.0.1:5001".parse().unwrap());
    assert_eq!(config.database_url.expose(), "sqlite://portreeve.db");
    assert_eq!(config.keys_dir.to_str(), Some("keys"));
    assert_eq!(config.issuer.as_str(), "portreeve");
    assert_eq!((config.services, config.max_staleness), (None, Duration::from_secs(300)));
    assert_eq!(config.log_format, LogFormat::Text);
    assert!(warnings.is_empty() && config.trusted_proxies.is_empty());
    assert!(config.token_paths.is_empty() && config.cors_origins.is_empty());
    assert_eq!(config.max_token_bytes, 7168);
}

#[test]
fn settings_of_the_edge_exist_as_flag_variable_and_key() {
    let file = "token_paths = [\"/v2/token\", \"/jwt/auth/\"]\ncors_origins = [\"https://a.example\"]\nmax_token_bytes = 4096\n";
    let environment = [
        ("PORTREEVE_TOKEN_PATHS", "/service/token, /"),
        ("PORTREEVE_CORS_ORIGINS", "https://b.example:8443,http://localhost:3000"),
        ("PORTREEVE_MAX_TOKEN_BYTES", "65536"),
    ];
    let flags = FlagSettings {
        token_paths: vec!["/a".to_owned()],
        cors_origins: vec!["https://[::1]:7".to_owned()],
        max_token_bytes: Some("8000".to_owned()),
        ..FlagSettings::default()
    };
    let none = FlagSettings::default;
    for (flags, environment, paths, origins, most) in [
        (none(), &[][..], &["/v2/token", "/jwt/auth"][..], &["https://a.example"][..], 4096),
        (
            none(),
            &environment[..],
            &["/service/token", ""][..],
            &["https://b.example:8443", "http://localhost:3000"][..],
            65_536,
        ),
        (flags, &environment[..], &["/a"][..], &["https://[::1]:7"][..], 8000),
    ] {
        let (config, warnings) = load(flags, environment, Some(file)).unwrap();
        assert_eq!((config.token_paths, config.cors_origins), (texts(paths), texts(origins)));
        assert_eq!((config.max_token_bytes, warnings), (most, Vec::<String>::new()));
    }
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn what_the_edge_cannot_be_set_to_is_told_with_what_can() {
    let refusal = |variable: &str, text: &str| {
        let refused = load(FlagSettings::default(), &[(variable, text)], None).err();
        let message = refused.unwrap_or_else(|| panic!("{variable}={text} is accepted")).to_string();
        assert!(message.starts_with(variable), "{message}");
        message
    };
    let long = format!("/{}", "a".repeat(255));
    for path in [
        "token", "", "/a b", "/a//b", "//", "//a", "/a/..", "/./a", "/{x}", "/a?b", "/a#b", "/a%20b", "/é",
        &long,
    ] {
        let text = format!("{path},/ok");
        assert!(refusal("PORTREEVE_TOKEN_PATHS", &text).contains("/service/token"), "{path}");
    }
    for path in ["/api", "/api/", "/api/v1", "/api/v1/token", "/api/x", "/metrics", "/health/live", "/docs/x"]
    {
        assert!(refusal("PORTREEVE_TOKEN_PATHS", path).contains("the server uses"), "{path}");
    }
    for (origin, expected) in [
        ("*", "https://ui.example.org"),
        ("null", "https://ui.example.org"),
        ("ui.example.org", "https://ui.example.org"),
        ("ftp://ui.example.org", "https://ui.example.org"),
        ("https://*.example.org", "https://ui.example.org"),
        ("https://a.example/", "write `https://a.example`"),
        ("https://a.example/page", "write `https://a.example`"),
        ("https://A.example", "write `https://a.example`"),
        ("https://a.example:443", "write `https://a.example`"),
        ("http://u:p@a.example", "write `http://a.example`"),
    ] {
        let message = refusal("PORTREEVE_CORS_ORIGINS", origin);
        assert!(message.contains(expected), "{origin}: {message}");
    }
    for number in ["4095", "65537", "-1", "7k", "1e4"] {
        assert!(refusal("PORTREEVE_MAX_TOKEN_BYTES", number).contains("from 4096 to 65536"), "{number}");
    }
    for number in ["15", "1000001", "-1", "many"] {
        assert!(refusal("PORTREEVE_MAX_CONNECTIONS", number).contains("from 16 to 1000000"), "{number}");
    }
    for address in ["5002", "localhost:5002", "127.0.0.1"] {
        assert!(refusal("PORTREEVE_INTERNAL_LISTEN", address).contains("ADDRESS:PORT"), "{address}");
    }
}

#[test]
fn a_flag_beats_the_environment_and_the_environment_beats_the_file() {
    let file = Some(
        "issuer = \"file\"\nservices = [\"a\", \"b\"]\nmax_staleness = 7\ntrusted_proxies = [\"10.0.0.0/8\"]\nthrottle_exempt = [\"192.0.2.7\"]\nlog_format = \"json\"\nmax_connections = 20\ninternal_listen = \"127.0.0.1:5002\"\n",
    );
    let environment =
        [("PORTREEVE_ISSUER", "environment"), ("PORTREEVE_SERVICES", "c, d"), ("PORTREEVE_REALM", "")];
    let (config, _) = load(issuer("flag"), &environment, file).unwrap();
    assert_eq!(config.issuer.as_str(), "flag");
    let services: Vec<String> = config.services.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(services, ["c", "d"]);
    assert_eq!((config.max_staleness, config.log_format), (Duration::from_secs(7), LogFormat::Json));
    let (config, _) = load(FlagSettings::default(), &environment, file).unwrap();
    assert_eq!(config.issuer.as_str(), "environment");
    assert!(config.realm.is_none(), "an empty variable counts as unset");
    let (config, _) = load(FlagSettings::default(), &[], file).unwrap();
    assert_eq!((config.issuer.as_str(), config.trusted_proxies.len()), ("file", 1));
    let internal = config.internal_listen.map(|address| address.to_string());
    assert_eq!((config.max_connections, internal.as_deref()), (Some(20), Some("127.0.0.1:5002")));
    let exempt = |config: Config| config.throttle_exempt.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(exempt(config), ["192.0.2.7/32"]);
    let environment = [("PORTREEVE_THROTTLE_EXEMPT", "10.0.0.0/8, 2001:db8::/32")];
    let (config, warnings) = load(FlagSettings::default(), &environment, file).unwrap();
    assert!(warnings.is_empty());
    assert_eq!(exempt(config), ["10.0.0.0/8", "2001:db8::/32"]);
    let flags = FlagSettings { throttle_exempt: vec!["192.0.2.0/24".to_owned()], ..FlagSettings::default() };
    assert_eq!(exempt(load(flags, &environment, file).unwrap().0), ["192.0.2.0/24"]);
}

/// The environment, the file, and the parts of the expected error.
type Case<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>, &'a [&'a str]);

#[test]
fn what_cannot_be_used_is_named_with_its_place_and_what_was_expected() {
    let table: &[Case<'_>] = &[
        (
            &[("PORTREEVE_THROTTLE_EXEMPT", "10.0.0.1/8")],
            None,
            &["PORTREEVE_THROTTLE_EXEMPT", "host bits set", "write `10.0.0.0/8`"],
        ),
        (&[("PORTREEVE_LISTEN", "here")], None, &["PORTREEVE_LISTEN", "`here`", "127.0.0.1:5001"]),
        (
            &[("PORTREEVE_DATABASE_URL", "mysql://u:secret@h/d")],
            None,
            &["PORTREEVE_DATABASE_URL", "sqlite://"],
        ),
        (&[("PORTREEVE_TRUSTED_PROXIES", "10.0.0.1/8")], None, &["PORTREEVE_TRUSTED_PROXIES", "10.0.0.0/8"]),
        (&[("PORTREEVE_MAX_STALENESS", "soon")], None, &["PORTREEVE_MAX_STALENESS", "seconds"]),
        (&[("PORTREEVE_REALM", "auth.example.org")], None, &["PORTREEVE_REALM", "https://"]),
        (&[("PORTREEVE_REALM", "https://u:p@h/token")], None, &["PORTREEVE_REALM", "credentials"]),
        (&[("PORTREEVE_SERVICES", "a,,b")], None, &["PORTREEVE_SERVICES", "service"]),
        (&[("PORTREEVE_LOG_FORMAT", "xml")], None, &["PORTREEVE_LOG_FORMAT", "`text` or `json`"]),
        (
            &[("PORTREEVE_LOG", "verbose")],
            None,
            &["PORTREEVE_LOG: `verbose`", "error, warn, info, debug, trace, off, or TARGET=LEVEL"],
        ),
        (&[("PORTREEVE_LOG", "info,portreeve=loud")], None, &["PORTREEVE_LOG: `portreeve=loud`"]),
        (&[("PORTREEVE_LOG", "info,,debug")], None, &["PORTREEVE_LOG: ``"]),
        (&[], Some("log = \"portreeve\"\n"), &["`log` in portreeve.toml, line 1: `portreeve`"]),
        (&[], Some("issuer = \"a\"\nlisten = \"nowhere\"\n"), &["`listen` in portreeve.toml, line 2"]),
        (&[], Some("issuer = \"a\"\n\nlisen = \"x\"\n"), &["portreeve.toml, line 3", "lisen"]),
        (
            &[],
            Some("max_staleness = \"5\"\n"),
            &["portreeve.toml, line 1: `max_staleness` is a whole number"],
        ),
        (&[], Some("issuer = \n"), &["portreeve.toml, line 1: `issuer` has no value"]),
        (
            &[],
            Some("\nlisten = 127.0.0.1:5007\n"),
            &["portreeve.toml, line 2: strings need quotes: write `listen = \"127.0.0.1:5007\"`"],
        ),
        (&[], Some("issuer = 5\n"), &["strings need quotes: write `issuer = \"5\"`"]),
        (&[], Some("realm = [\"x\"]\n"), &["`realm` is one value"]),
        (&[], Some("services = a, b\n"), &["`services` is a list: write `services = [\"a\", \"b\"]`"]),
        (&[], Some("services = \"a\"\n"), &["write `services = [\"a\"]`"]),
        (&[], Some("trusted_proxies = [10.0.0.0/8]\n"), &["write `trusted_proxies = [\"10.0.0.0/8\"]`"]),
        (&[], Some("listen: 127.0.0.1:5007\n"), &["write `=` and not `:`: `listen = \"127.0.0.1:5007\"`"]),
        (&[], Some("[server]\nlisten = \"x\"\n"), &["`server` is not a setting: the settings are `listen`"]),
    ];
    for (environment, file, expected) in table {
        let error = load(FlagSettings::default(), environment, *file).err().unwrap().to_string();
        for part in *expected {
            assert!(error.contains(part), "{error} should say {part}");
        }
        let error = error.replace("`shared_secrets`", "");
        assert!(!error.contains("secret"), "{error}");
    }
    let named = FlagSettings { config: Some("missing.toml".into()), ..FlagSettings::default() };
    assert!(load(named, &[], None).err().unwrap().to_string().contains("missing.toml"));
}

#[test]
fn what_to_log_is_a_level_or_levels_by_target() {
    for log in ["warn", "OFF", "info,portreeve=debug", "portreeve::http=trace, warn"] {
        let flags = FlagSettings { log: Some(log.to_owned()), ..FlagSettings::default() };
        assert_eq!(load(flags, &[], None).unwrap().0.log, log);
    }
}

#[test]
fn unknown_variables_warn_but_not_those_of_kubernetes_and_of_the_command_line() {
    let environment = [
        ("PORTREEVE_LISTN", "x"),
        ("PORTREEVE_PORT", "tcp://10.0.0.1:5001"),
        ("PORTREEVE_PORT_5001_TCP", "x"),
        ("PORTREEVE_SERVICE_HOST", "10.0.0.1"),
        ("PORTREEVE_URL", "http://localhost:5001"),
        ("PORTREEVE_TOKEN", "ptr_x"),
        ("PORTREEVE_LOGIN_FILE", "/x"),
        ("PATH", "/bin"),
    ];
    let (_, warnings) = load(FlagSettings::default(), &environment, None).unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("PORTREEVE_LISTN"));
}

#[test]
fn a_database_password_is_never_shown() {
    let flags =
        FlagSettings { database_url: Some("postgres://u:hunter2@h/d".to_owned()), ..FlagSettings::default() };
    let (config, _) = load(flags, &[("PORTREEVE_ADMIN_PASSWORD", "a secret of fifteen")], None).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("a secret of fifteen"), "{shown}");
}

#[test]
fn a_realm_that_clients_refuse_is_warned_about_trap_28() {
    let bound: SocketAddr = "0.0.0.0:5001".parse().unwrap();
    let loopback: SocketAddr = "127.0.0.1:5001".parse().unwrap();
    let warnings = |realm: Option<&str>, bound| {
        let flags = FlagSettings { realm: realm.map(str::to_owned), ..FlagSettings::default() };
        load(flags, &[], None).unwrap().0.realm_warnings(bound).join("\n")
    };
    assert_eq!(warnings(None, loopback), "");
    assert!(warnings(None, bound).contains("only this machine"));
    assert_eq!(warnings(Some("https://auth.example.org/token"), bound), "");
    assert_eq!(warnings(Some("http://localhost:5001/token"), loopback), "");
    for realm in
        ["https://10.1.2.3/token", "https://127.0.0.1/token", "https://[fe80::1]/t", "https://192.168.1.1/t"]
    {
        assert!(warnings(Some(realm), bound).contains("crane"), "{realm}");
    }
    assert!(warnings(Some("http://auth.example.org/token"), bound).contains("plain http"));
    for realm in ["https://auth.example.org", "https://auth.example.org/"] {
        assert!(warnings(Some(realm), bound).contains("write `https://auth.example.org/token`"), "{realm}");
    }
    for realm in ["https://0.0.0.0:5001/token", "https://[::]:5001/token"] {
        assert!(warnings(Some(realm), bound).contains("the name that clients reach"), "{realm}");
    }
    for realm in ["http://0.0.0.0:5935", "http://[::]/"] {
        let told = warnings(Some(realm), bound);
        assert!(told.contains("write `https://NAME/token`") && !told.contains("has no path"), "{told}");
    }
    let (config, _) = load(FlagSettings::default(), &[], None).unwrap();
    assert_eq!(config.realm("0.0.0.0:7".parse().unwrap()), "http://localhost:7/token");
}

fn with_tls(flags: FlagSettings) -> FlagSettings {
    let file = |name: &str| Some(name.to_owned());
    FlagSettings { tls_cert: file("server.crt"), tls_key: file("server.key"), ..flags }
}

#[test]
fn plain_http_where_others_reach_it_is_warned_about_unless_a_proxy_is_named() {
    let proxy = FlagSettings { trusted_proxies: vec!["10.0.0.0/8".to_owned()], ..FlagSettings::default() };
    let plain = FlagSettings::default();
    for (flags, bound, warned) in [
        (plain.clone(), "0.0.0.0:5001", true),
        (plain.clone(), "[::]:5001", true),
        (plain.clone(), "192.168.1.1:5001", true),
        (plain.clone(), "127.0.0.1:5001", false),
        (plain.clone(), "[::1]:5001", false),
        (proxy, "0.0.0.0:5001", false),
        (with_tls(plain), "0.0.0.0:5001", false),
    ] {
        let warning = load(flags, &[], None).unwrap().0.plain_http_warning(bound.parse().unwrap());
        assert_eq!(warning.is_some(), warned, "{bound}");
        assert!(warning.is_none_or(|text| text.contains("--tls-cert") && text.contains("--trusted-proxy")));
    }
}

#[test]
fn tls_is_set_as_a_whole() {
    let (config, _) = load(with_tls(FlagSettings::default()), &[], None).unwrap();
    assert_eq!(config.realm("127.0.0.1:7".parse().unwrap()), "https://localhost:7/token");
    let tls = config.tls.unwrap();
    assert_eq!((tls.certificate.to_str(), tls.key.to_str()), (Some("server.crt"), Some("server.key")));
    assert_eq!((tls.client_ca, tls.client_auth), (None, ClientAuth::Optional));
    let file = "tls_cert = \"a\"\ntls_key = \"b\"\ntls_client_ca = \"c\"\ntls_client_auth = \"required\"\n";
    let environment = [("PORTREEVE_TLS_CLIENT_CA", "d")];
    let tls = load(FlagSettings::default(), &environment, Some(file)).unwrap().0.tls.unwrap();
    assert_eq!(tls.client_ca.as_deref().and_then(std::path::Path::to_str), Some("d"));
    assert_eq!(tls.client_auth, ClientAuth::Required);
    let pair = [("PORTREEVE_TLS_CERT", "a"), ("PORTREEVE_TLS_KEY", "b")];
    for (environment, expected) in [
        (vec![pair[0]], "set PORTREEVE_TLS_KEY as well"),
        (vec![pair[1]], "set PORTREEVE_TLS_CERT as well"),
        (vec![("PORTREEVE_TLS_CLIENT_CA", "c")], "set PORTREEVE_TLS_CERT and PORTREEVE_TLS_KEY"),
        (vec![pair[0], pair[1], ("PORTREEVE_TLS_CLIENT_AUTH", "required")], "set PORTREEVE_TLS_CLIENT_CA"),
        (
            vec![pair[0], pair[1], ("PORTREEVE_TLS_CLIENT_CA", "c"), ("PORTREEVE_TLS_CLIENT_AUTH", "always")],
            "neither `optional` nor `required`",
        ),
    ] {
        let error = load(FlagSettings::default(), &environment, None).err().unwrap().to_string();
        assert!(error.starts_with("PORTREEVE_TLS_") && error.contains(expected), "{error}");
    }
    let alone = FlagSettings { tls_cert: Some("a".to_owned()), ..FlagSettings::default() };
    let error = load(alone, &[], None).err().unwrap().to_string();
    assert!(error.ends_with("set --tls-key as well"), "{error}");
    let error = load(FlagSettings::default(), &[], Some("tls_cert = \"a\"\n")).err().unwrap().to_string();
    assert!(error.contains("set `tls_key` in portreeve.toml as well"), "{error}");
}

#[test]
fn pages_are_at_the_origin_of_the_realm_unless_told_otherwise() {
    let bound = "127.0.0.1:7".parse().unwrap();
    let url = |realm: Option<&str>, public_url: Option<&str>| {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let flags =
            FlagSettings { realm: text(realm), public_url: text(public_url), ..FlagSettings::default() };
        load(flags, &[], None).map(|(config, _)| config.public_url(bound))
    };
    assert_eq!(url(None, None).unwrap(), "http://localhost:7");
    assert_eq!(
        url(Some("https://auth.example.org:444/token"), None).unwrap(),
        "https://auth.example.org:444"
    );
    for given in ["https://a.example.org", "https://a.example.org/", "HTTPS://A.example.org:443"] {
        assert_eq!(url(None, Some(given)).unwrap(), "https://a.example.org", "{given}");
    }
    for (given, told) in [
        ("a.example.org", "is not a URL"),
        ("ftp://a.example.org", "neither http nor https"),
        ("https://a.example.org/signin", "write `https://a.example.org`"),
        ("https://a.example.org/?x=1", "write `https://a.example.org`"),
        ("https://user:pass@a.example.org", "write `https://a.example.org`"),
    ] {
        let error = url(None, Some(given)).err().unwrap().to_string();
        assert!(error.contains("--public-url") && error.contains(told), "{given}: {error}");
        assert!(!error.contains("pass@"), "{error}");
    }
    let (config, _) = load(FlagSettings::default(), &[("PORTREEVE_PUBLIC_URL", "https://a")], None).unwrap();
    assert_eq!(config.public_url(bound), "https://a");
    let (config, _) = load(FlagSettings::default(), &[], Some("public_url = \"https://b\"\n")).unwrap();
    assert_eq!(config.public_url(bound), "https://b");
}
