//! Where the head of a request ends.
//!
//! The HTTP library parses heads; this only finds their end, so that one request is handed over at a time. Like
//! the library it passes over empty lines before a request. Unlike the library it refuses lines that end with
//! LF alone, because servers and proxies differ in what they make of them.
// SPEC: RFC 9112 sections 2.1 and 2.2.

/// What is known of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It goes on after these bytes.
    Nothing,
    /// It ends after so many bytes.
    End(usize),
    /// A line ends with LF alone.
    BareLf,
}

/// Looks for the end of a head whose bytes come one after the other. Each byte is looked at once.
#[derive(Debug, Default)]
pub(super) struct HeadScan {
    /// How many bytes were looked at.
    seen: usize,
    /// Where the line begins whose end was not seen.
    line: usize,
}

impl HeadScan {
    /// Goes on with `head`, which begins where the head does and has the bytes seen before.
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

/// How many bytes of empty lines stand before a head.
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
            assert_eq!(scan.look(&more), Found::End(head.len()), "and it begins anew");
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
