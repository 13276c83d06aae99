//! Finds the nesting depth of a YAML text before the YAML library reads the text.
//!
//! The library examines every open bracket for each token. So a text of brackets alone keeps the library busy for
//! minutes, and nothing can interrupt the library. This scan takes one step for each character.
//!
//! INVARIANT: the scan finds the same tokens as the library (libyaml's `scanner.c`), as far as brackets and
//! indentation depend on them. After the place where the library refuses a text, the scan may differ.

/// The reason why the library must not read a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum YamlFault {
    /// The text nests too many lists and mappings.
    #[error("it nests too deep: at most {most} lists and mappings within each other")]
    TooDeep {
        /// The line of the first nesting that is too deep, counted from 1.
        line: usize,
        /// The greatest allowed depth.
        most: usize,
    },
    /// The text contains a directive. The library compares each directive with all others, which takes too long.
    #[error("a directive (`%…`) cannot be used here: leave it out")]
    Directive {
        /// The line of the directive, counted from 1.
        line: usize,
    },
}

impl YamlFault {
    /// Returns the line of the fault, counted from 1.
    #[must_use]
    pub fn line(self) -> usize {
        match self {
            Self::TooDeep { line, .. } | Self::Directive { line } => line,
        }
    }
}

/// Fails if more than `most` lists and mappings are nested, or if there is a directive. Counts neither a list that
/// has the indentation of its key (`a:\n- b`) nor a pair without braces in a list (`[a: b]`).
pub fn check_yaml_nesting(text: &str, most: usize) -> Result<(), YamlFault> {
    let mut scan = Scan::of(text);
    while scan.token()? {
        if scan.depth() > most {
            return Err(YamlFault::TooDeep { line: scan.line + 1, most });
        }
    }
    Ok(())
}

/// The position of a token that is a key if `:` follows it on the same line.
#[derive(Debug, Clone, Copy)]
struct Key {
    line: usize,
    column: i64,
    index: usize,
}

/// The greatest distance between a key and its `:`, characters.
const LONGEST_KEY: usize = 1024;

struct Scan<'t> {
    text: &'t [u8],
    /// The position in the text, in bytes. `index` counts characters; `line` and `column` count from 0.
    at: usize,
    index: usize,
    line: usize,
    column: i64,
    /// The number of open brackets.
    flow: usize,
    /// The column of the innermost open block collection; -1 if none is open. `indents` has the outer columns.
    indent: i64,
    indents: Vec<i64>,
    /// The token outside of brackets that may become a key.
    key: Option<Key>,
    key_allowed: bool,
    /// True if the library refuses the text here.
    ended: bool,
}

