//! Compresses answers for clients that accept it.
//!
//! INVARIANT: no answer with a secret is compressed. If such an answer also contained a text that an attacker
//! chose, the length of the compressed answer would reveal the secret.

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Returns true if a client accepts gzip.
// SPEC: RFC 9110 section 12.5.3: a weight of 0 means that the client does not accept the coding.
pub(super) fn is_accepted(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case("gzip") && weight.parse().is_ok_and(|weight: f32| weight > 0.0)
    })
}

/// The amount of work for compressing a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Much work, for a text that is compressed once and sent often.
    Once,
    /// Little work, for a text that is compressed each time it is sent.
    EachTime,
}

/// Compresses a body.
pub(super) fn compress(body: &[u8], effort: Effort) -> std::io::Result<Bytes> {
    let level = match effort {
        Effort::Once => Compression::best(),
        Effort::EachTime => Compression::fast(),
    };
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(body)?;
    encoder.finish().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;
    use std::io::Read;

    #[test]
    fn gzip_is_for_those_who_name_it() {
        let accepts = |line: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(line));
            is_accepted(&headers)
        };
        for line in ["gzip", "br, GZIP", "gzip;q=0.5", "deflate, gzip; q=1.0"] {
            assert!(accepts(line), "{line}");
        }
        for line in ["", "br", "identity", "gzip;q=0", "gzip;q=0.000", "*", "gzip;q=x", "xgzip"] {
            assert!(!accepts(line), "{line}");
        }
        assert!(!is_accepted(&HeaderMap::new()));
    }

    #[test]
    fn what_was_compressed_is_read_back() {
        let text = "a text, a text, a text".repeat(40);
        let small = compress(text.as_bytes(), Effort::Once).unwrap();
        let mut read = String::new();
        flate2::read::GzDecoder::new(small.as_ref()).read_to_string(&mut read).unwrap();
        assert!(read == text && small.len() < text.len() / 4);
    }
}
