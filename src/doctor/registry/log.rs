//! Reads the registry's log to find why the registry refused a token, or why it did not start.

use serde_json::Value;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The greatest number of bytes of a log file that are read at once.
const END: u64 = 256 * 1024;
/// The number of bytes after which the doctor stops reading a pipe.
const LARGEST_PIPE: usize = 64 * 1024 * 1024;
/// A pause while a pipe is read. The doctor stops waiting for the pipe if bytes came before a pause and none came
/// during it, or after [`PIPE_TRIES`] pauses.
const PIPE_PAUSE: Duration = Duration::from_millis(100);
const PIPE_TRIES: usize = 30;

/// The wait for the registry to write its log: a pause, and how often the log is read.
const LOG_PAUSE: Duration = Duration::from_millis(100);
const LOG_TRIES: usize = 10;

const UNREADABLE: &str = "error while unmarshalling raw token";
/// The beginnings of log messages about causes that have no [`Reason`] of their own.
const OTHERS: [&str; 7] = [
    "token has no signature",
    UNREADABLE,
    "unable to verify",
    "unable to get token signing key",
    "unable to parse leaf",
    "unable to decode leaf",
    "untrusted JWK",
];

/// The reason why a token was refused.
// INTEROP: the words of distribution's registry/auth/token/token.go, 2.6 to 3.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doctor) enum Reason {
    Issuer,
    Service,
    /// The token has ended.
    Late,
    /// The token has not begun.
    Early,
    /// The certificate in the token has ended.
    CertificateEnded,
    /// An unknown authority signed the certificate in the token.
    UnknownAuthority,
    /// The registry has no key with the token's key id. `is_new` is true if distribution 3 wrote the line,
    /// which looks up keys by thumbprints.
    UnknownKey {
        is_new: bool,
    },
    /// The registry accepts no token of this form. For a JWT, `signingalgorithms` does not contain its
    /// algorithm.
    Algorithm,
    /// The signature was not made by the key with the token's key id.
    Signature,
    /// Another cause, in the registry's words.
    Other,
}

/// A line of the log that names the cause of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doctor) struct RefusalLine {
    pub(in crate::doctor) reason: Reason,
    /// The message of the line.
    pub(in crate::doctor) words: String,
    /// The time of the line, as the log writes it.
    pub(in crate::doctor) time: Option<String>,
}

impl RefusalLine {
    /// Parses one line of a log, text or JSON. Another program may have put a prefix before the line.
    fn of(line: &str) -> Option<Self> {
        let words = field(line, "msg")?;
        let reason = Reason::of(&words)?;
        Some(Self { reason, words, time: field(line, "time") })
    }

    /// Returns the last line that names a cause.
    fn last_of(text: &str) -> Option<Self> {
        let mut all = text.lines().rev().filter_map(Self::of);
        let last = all.next()?;
        // INTEROP: if distribution 2.x cannot decode a token, an earlier line has the cause.
        let before = all.next().filter(|it| it.words.starts_with(UNREADABLE));
        Some(before.filter(|_| last.reason == Reason::Algorithm).unwrap_or(last))
    }
}

impl Reason {
    /// Finds the reason in a message of the log.
    fn of(message: &str) -> Option<Self> {
        // INTEROP: distribution 3 begins its messages about keys and certificates with these words.
        const NEW: &str = "failed to verify token: ";
        const LAST: &str = "error authorizing context: ";
        if let Some(last) = message.strip_prefix(LAST) {
            return match last {
                "malformed token" => Some(Self::Algorithm),
                // These messages are about a missing token or missing rights, or they name no cause.
                "authorization token required" | "insufficient scope" | "invalid token" => None,
                // INTEROP: distribution 3 writes these words only for a wrong signature.
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

/// Returns a field of a log line: `NAME` of a JSON object, or the value in `NAME="…"`.
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

/// A log file or pipe, with its length at the beginning of the examination.
#[derive(Debug)]
pub(in crate::doctor) struct Log {
    pub(in crate::doctor) path: PathBuf,
    length: u64,
    /// The bytes that came from the pipe so far. A pipe can be read only once, and may never end.
    piped: Option<Arc<Mutex<Vec<u8>>>>,
}

/// Copies a pipe into memory, until the pipe ends or [`LARGEST_PIPE`] bytes are in memory. A pipe may never end.
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

/// The evidence in the log about a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::doctor) enum LogEvidence {
    Reason(RefusalLine),
    /// The cause of an older refusal, from before the examination.
    Older(RefusalLine),
    /// The log has a refusal without its cause.
    Refused,
    Nothing,
}

impl Log {
    /// Opens the log, and notes its present length. Waits at most three seconds for the present content of a pipe.
    /// A thread reads the later content.
    pub(in crate::doctor) fn open(path: &Path) -> std::io::Result<Self> {
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
        // Opening a pipe waits for its writer, and reading it waits for the next line. A thread does both, so
        // that the examination does not wait.
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

    /// Returns the evidence about the refusal that just happened. Waits up to one second for the registry to
    /// write the cause.
    pub(in crate::doctor) async fn read_patiently(&self) -> LogEvidence {
        for _ in 1..LOG_TRIES {
            let evidence = self.read();
            if matches!(evidence, LogEvidence::Reason(_)) {
                return evidence;
            }
            tokio::time::sleep(LOG_PAUSE).await;
        }
        self.read()
    }

    /// Returns the evidence about the refusal that just happened, or else about the last older refusal.
    pub(in crate::doctor) fn read(&self) -> LogEvidence {
        let new = self.read_from(self.length);
        if let Some(evidence) = RefusalLine::last_of(&new) {
            return LogEvidence::Reason(evidence);
        }
        if new.contains("error authorizing context: invalid token") {
            return LogEvidence::Refused;
        }
        let old = self.read_from(self.length.saturating_sub(END));
        RefusalLine::last_of(&old).map_or(LogEvidence::Nothing, LogEvidence::Older)
    }
}

impl Log {
    /// Returns the last error of a registry that did not start, or `None` if there is no error or the registry
    /// listened after it.
    // INTEROP: distribution 2.x writes `panic:`, 3.x writes `level=fatal`.
    pub(in crate::doctor) fn gave_up(&self) -> Option<String> {
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
#[path = "log_tests.rs"]
mod tests;