impl<'t> Scan<'t> {
    fn of(text: &'t str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            index: 0,
            line: 0,
            column: 0,
            flow: 0,
            indent: -1,
            indents: Vec::new(),
            key: None,
            key_allowed: true,
            ended: false,
        }
    }

    fn depth(&self) -> usize {
        self.flow + self.indents.len()
    }

    /// Returns the byte `ahead` bytes further on; 0 at the end of the text, because the library accepts no zero bytes.
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Returns the length of the line break `ahead` bytes further on, bytes; 0 if there is no line break.
    fn break_at(&self, ahead: usize) -> usize {
        match (self.peek(ahead), self.peek(ahead + 1), self.peek(ahead + 2)) {
            (b'\r', b'\n', _) | (0xC2, 0x85, _) => 2,
            (b'\r' | b'\n', ..) => 1,
            (0xE2, 0x80, 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead), b' ' | b'\t')
    }

    fn is_break_or_end(&self, ahead: usize) -> bool {
        self.peek(ahead) == 0 || self.break_at(ahead) > 0
    }

    fn is_gap(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    /// Returns true if the scan is at `---` or `...`.
    fn is_marker(&self) -> bool {
        let three = [self.peek(0), self.peek(1), self.peek(2)];
        self.column == 0 && (three == *b"---" || three == *b"...") && self.is_gap(3)
    }

    fn step(&mut self) {
        self.at += 1;
        while matches!(self.peek(0), 0x80..=0xBF) {
            self.at += 1;
        }
        self.index += 1;
        self.column += 1;
    }

    fn step_line(&mut self) {
        let length = self.break_at(0);
        if length > 0 {
            self.at += length;
            self.index += 1;
            self.line += 1;
            self.column = 0;
        }
    }

    fn skip_line(&mut self) {
        while !self.is_break_or_end(0) {
            self.step();
        }
    }

    fn skip_to_token(&mut self) {
        loop {
            if self.column == 0 && [self.peek(0), self.peek(1), self.peek(2)] == [0xEF, 0xBB, 0xBF] {
                self.step();
            }
            while self.peek(0) == b' ' || (self.peek(0) == b'\t' && (self.flow > 0 || !self.key_allowed)) {
                self.step();
            }
            if self.peek(0) == b'#' {
                self.skip_line();
            }
            if self.break_at(0) == 0 {
                return;
            }
            self.step_line();
            self.key_allowed |= self.flow == 0;
        }
    }

    fn roll(&mut self, column: i64) {
        if self.flow == 0 && self.indent < column {
            self.indents.push(self.indent);
            self.indent = column;
        }
    }

    fn unroll(&mut self, column: i64) {
        while self.flow == 0 && self.indent > column {
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    /// Notes that a key may begin here.
    fn may_be_key(&mut self) {
        if self.flow == 0 && self.key_allowed {
            self.key = Some(Key { line: self.line, column: self.column, index: self.index });
        }
        self.key_allowed = false;
    }

    fn no_key(&mut self) {
        if self.flow == 0 {
            self.key = None;
        }
    }

    /// Scans the next token. Returns false where the text ends or is refused.
    fn token(&mut self) -> Result<bool, YamlFault> {
        self.skip_to_token();
        let (line, index) = (self.line, self.index);
        self.key = self.key.filter(|key| key.line == line && key.index + LONGEST_KEY >= index);
        self.unroll(self.column);
        let begin = self.at;
        match self.peek(0) {
            0 => return Ok(false),
            b'%' if self.column == 0 => return Err(YamlFault::Directive { line: self.line + 1 }),
            b'-' | b'.' if self.is_marker() => {
                self.unroll(-1);
                self.no_key();
                self.key_allowed = false;
                (0..3).for_each(|_| self.step());
            }
            b'[' | b'{' => {
                self.may_be_key();
                self.flow += 1;
                self.key_allowed = true;
                self.step();
            }
            b']' | b'}' => {
                self.no_key();
                self.flow = self.flow.saturating_sub(1);
                self.key_allowed = false;
                self.step();
            }
            b',' => {
                self.no_key();
                self.key_allowed = true;
                self.step();
            }
            b'-' | b'?' | b':' if self.is_indicator() => self.indicator(),
            b'*' | b'&' => {
                self.may_be_key();
                self.step();
                while matches!(self.peek(0), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-') {
                    self.step();
                }
            }
            b'!' => self.tag(),
            b'|' | b'>' if self.flow == 0 => self.block_scalar(),
            quote @ (b'\'' | b'"') => self.quoted(quote),
            b'|' | b'>' | b'@' | b'`' | b'%' | b'#' | b'\t' => self.ended = true,
            _ => self.plain(),
        }
        Ok(!self.ended && self.at > begin)
    }

    fn is_indicator(&self) -> bool {
        self.is_gap(1) || (self.flow > 0 && self.peek(0) != b'-')
    }

    /// Scans `- `, `? ` or `: `.
    fn indicator(&mut self) {
        let in_block = self.flow == 0;
        match (self.peek(0), self.key.take_if(|_| in_block)) {
            (b':', Some(key)) => {
                self.roll(key.column);
                self.key_allowed = false;
            }
            (what, _) => {
                self.roll(self.column);
                self.key_allowed = in_block || what == b'-';
            }
        }
        self.step();
    }

    fn tag(&mut self) {
        self.may_be_key();
        let is_verbatim = self.peek(1) == b'<';
        while !self.is_gap(0) {
            match self.peek(0) {
                b'>' if is_verbatim => return self.step(),
                b',' if !is_verbatim && self.flow > 0 => return,
                _ => self.step(),
            }
        }
    }

    fn quoted(&mut self, quote: u8) {
        self.may_be_key();
        self.step();
        loop {
            let (here, next) = (self.peek(0), self.peek(1));
            if here == 0 || self.is_marker() {
                self.ended = true;
                return;
            }
            if self.break_at(0) > 0 {
                self.step_line();
            } else if here == quote && (quote == b'"' || next != quote) {
                return self.step();
            } else {
                let escapes = here == quote || (here == b'\\' && quote == b'"');
                self.step();
                if escapes && self.break_at(0) > 0 {
                    self.step_line();
                } else if escapes && self.peek(0) != 0 {
                    self.step();
                }
            }
        }
    }

    fn plain(&mut self) {
        self.may_be_key();
        let least = self.indent + 1;
        let mut began_line = false;
        while !self.is_marker() && self.peek(0) != b'#' {
            while !self.is_gap(0) {
                let in_flow = self.flow > 0;
                match (self.peek(0), self.peek(1)) {
                    (b':', b',' | b'?' | b'[' | b']' | b'{' | b'}') if in_flow => {
                        self.ended = true;
                        return;
                    }
                    (b',' | b'[' | b']' | b'{' | b'}', _) if in_flow => break,
                    (b':', _) if self.is_gap(1) => break,
                    _ => self.step(),
                }
                began_line = false;
            }
            if self.peek(0) == 0 || !self.is_gap(0) {
                break;
            }
            while self.peek(0) != 0 && self.is_gap(0) {
                if self.is_blank(0) {
                    self.step();
                } else {
                    self.step_line();
                    began_line = true;
                }
            }
            if self.flow == 0 && self.column < least {
                break;
            }
        }
        self.key_allowed |= began_line;
    }

    fn block_scalar(&mut self) {
        self.no_key();
        self.key_allowed = true;
        self.step();
        let mut least = 0;
        while let mark @ (b'+' | b'-' | b'1'..=b'9') = self.peek(0) {
            if mark.is_ascii_digit() {
                least = self.indent.max(0) + i64::from(mark - b'0');
            }
            self.step();
        }
        while self.is_blank(0) {
            self.step();
        }
        if self.peek(0) == b'#' {
            self.skip_line();
        }
        if !self.is_break_or_end(0) {
            self.ended = true;
            return;
        }
        self.step_line();
        self.indentation(&mut least);
        while self.column == least && self.peek(0) != 0 {
            self.skip_line();
            self.step_line();
            self.indentation(&mut least);
        }
    }

    /// Skips the indentation of a line of a block scalar, and empty lines. `least` is the indentation of the
    /// scalar, and 0 until the first line shows it.
    fn indentation(&mut self, least: &mut i64) {
        let mut widest = 0;
        loop {
            while (*least == 0 || self.column < *least) && self.peek(0) == b' ' {
                self.step();
            }
            widest = widest.max(self.column);
            if self.break_at(0) == 0 {
                break;
            }
            self.step_line();
        }
        if *least == 0 {
            *least = widest.max(self.indent + 1).max(1);
        }
    }
}

#[cfg(test)]
#[path = "yaml_nesting_tests.rs"]
mod tests;
