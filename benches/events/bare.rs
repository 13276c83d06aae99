//! A receiver that does nothing: it reads a request and answers 200.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Listens on its own port until the program ends. Returns the port.
pub async fn listen() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                // A request of this benchmark is smaller than this buffer and arrives in one piece.
                let mut request = [0; 8192];
                let _ = client.read(&mut request).await;
                let _ = client.write_all(ANSWER).await;
            });
        }
    });
    port
}
