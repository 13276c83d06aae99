//! A registry that does not answer: whether its file says why.

use super::super::docker_files::host_and_port;
use super::super::finding::{Finding, Level};
use super::super::keys::Keys;
use super::super::registry_file::{RegistryFile, set};
use super::super::registry_log::Log;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long a port of this machine may take to answer.
const PATIENCE: Duration = Duration::from_millis(300);

/// Whether something listens where the file puts the registry; told, if another port was asked.
pub(super) fn listens(file: &RegistryFile, name: &str, findings: &mut Vec<Finding>) -> bool {
    let Some(place) = file.listens.as_deref() else { return false };
    let (host, port) = host_and_port(place);
    let (Some(port), (_, asked)) = (port, host_and_port(name)) else { return false };
    let host = host.parse::<IpAddr>().ok().filter(|host| !host.is_unspecified());
    let Ok(number) = port.parse() else { return false };
    let there = SocketAddr::new(host.unwrap_or(Ipv4Addr::LOCALHOST.into()), number);
    if TcpStream::connect_timeout(&there, PATIENCE).is_err() {
        return false;
    }
    if asked == Some(port) {
        return true;
    }
    let what = format!("{} puts the registry at `{place}`, where something listens", file.path.display());
    let fix = match host {
        Some(_) => format!("`portreeve doctor {there}`"),
        None => format!("`portreeve doctor localhost:{port}`"),
    };
    findings.push(Finding::warning("config", what, "it was asked at another port").fix(fix));
    true
}

/// What keeps a registry with this file from starting, besides its bundle.
pub(super) fn examine(file: &RegistryFile, keys: Option<&Keys>, findings: &mut Vec<Finding>) {
    for (field, instead) in &file.unfit {
        let what = match instead {
            None => format!("`{field}` is missing under auth.token in {}", file.path.display()),
            Some(value) => format!(
                "`{field}: {value}` under auth.token in {} is no text for the registry",
                file.path.display()
            ),
        };
        let bundle = keys.map(|keys| keys.ca.display().to_string());
        let value = match (instead, *field) {
            (Some(value), _) => value.as_str(),
            (None, "realm") => "https://TOKEN-SERVER/token",
            (None, "issuer") => "portreeve",
            (None, "service") => "registry",
            (None, _) => bundle.as_deref().unwrap_or("/PATH/ca.crt"),
        };
        let why = "it does not start, unless a variable `REGISTRY_AUTH_TOKEN_…` holds it";
        findings.push(Finding::problem("config", what, why).fix(set(file, field, value)));
    }
}

/// What the log of a registry that does not answer says last, if it gave up.
pub(in super::super) fn examine_log(log: &Log, findings: &mut Vec<Finding>) {
    let Some(words) = log.gave_up() else { return };
    let named = |it: &Finding| it.level == Level::Problem && matches!(it.check, "config" | "bundle");
    let what = format!("the registry does not start: {words}");
    let why = "these are the last words of its log";
    findings.push(if findings.iter().any(named) {
        Finding::note("log", what, why)
    } else {
        Finding::problem("log", what, why).fix("correct that in the registry's configuration, and start it")
    });
}

#[cfg(test)]
mod tests {
    use super::super::examine_alone;
    use super::*;
    use std::net::TcpListener;
    use std::path::Path;

    #[test]
    fn what_cannot_be_read_here_is_no_fault_of_a_registry_that_runs() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let text = format!(
            "http: {{addr: \":{port}\"}}\nauth: {{token: {{realm: r, service: s, rootcertbundle: /nonexistent/ca}}}}"
        );
        let file = RegistryFile::parse(Path::new("/etc/r.yml"), text).unwrap();
        let look = |name: &str| {
            let mut findings = Vec::new();
            examine_alone(&file, None, Some(name), 0, &mut findings);
            findings.iter().map(|it| (it.check, it.level)).collect::<Vec<_>>()
        };
        let unread = ("bundle", Level::Note);
        assert_eq!(look(&format!("localhost:{port}")), [unread]);
        assert_eq!(look("localhost:1"), [("config", Level::Warning), unread]);
        drop(listener);
        // Its issuer is missing, too.
        assert_eq!(
            look(&format!("localhost:{port}")),
            [("config", Level::Problem), ("bundle", Level::Problem)]
        );
    }
}
