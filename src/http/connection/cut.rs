//! Why connections are cut, and why they are refused.

/// Why a connection was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The TLS handshake took too long.
    Handshake,
    /// The head of a request took too long.
    Head,
    /// The request was answered before its body had come.
    Body,
    /// The client did not take the answer.
    Answer,
    /// No further request came.
    Idle,
    /// The client began a TLS handshake at a port of plain HTTP.
    Handshaking,
    /// What came is not HTTP.
    NotHttp,
}

impl Cut {
    /// All of them, with their words in the metrics and in the log.
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

/// Why a connection was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// There are too many in total.
    Total,
    /// There are too many from its network.
    Network,
}

impl Refused {
    /// Both, with their words in the metrics and in the log.
    pub(super) const ALL: [(Self, &'static str); 2] = [(Self::Total, "total"), (Self::Network, "network")];
}
