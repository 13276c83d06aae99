//! Finds the end of a request's head.
//!
//! The HTTP library parses heads. This module only finds their ends, so that one request at a time is handed over.
//! Like the library, it skips empty lines before a request. Unlike the library, it refuses lines that end with LF
//! alone, because servers and proxies disagree about such lines.
// SPEC: RFC 9112 sections 2.1 and 2.2.

/// The result of a search for the end of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The head continues after these bytes.
    Nothing,
    /// The head ends after this number of bytes.
    End(usize),
    /// A line ends with LF alone.
    BareLf,
}

/// The search for the end of a head while its bytes arrive. Each byte is read once.
#[derive(Debug, Default)]
pub(super) struct HeadScan {
    /// The number of bytes that were already searched.
    seen: usize,
    /// The position at which the last, incomplete line begins.
    line: usize,
}

impl HeadScan {
    /// Continues the search in `head`, which contains the whole head so far.
    pub(super) fn look(&mut self, head: &[u8]) -> Found {
        let new = head.get(self.seen..).unwrap_or_default();
        for end in memchr::memchr_iter(b'\n', new) {
            let end = self.seen + end;
            let line = head.get(self.line..end).unwrap_or_default();
            match line.strip_suffix(b"\r") {
                None => return Found::BareLf,
                Some([]) => {
                    *self = Self::default();
                    return Found::End(end + 1);
                }
                Some(_) => self.line = end + 1,
            }
        }
        self.seen = head.len();
        Found::Nothing
    }
}

/// Returns the number of bytes of empty lines before a head.
pub(super) fn empty_lines(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some(after) = rest.strip_prefix(b"\r\n") {
        rest = after;
    }
    bytes.len() - rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_however_the_bytes_come() {
        let head = b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n";
        let more = [head.as_slice(), b"POST"].concat();
        assert_eq!(HeadScan::default().look(&more), Found::End(head.len()));
        for first in 0..head.len() {
            let mut scan = HeadScan::default();
            assert_eq!(scan.look(&head[..first]), Found::Nothing, "{first}");
            assert_eq!(scan.look(&more), Found::End(head.len()), "{first}");
            assert_eq!(scan.look(&more), Found::End(head.len()), "the scan starts again after an end");
        }
    }

    #[test]
    fn a_line_that_ends_with_lf_alone_is_told() {
        let heads =
            ["GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", "G\r\nA: b\r\n\n", "\n", "G\n\n"];
        for head in heads {
            assert_eq!(HeadScan::default().look(head.as_bytes()), Found::BareLf, "{head:?}");
        }
    }

    #[test]
    fn empty_lines_before_a_head_are_counted() {
        for (text, length) in [("", 0), ("\r", 0), ("\r\n", 2), ("\r\n\r\nGET", 4), ("GET\r\n", 0), ("\n", 0)]
        {
            assert_eq!(empty_lines(text.as_bytes()), length, "{text:?}");
        }
    }
}
