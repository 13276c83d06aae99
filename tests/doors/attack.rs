//! Clients that keep connections open.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use std::io;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;

/// The way in which a client keeps its connection open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The client sends the head of a request, one byte each half second.
    Head,
    /// The client sends most of a long head at once, and then one byte each half second.
    LongHead,
    /// The client sends a body of known length, one byte each half second.
    Length,
    /// The client sends chunks, one byte each half second.
    Chunks,
    /// The client continues to send chunks after the answer.
    Answered,
    /// The client does not read the answer.
    Reader,
    /// The client sends a thousand requests at once and reads no answer.
    Pipeline,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Head,
        Self::LongHead,
        Self::Length,
        Self::Chunks,
        Self::Answered,
        Self::Reader,
        Self::Pipeline,
    ];

    /// Returns the time for which the server tolerates a client of this kind.
    pub fn deadline(self) -> Duration {
        Duration::from_secs(match self {
            Self::Head | Self::LongHead => 5,
            Self::Length | Self::Chunks => 10,
            Self::Answered => 1,
            Self::Reader | Self::Pipeline => 30,
        })
    }

    /// Returns the reason under which the server counts the cut connection.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Head | Self::LongHead => "head",
            Self::Length | Self::Chunks | Self::Answered => "body",
            Self::Reader | Self::Pipeline => "answer",
        }
    }

    /// Returns the time within which the attackers connect. If they all connected at once, they would disturb each
    /// other and the watched clients.
    pub fn coming(self) -> Duration {
        Duration::from_secs(match self {
            // The server cuts such a client soon and lets another client in. So nearly all clients get in, each with a
            // handshake.
            Self::Answered => 4,
            _ => 1,
        })
    }

    fn request(self) -> String {
        let form = "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        let document = "GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
        // The answer is larger than all buffers between server and client.
        let large = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n";
        let chunked = "Transfer-Encoding: chunked\r\n\r\n";
        match self {
            Self::Head => "GET /token HTTP/1.1\r\nX: ".to_owned(),
            Self::LongHead => format!("GET /token HTTP/1.1\r\nX: {}", "x".repeat(36 * 1024)),
            Self::Length => format!("{form}Content-Length: 1000\r\n\r\n"),
            Self::Chunks => format!("{form}{chunked}"),
            Self::Answered => format!("POST / HTTP/1.1\r\nHost: x\r\n{chunked}"),
            Self::Reader => large.to_owned(),
            Self::Pipeline => document.repeat(1000),
        }
    }

    fn drip(self) -> Option<&'static [u8]> {
        match self {
            Self::Head | Self::LongHead | Self::Length => Some(b"x"),
            Self::Chunks | Self::Answered => Some(b"1\r\nx\r\n"),
            Self::Reader | Self::Pipeline => None,
        }
    }
}

/// Any stream of bytes.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One attacking client.
pub struct Attacker {
    kind: Kind,
    port: u16,
    is_https: bool,
}

impl Attacker {
    pub fn of(kind: Kind, port: u16, is_https: bool) -> Self {
        Self { kind, port, is_https }
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        let socket = TcpSocket::new_v4()?;
        if self.kind == Kind::Reader {
            // With a small buffer, the unread part of the answer stays at the server.
            socket.set_recv_buffer_size(16 * 1024)?;
        }
        let stream = socket.connect(([127, 0, 0, 1], self.port).into()).await?;
        if !self.is_https {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from("localhost").unwrap();
        Ok(Box::new(TlsConnector::from(CONFIG.clone()).connect(name, stream).await?))
    }

    /// Keeps a connection open. Returns the time after which the server refused or cut the connection. Returns `None`
    /// if the connection is still open two seconds after the deadline. Attackers that do not read notice the cut late.
    pub async fn attack(self) -> Option<Duration> {
        let Ok(mut stream) = self.connect().await else {
            return Some(Duration::ZERO);
        };
        let begin = Instant::now();
        let patience = self.kind.deadline() + Duration::from_secs(2);
        let held = timeout(patience, async {
            let sent = stream.write_all(self.kind.request().as_bytes()).await;
            if sent.is_err() || stream.flush().await.is_err() {
                return;
            }
            match self.kind.drip() {
                Some(drip) => Self::hold(&mut stream, drip).await,
                None => {
                    sleep(patience - Duration::from_millis(500)).await;
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                }
            }
        });
        held.await.ok().map(|()| begin.elapsed())
    }

    /// Sends a few bytes again and again, until the server closes the connection.
    async fn hold(stream: &mut Box<dyn Stream>, drip: &[u8]) {
        let mut part = [0; 4096];
        loop {
            match timeout(Duration::from_millis(500), stream.read(&mut part)).await {
                Err(_) => {
                    if stream.write_all(drip).await.is_err() || stream.flush().await.is_err() {
                        return;
                    }
                }
                Ok(Ok(0) | Err(_)) => return,
                Ok(Ok(_)) => {}
            }
        }
    }
}

/// A verifier that accepts every certificate. Other tests check the certificates.
#[derive(Debug)]
struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

static CONFIG: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Trusting));
    Arc::new(builder.with_no_client_auth())
});
