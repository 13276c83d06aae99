//! The registry's log: why it refused a token, in its own words.

use serde_json::Value;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How much of the end of a log is read.
const END: u64 = 256 * 1024;
/// The most of a pipe that is kept.
const LARGEST_PIPE: usize = 64 * 1024 * 1024;
/// A pipe is taken to have said what is old once nothing came for one pause, at most all tries long.
const PIPE_PAUSE: Duration = Duration::from_millis(100);
const PIPE_TRIES: usize = 30;

const UNREADABLE: &str = "error while unmarshalling raw token";
/// How messages begin that tell a cause for which there is no name here.
const OTHERS: [&str; 7] = [
    "token has no signature",
    UNREADABLE,
    "unable to verify",
    "unable to get token signing key",
    "unable to parse leaf",
    "unable to decode leaf",
    "untrusted JWK",
];

/// Why a token was refused.
// INTEROP: the words of distribution's registry/auth/token/token.go, 2.6 to 3.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    Issuer,
    Service,
    /// It has ended.
    Late,
    /// It has not begun.
    Early,
    /// The certificate it brings has ended.
    CertificateEnded,
    /// The certificate it brings is signed by an unknown authority.
    UnknownAuthority,
    /// No key has its key id; whether distribution 3 says so, which looks keys up by thumbprints.
    UnknownKey {
        is_new: bool,
    },
    /// It is of no form that is taken: for a JWT, its algorithm is not among `signingalgorithms`.
    Algorithm,
    /// The key that has its key id did not make its signature.
    Signature,
    /// Another, in the registry's words.
    Other,
}

/// What a line of the log shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogEvidence {
    pub(super) reason: Reason,
    /// The registry's own words.
    pub(super) words: String,
    /// When, in the log's words.
    pub(super) time: Option<String>,
}

impl LogEvidence {
    /// What one line of a log shows, text or JSON, whatever stands before it.
    fn of(line: &str) -> Option<Self> {
        let words = field(line, "msg")?;
        let reason = Reason::of(&words)?;
        Some(Self { reason, words, time: field(line, "time") })
    }

    /// What the last line that shows something shows.
    fn last_of(text: &str) -> Option<Self> {
        let mut all = text.lines().rev().filter_map(Self::of);
        let last = all.next()?;
        // INTEROP: distribution 2.x writes what it could not read in a line of its own before that.
        let before = all.next().filter(|it| it.words.starts_with(UNREADABLE));
        Some(before.filter(|_| last.reason == Reason::Algorithm).unwrap_or(last))
    }
}

impl Reason {
    /// The reason in a message of the log.
    fn of(message: &str) -> Option<Self> {
        // INTEROP: distribution 3 puts this before what verifying a key says.
        const NEW: &str = "failed to verify token: ";
        const LAST: &str = "error authorizing context: ";
        if let Some(last) = message.strip_prefix(LAST) {
            return match last {
                "malformed token" => Some(Self::Algorithm),
                // These are of who has no token, or too little, or tell nothing more.
                "authorization token required" | "insufficient scope" | "invalid token" => None,
                // INTEROP: what distribution 3 says of a signature alone.
                _ if last.contains("cryptographic primitive") => Some(Self::Signature),
                _ if last.contains("jose") => Some(Self::Other),
                _ => None,
            };
        }
        let (is_new, told) = message.strip_prefix(NEW).map_or((false, message), |told| (true, told));
        let begins = |words: &str| told.starts_with(words);
        Some(if begins("token from untrusted issuer") {
            Self::Issuer
        } else if begins("token intended for another audience") {
            Self::Service
        } else if begins("token not to be used after") {
            Self::Late
        } else if begins("token not to be used before") {
            Self::Early
        } else if told.contains("certificate has expired or is not yet valid") {
            Self::CertificateEnded
        } else if told.contains("certificate signed by unknown authority") {
            Self::UnknownAuthority
        } else if begins("token signed by untrusted key") {
            Self::UnknownKey { is_new }
        } else if begins("unable to verify token signature") {
            Self::Signature
        } else if is_new || OTHERS.iter().any(|words| begins(words)) {
            Self::Other
        } else {
            return None;
        })
    }
}

