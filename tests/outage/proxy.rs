//! A proxy in front of the database. The proxy can break connections as a network does: no bytes pass any more, and
//! neither side is told that the connection is dead.

use crate::server::free_port;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// The delay of all bytes. It is so long that many requests keep all connections busy.
const LATENCY: Duration = Duration::from_millis(20);

#[derive(Default)]
struct Line {
    /// The first number of a live connection. Connections with lower numbers are dead.
    alive_from: AtomicU64,
    made: AtomicU64,
    is_cut: AtomicBool,
}

/// A running proxy. It ends with the test.
pub struct Proxy {
    /// The port of the proxy on loopback.
    pub port: u16,
    line: Arc<Line>,
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, line: Arc<Line>, number: u64) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        tokio::time::sleep(LATENCY).await;
        if number < line.alive_from.load(Ordering::SeqCst) {
            // The connection is neither closed nor answered.
            std::future::pending::<()>().await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}

impl Proxy {
    /// Starts a proxy in front of the database at this port of loopback.
    pub async fn start(database: u16) -> Self {
        let port = free_port();
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let line = Arc::new(Line::default());
        let shared = line.clone();
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((client, _)) = listener.accept().await {
                if shared.is_cut.load(Ordering::SeqCst) {
                    held.push(client);
                    continue;
                }
                let number = shared.made.fetch_add(1, Ordering::SeqCst);
                let Ok(server) = TcpStream::connect(("127.0.0.1", database)).await else {
                    continue;
                };
                let (client_reads, client_writes) = client.into_split();
                let (server_reads, server_writes) = server.into_split();
                tokio::spawn(pump(client_reads, server_writes, shared.clone(), number));
                tokio::spawn(pump(server_reads, client_writes, shared.clone(), number));
            }
        });
        Self { port, line }
    }

    /// Kills every connection. New connections work, as after a failover to another machine.
    pub fn fail_over(&self) {
        self.line.alive_from.store(self.line.made.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// Kills every connection. New connections hang.
    pub fn cut(&self) {
        self.line.is_cut.store(true, Ordering::SeqCst);
        self.fail_over();
    }

    /// Lets new connections through again. The dead connections stay dead.
    pub fn heal(&self) {
        self.fail_over();
        self.line.is_cut.store(false, Ordering::SeqCst);
    }
}
