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
    /// No key has its key id.
    UnknownKey,
    /// Another, in the registry's words.
    Other(String),
}

impl Reason {
    /// The reason in one line of a log, text or JSON, whatever stands before it.
    fn of(line: &str) -> Option<Self> {
        let message = message(line)?;
        let begins = |words: &str| message.starts_with(words);
        Some(if begins("token from untrusted issuer") {
            Self::Issuer
        } else if begins("token intended for another audience") {
            Self::Service
        } else if begins("token not to be used after") {
            Self::Late
        } else if begins("token not to be used before") {
            Self::Early
        } else if message.contains("certificate has expired or is not yet valid") {
            Self::CertificateEnded
        } else if message.contains("certificate signed by unknown authority") {
            Self::UnknownAuthority
        } else if begins("token signed by untrusted key") {
            Self::UnknownKey
        } else if [
            "token has no signature",
            "error while unmarshalling raw token",
            "unable to verify",
            "unable to get token signing key",
            "unable to parse leaf",
            "unable to decode leaf",
            "untrusted JWK",
        ]
        .iter()
        .any(|words| begins(words))
        {
            Self::Other(message)
        } else {
            return None;
        })
    }
}

fn message(line: &str) -> Option<String> {
    field(line, "msg")
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
    Reason(Reason),
    /// The same from before the doctor came, and when, in the log's words.
    Older(Reason, Option<String>),
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
        if let Some(reason) = new.lines().rev().find_map(Reason::of) {
            return Said::Reason(reason);
        }
        if new.contains("error authorizing context: invalid token") {
            return Said::Refused;
        }
        let old = self.read_from(self.length.saturating_sub(END));
        let last =
            old.lines().rev().find_map(|line| Some(Said::Older(Reason::of(line)?, field(line, "time"))));
        last.unwrap_or(Said::Nothing)
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
            let fatal = is_fatal.then(|| message(line)).flatten();
            let bare =
                ["panic: ", "configuration error: "].iter().find_map(|words| Some(line.split_once(words)?.1));
            Some(Some(fatal.or(bare.map(str::to_owned))?))
        });
        last.next().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn reasons_are_read_in_both_forms() {
        for (line, expected) in [
            (
                r#"time="2026-11-21T19:05:31Z" level=info msg="token from untrusted issuer: \"portreeve\"""#,
                Some(Reason::Issuer),
            ),
            (
                r#"{"level":"info","msg":"token intended for another audience: \"registry\"","time":"x"}"#,
                Some(Reason::Service),
            ),
            (
                r#"registry-1 | time="x" level=info msg="unable to verify certificate chain: x509: certificate signed by unknown authority""#,
                Some(Reason::UnknownAuthority),
            ),
            (
                r#"time="x" level=info msg="unable to verify certificate chain: x509: certificate has expired or is not yet valid: current time x""#,
                Some(Reason::CertificateEnded),
            ),
            (r#"level=info msg="token not to be used after x - currently y""#, Some(Reason::Late)),
            (r#"level=info msg="token not to be used before x - currently y""#, Some(Reason::Early)),
            (r#"level=info msg="token signed by untrusted key with ID: \"A:B\"""#, Some(Reason::UnknownKey)),
            (
                r#"level=info msg="token has no signature""#,
                Some(Reason::Other("token has no signature".to_owned())),
            ),
            (r#"level=warning msg="error authorizing context: invalid token""#, None),
            (r#"127.0.0.1 - - "GET /v2/ HTTP/1.1" 401 87"#, None),
            ("{", None),
            ("msg=", None),
        ] {
            assert_eq!(Reason::of(line), expected, "{line}");
        }
    }

    #[test]
    fn a_registry_that_gave_up_says_why() {
        let panic = "panic: unable to configure authorization (token): token auth requires a valid option string: \"service\"";
        for (log, expected) in [
            (
                format!("level=info msg=\"redis not configured\"\n{panic}\n\ngoroutine 1 [running]:\n"),
                Some("\"service\""),
            ),
            (format!("registry-1  | {panic}\n"), Some("\"service\"")),
            (
                "level=fatal msg=\"listen tcp :5000: bind: address already in use\"\n".to_owned(),
                Some("already in use"),
            ),
            (format!("{panic}\nlevel=info msg=\"listening on [::]:5000\"\n"), None),
            (String::new(), None),
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &log).unwrap();
            let said = Log::open(file.path()).unwrap().gave_up();
            assert_eq!(said.is_some(), expected.is_some(), "{log}: {said:?}");
            assert!(said.unwrap_or_default().ends_with(expected.unwrap_or_default()), "{log}");
        }
    }

    #[test]
    fn a_pipe_is_read_without_waiting_for_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let (path, silent) = (folder.path().join("pipe"), folder.path().join("silent"));
        assert!(std::process::Command::new("mkfifo").args([&path, &silent]).status().unwrap().success());
        // Nobody writes.
        assert_eq!(Log::open(&silent).unwrap().read(), Said::Nothing);
        let (open, from) = (path.clone(), std::sync::mpsc::channel());
        let writer = std::thread::spawn(move || {
            let mut pipe = File::options().write(true).open(open).unwrap();
            writeln!(pipe, "level=info msg=\"token from untrusted issuer: x\"").unwrap();
            from.1.recv().unwrap();
            writeln!(pipe, "level=info msg=\"token not to be used after x\"").unwrap();
            from.1.recv().unwrap();
        });
        let log = Log::open(&path).unwrap();
        assert_eq!(log.read(), Said::Older(Reason::Issuer, None));
        from.0.send(()).unwrap();
        while log.read() != Said::Reason(Reason::Late) {
            std::thread::sleep(PIPE_PAUSE);
        }
        from.0.send(()).unwrap();
        writer.join().unwrap();
    }

    #[test]
    fn what_is_new_in_the_log_counts_first() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut say = |line: &str| writeln!(file, "time=\"then\" level=info msg=\"{line}\"").unwrap();
        say("token from untrusted issuer: x");
        let path = file.path().to_owned();
        let log = Log::open(&path).unwrap();
        assert_eq!(log.read(), Said::Older(Reason::Issuer, Some("then".to_owned())));
        let mut file = File::options().append(true).open(&path).unwrap();
        writeln!(file, "level=warning msg=\"error authorizing context: invalid token\"").unwrap();
        assert_eq!(log.read(), Said::Refused);
        writeln!(file, "level=info msg=\"token not to be used after x\"").unwrap();
        assert_eq!(log.read(), Said::Reason(Reason::Late));
    }
}