/// A field of a line: `NAME` of a JSON object, or `NAME="…"`.
fn field(line: &str, name: &str) -> Option<String> {
    if let Some(start) = line.find('{')
        && let Some(Ok(Value::Object(fields))) = line.get(start..).map(serde_json::from_str)
    {
        return fields.get(name).and_then(Value::as_str).map(str::to_owned);
    }
    let (_, after) = line.split_once(&format!("{name}="))?;
    let Some(quoted) = after.strip_prefix('"') else {
        return after.split_whitespace().next().map(str::to_owned);
    };
    let (mut text, mut characters) = (String::new(), quoted.chars());
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    Some(text)
}

/// A log, and how long it was.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) path: PathBuf,
    length: u64,
    /// What came so far from a pipe, which can be read once and may never end.
    piped: Option<Arc<Mutex<Vec<u8>>>>,
}

/// Reads a pipe to its end, which may never come.
fn follow(from: &Path, into: &Mutex<Vec<u8>>) {
    let Ok(mut pipe) = File::open(from) else { return };
    let mut part = [0; 8192];
    while let Ok(length @ 1..) = pipe.read(&mut part) {
        let Ok(mut text) = into.lock() else { return };
        if text.len() >= LARGEST_PIPE {
            return;
        }
        text.extend_from_slice(part.get(..length).unwrap_or_default());
    }
}

/// What the log says since.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    Reason(LogEvidence),
    /// The same from before the doctor came.
    Older(LogEvidence),
    /// That a token was refused, but not why.
    Refused,
    Nothing,
}

impl Log {
    /// Notes where it ends.
    pub(super) fn open(path: &Path) -> std::io::Result<Self> {
        let about = std::fs::metadata(path)?;
        if about.is_dir() {
            return Err(std::io::ErrorKind::IsADirectory.into());
        }
        if about.is_file() {
            File::open(path)?;
            return Ok(Self { path: path.to_owned(), length: about.len(), piped: None });
        }
        let piped = Arc::new(Mutex::new(Vec::new()));
        let (from, into) = (path.to_owned(), piped.clone());
        // Opening waits for a writer, reading for the next line: neither may hold up the rest.
        std::thread::spawn(move || follow(&from, &into));
        let mut length = 0;
        for _ in 0..PIPE_TRIES {
            std::thread::sleep(PIPE_PAUSE);
            let now = piped.lock().map_or(0, |text| text.len());
            if now > 0 && now == length {
                break;
            }
            length = now;
        }
        let length = u64::try_from(length).unwrap_or_default();
        Ok(Self { path: path.to_owned(), length, piped: Some(piped) })
    }

    fn read_from(&self, start: u64) -> String {
        let mut text = Vec::new();
        if let Some(piped) = &self.piped {
            let start = usize::try_from(start).unwrap_or(usize::MAX);
            if let Ok(all) = piped.lock() {
                text.extend_from_slice(all.get(start..).unwrap_or_default());
            }
            return String::from_utf8_lossy(&text).into_owned();
        }
        let read = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(start))?;
            file.take(END).read_to_end(&mut text)
        });
        if read.is_err() {
            text.clear();
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// What it says about the token that was just refused, else about the last one.
    pub(super) fn read(&self) -> Said {
        let new = self.read_from(self.length);
        if let Some(evidence) = LogEvidence::last_of(&new) {
            return Said::Reason(evidence);
        }
        if new.contains("error authorizing context: invalid token") {
            return Said::Refused;
        }
        let old = self.read_from(self.length.saturating_sub(END));
        LogEvidence::last_of(&old).map_or(Said::Nothing, Said::Older)
    }
}

impl Log {
    /// Its last words, of a registry that gave up at its start.
    // INTEROP: `panic:` of distribution 2.x, `level=fatal` of 3.x.
    pub(super) fn gave_up(&self) -> Option<String> {
        let end = self.read_from(self.length.saturating_sub(END));
        let mut last = end.lines().rev().filter_map(|line| {
            if line.contains("listening on ") {
                return Some(None);
            }
            let is_fatal = field(line, "level").is_some_and(|level| level == "fatal" || level == "panic");
            let fatal = is_fatal.then(|| field(line, "msg")).flatten();
            let bare =
                ["panic: ", "configuration error: "].iter().find_map(|words| Some(line.split_once(words)?.1));
            Some(Some(fatal.or(bare.map(str::to_owned))?))
        });
        last.next().flatten()
    }
}

#[cfg(test)]
#[path = "registry_log_tests.rs"]
mod tests;
