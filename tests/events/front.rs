//! A proxy between a registry and the server. It can disturb the requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The behaviour of the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Way {
    /// The proxy passes requests and answers.
    Pass,
    /// The proxy closes the connection at once.
    Refuse,
    /// The proxy passes the request. It passes the answer when the registry no longer waits for it.
    Slow,
    /// The proxy passes the request and drops the answer.
    LoseAnswers,
    /// The proxy answers with a redirect. Registries follow the redirect with a GET.
    Redirect,
}

const WAYS: [Way; 5] = [Way::Pass, Way::Refuse, Way::Slow, Way::LoseAnswers, Way::Redirect];
/// The delay of a slow answer. It is longer than the registries of these tests wait.
const SLOW: Duration = Duration::from_millis(1500);

/// The running proxy, on its own port.
#[derive(Clone)]
pub struct Front {
    pub port: u16,
    way: Arc<AtomicU8>,
    requests: Arc<AtomicU64>,
}

impl Front {
    /// Starts a proxy in front of the server at this port.
    pub async fn open(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let front = Self { port, way: Arc::default(), requests: Arc::default() };
        let accepting = front.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                accepting.requests.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(carry(client, server, accepting.way()));
            }
        });
        front
    }

    fn way(&self) -> Way {
        WAYS[usize::from(self.way.load(Ordering::SeqCst))]
    }

    /// Changes the behaviour of the proxy.
    pub fn set(&self, way: Way) {
        self.way.store(way as u8, Ordering::SeqCst);
    }

    /// Returns the number of connections that the proxy accepted.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn carry(mut client: TcpStream, server: u16, way: Way) {
    if way == Way::Refuse {
        return;
    }
    if way == Way::Redirect {
        let mut head = [0; 65_536];
        let _ = client.read(&mut head).await;
        let location = format!("http://127.0.0.1:{server}/events/registry");
        let answer = format!(
            "HTTP/1.1 301 Moved Permanently\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let _ = client.write_all(answer.as_bytes()).await;
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    });
    let mut answer = [0; 4096];
    let read = from_server.read(&mut answer).await.unwrap_or(0);
    match way {
        Way::LoseAnswers => {}
        Way::Slow => {
            tokio::time::sleep(SLOW).await;
            let _ = to_client.write_all(&answer[..read]).await;
        }
        _ => {
            let _ = to_client.write_all(&answer[..read]).await;
            let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
        }
    }
    there.abort();
}
