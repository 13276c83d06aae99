//! Where a registry listens by its own file, which need not be where it was asked for.

use super::registry_file::read;
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the own machine may take to let somebody in.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listen {
    host: String,
    pub(super) port: u16,
}

impl Listen {
    /// From the text of a file: `http.addr` of distribution, `http.port` of zot.
    pub(super) fn of(text: &str) -> Option<Self> {
        let root = read(text).ok()?;
        let http = root.get("http")?;
        let of = |name: &str| match http.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let (host, port) = match (of("addr"), of("port")) {
            (Some(address), _) => {
                let (host, port) = address.rsplit_once(':')?;
                (host.to_owned(), port.to_owned())
            }
            (None, port) => (of("address").unwrap_or_default(), port?),
        };
        let everywhere = matches!(host.as_str(), "" | "0.0.0.0" | "[::]" | "::");
        let host = if everywhere { "127.0.0.1".to_owned() } else { host };
        Some(Self { host: host.trim_matches(['[', ']']).to_owned(), port: port.parse().ok()? })
    }

    /// Whether somebody listens there on this machine.
    pub(super) async fn is_alive(&self) -> bool {
        let connection = TcpStream::connect((self.host.as_str(), self.port));
        timeout(PATIENCE, connection).await.is_ok_and(|connection| connection.is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_both_kinds_of_files_are_read() {
        for (text, expected) in [
            ("http: {addr: ':5000'}", Some(("127.0.0.1", 5000))),
            ("http:\n  addr: 10.0.0.1:80", Some(("10.0.0.1", 80))),
            ("http: {addr: '[::]:5000'}", Some(("127.0.0.1", 5000))),
            ("http: {addr: '[::1]:5000'}", Some(("::1", 5000))),
            (r#"{"http": {"address": "0.0.0.0", "port": "5000"}}"#, Some(("127.0.0.1", 5000))),
            (r#"{"http": {"port": 8080}}"#, Some(("127.0.0.1", 8080))),
            ("http: {addr: x}", None),
            ("storage: {}", None),
        ] {
            let found = Listen::of(text);
            let expected = expected.map(|(host, port)| Listen { host: host.to_owned(), port });
            assert_eq!(found, expected, "{text}");
        }
    }
}
