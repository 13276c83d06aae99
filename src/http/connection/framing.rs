//! Finds the end of a request's body.
//!
//! The HTTP library decodes bodies. This module only counts bytes, so that the bytes after a request are not
//! handed over with the request. This module accepts the bodies that the library accepts. A body that the
//! library refuses never ends here: all its bytes are handed over, and the library ends the connection.
// SPEC: RFC 9112 sections 6.2, 6.3 and 7.1.

/// The part of a body that has not arrived yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// A number of bytes.
    Length(u64),
    /// A chunked body.
    Chunks(Chunks),
    /// All bytes until the client closes its side.
    Endless,
}

/// The position in a chunked body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunks {
    /// The next byte is the first digit of a chunk's size.
    Begin,
    /// The next byte is in a chunk's size. The value is the size so far.
    Size(u64),
    /// The next byte is in the extension after a chunk's size. The value is the size.
    Extension(u64),
    /// The next byte is the LF of the line with the chunk's size.
    SizeLf(u64),
    /// The next byte is in the chunk's data. The value is the number of bytes left.
    Data(u64),
    /// The next byte is the CR after the chunk's data.
    DataCr,
    /// The next byte is the LF after the chunk's data.
    DataLf,
    /// The next byte begins a line after the last chunk.
    Line,
    /// The next byte is in a trailer line.
    Trailer,
    /// The next byte is the LF of a trailer line.
    TrailerLf,
    /// The next byte is the LF of the empty line that ends the body.
    EndLf,
    /// The body has ended.
    End,
    /// The bytes are not a valid chunked body.
    Invalid,
}

impl Framing {
    /// The framing of a request without a body.
    pub(super) const NONE: Self = Self::Length(0);

    /// Returns true if the whole body has arrived.
    pub(super) fn is_complete(self) -> bool {
        matches!(self, Self::Length(0) | Self::Chunks(Chunks::End))
    }

    /// Returns how many of these bytes belong to the body. Counts them as arrived.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Length(left) => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left = left.saturating_sub(taken as u64);
                taken
            }
            Self::Chunks(place) => place.take(bytes),
            Self::Endless => bytes.len(),
        }
    }
}

impl Chunks {
    fn take(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        while let Some((first, after)) = rest.split_first() {
            match *self {
                Self::End => break,
                Self::Invalid => return bytes.len(),
                Self::Data(left) => {
                    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    let left = left.saturating_sub(taken as u64);
                    *self = if left == 0 { Self::DataCr } else { Self::Data(left) };
                    rest = rest.get(taken..).unwrap_or_default();
                }
                place => {
                    *self = place.after(*first);
                    rest = after;
                }
            }
        }
        bytes.len() - rest.len()
    }

    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Begin, _) => digit(byte).map_or(Self::Invalid, Self::Size),
            (Self::Size(size) | Self::Extension(size), b'\r') => Self::SizeLf(size),
            (Self::Size(size), b' ' | b'\t' | b';') | (Self::Extension(size), _) => Self::Extension(size),
            (Self::Size(size), _) => match (digit(byte), size.checked_mul(16)) {
                (Some(digit), Some(size)) => Self::Size(size | digit),
                _ => Self::Invalid,
            },
            (Self::SizeLf(0), b'\n') => Self::Line,
            (Self::SizeLf(size), b'\n') => Self::Data(size),
            (Self::DataCr, b'\r') => Self::DataLf,
            (Self::DataLf, b'\n') => Self::Begin,
            (Self::Line, b'\r') => Self::EndLf,
            (Self::Trailer, b'\r') => Self::TrailerLf,
            (Self::Line | Self::Trailer, _) => Self::Trailer,
            (Self::TrailerLf, b'\n') => Self::Line,
            (Self::EndLf, b'\n') => Self::End,
            _ => Self::Invalid,
        }
    }
}

/// Returns the value of a hexadecimal digit.
fn digit(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"5\r\nhello\r\nA;name=\"v\"\r\n0123456789\r\n1 \r\nx\r\n0\r\nT: a\r\n\r\n";

    #[test]
    fn a_chunked_body_ends_where_it_ends_however_its_bytes_come() {
        let more = [BODY, b"GET / HTTP/1.1\r\n"].concat();
        let mut framing = Framing::Chunks(Chunks::Begin);
        assert_eq!(framing.take(&more), BODY.len());
        assert!(framing.is_complete());
        for first in 0..BODY.len() {
            let mut framing = Framing::Chunks(Chunks::Begin);
            assert_eq!(framing.take(&BODY[..first]), first);
            assert!(!framing.is_complete(), "{first}");
            assert_eq!(framing.take(&more[first..]), BODY.len() - first);
            assert!(framing.is_complete(), "{first}");
        }
    }

    #[test]
    fn a_length_is_counted_down() {
        let mut framing = Framing::Length(5);
        assert_eq!((framing.take(b"abc"), framing.is_complete()), (3, false));
        assert_eq!((framing.take(b"defGET"), framing.is_complete()), (2, true));
        assert_eq!(framing.take(b"GET"), 0);
        assert!(Framing::NONE.is_complete());
    }

    #[test]
    fn what_is_no_chunked_body_never_ends() {
        for body in ["\r\n", "g\r\n", "5x\r\n", "1\r\nab\r\n", "11112222333344445\r\n", "0\r\n\rx", "1\n"] {
            let mut framing = Framing::Chunks(Chunks::Begin);
            let whole = format!("{body}0\r\n\r\n");
            assert_eq!(framing.take(whole.as_bytes()), whole.len(), "{body:?}");
            assert!(!framing.is_complete(), "{body:?}");
        }
        let mut endless = Framing::Endless;
        assert_eq!((endless.take(b"abc"), endless.is_complete()), (3, false));
    }
}
