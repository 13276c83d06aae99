//! The reasons why connections are cut or refused.

/// The reason why a connection was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The TLS handshake took too long.
    Handshake,
    /// The head of a request took too long.
    Head,
    /// The request was answered before its whole body had arrived.
    Body,
    /// The client did not take the answer in time.
    Answer,
    /// No further request came in time.
    Idle,
    /// The client began a TLS handshake at a port of plain HTTP.
    Handshaking,
    /// The bytes are not HTTP.
    NotHttp,
}

impl Cut {
    /// All reasons, each with its word in the metrics and in the log.
    pub(super) const ALL: [(Self, &'static str); 7] = [
        (Self::Handshake, "handshake"),
        (Self::Head, "head"),
        (Self::Body, "body"),
        (Self::Answer, "answer"),
        (Self::Idle, "idle"),
        (Self::Handshaking, "tls_at_plain_http"),
        (Self::NotHttp, "not_http"),
    ];
}

/// The reason why a connection was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// There are too many connections in total.
    Total,
    /// There are too many connections from the client's network.
    Network,
}

impl Refused {
    /// Both reasons, each with its word in the metrics and in the log.
    pub(super) const ALL: [(Self, &'static str); 2] = [(Self::Total, "total"), (Self::Network, "network")];
}
