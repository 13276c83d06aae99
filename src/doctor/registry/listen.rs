//! Reads from the registry's file the address at which the registry listens. The user may have given the doctor
//! another address.

use super::file::read;
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The time in which the registry must accept a connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// The host and port at which a registry listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doctor) struct Listen {
    host: String,
    pub(in crate::doctor) port: u16,
}

impl Listen {
    /// Reads the host and port from the text of a file: `http.addr` of distribution, or `http.address` and
    /// `http.port` of zot. Returns 127.0.0.1 as the host if the registry listens on all addresses.
    pub(in crate::doctor) fn of(text: &str) -> Option<Self> {
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

    /// Returns true if a program accepts connections at this address.
    pub(in crate::doctor) async fn is_alive(&self) -> bool {
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
