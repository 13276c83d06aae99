//! Tests how log lines are read: lines of the release of distribution that other tests run, and recorded lines of
//! other releases. Tests how a log file and a pipe are read.

use super::*;
use std::io::Write;

fn older(reason: Reason, words: &str, time: Option<&str>) -> LogEvidence {
    LogEvidence::Older(RefusalLine { reason, words: words.to_owned(), time: time.map(str::to_owned) })
}

fn is_new(said: &LogEvidence, reason: &Reason) -> bool {
    matches!(said, LogEvidence::Reason(evidence) if evidence.reason == *reason)
}

#[test]
fn reasons_are_read_in_both_forms() {
    let older = Reason::UnknownKey { is_new: false };
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
        (r#"level=info msg="token signed by untrusted key with ID: \"A:B\"""#, Some(older)),
        (r#"level=info msg="token has no signature""#, Some(Reason::Other)),
        (r#"level=info msg="unable to verify token signature: x""#, Some(Reason::Signature)),
        (r#"level=warning msg="error authorizing context: invalid token""#, None),
        (r#"127.0.0.1 - - "GET /v2/ HTTP/1.1" 401 87"#, None),
        ("{", None),
        ("msg=", None),
    ] {
        assert_eq!(RefusalLine::of(line).map(|it| it.reason), expected, "{line}");
    }
}

/// Tests lines that were recorded from distribution 2.6.2, 3.0.0 and 3.1.1, which the tests cannot run.
#[test]
fn recorded_lines_of_other_releases_are_read() {
    const INVALID: &str = "error authorizing context: invalid token";
    const MALFORMED: &str = "error authorizing context: malformed token";
    let old = |words: &str| format!("time=\"2026-11-29T09:00:00Z\" level=info msg=\"{words}\" ");
    let new = |words: &str| format!("time=\"2026-11-29T09:00:00Z\" level=info msg=\"{words}\"");
    let warning = |words: &str, release: &str| {
        let release = if release.is_empty() { String::new() } else { format!(" version={release}+unknown") };
        format!("time=\"2026-11-29T09:00:00Z\" level=warning msg=\"{words}\"{release}")
    };
    let untrusted_key = Reason::UnknownKey { is_new: true };
    for (lines, expected) in [
        (vec![warning("error authorizing context: authorization token required", "")], None),
        (vec![warning("error authorizing context: insufficient scope", "v3.1.1")], None),
        (
            vec![old(r#"token from untrusted issuer: \"portreeve\""#), warning(INVALID, "")],
            Some(Reason::Issuer),
        ),
        (
            vec![old(r#"token intended for another audience: \"registry\""#), warning(INVALID, "")],
            Some(Reason::Service),
        ),
        (
            vec![
                old(
                    "error while unmarshalling raw token: invalid character 'i' looking for beginning of value",
                ),
                warning(MALFORMED, ""),
            ],
            Some(Reason::Other),
        ),
        (
            vec![new(r"token intended for another audience: [registry]"), warning(INVALID, "v3.0.0")],
            Some(Reason::Service),
        ),
        (
            vec![
                new("failed to verify token: x509: certificate signed by unknown authority"),
                warning(INVALID, "v3.0.0"),
            ],
            Some(Reason::UnknownAuthority),
        ),
        (
            vec![
                new(r#"failed to verify token: token signed by untrusted key with ID: \"A:B\""#),
                warning(INVALID, "v3.1.1"),
            ],
            Some(untrusted_key),
        ),
        // `signingalgorithms` does not list the algorithm of the token.
        (vec![warning(MALFORMED, "v3.0.0")], Some(Reason::Algorithm)),
        (vec![warning(MALFORMED, "v3.1.1")], Some(Reason::Algorithm)),
        // A line with an older cause is not the cause of the last refusal.
        (
            vec![new(r#"token from untrusted issuer: \"x\""#), warning(MALFORMED, "v3.1.1")],
            Some(Reason::Algorithm),
        ),
    ] {
        let read = RefusalLine::last_of(&lines.join("\n"));
        assert_eq!(read.as_ref().map(|it| it.reason.clone()), expected, "{lines:?}");
        assert!(read.is_none_or(|it| lines.iter().any(|line| line.contains(&it.words.replace('"', "\\\"")))));
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
    // No program writes into the pipe.
    assert_eq!(Log::open(&silent).unwrap().read(), LogEvidence::Nothing);
    let (open, from) = (path.clone(), std::sync::mpsc::channel());
    let writer = std::thread::spawn(move || {
        let mut pipe = File::options().write(true).open(open).unwrap();
        writeln!(pipe, "level=info msg=\"token from untrusted issuer: x\"").unwrap();
        from.1.recv().unwrap();
        writeln!(pipe, "level=info msg=\"token not to be used after x\"").unwrap();
        from.1.recv().unwrap();
    });
    let log = Log::open(&path).unwrap();
    assert_eq!(log.read(), older(Reason::Issuer, "token from untrusted issuer: x", None));
    from.0.send(()).unwrap();
    while !is_new(&log.read(), &Reason::Late) {
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
    assert_eq!(log.read(), older(Reason::Issuer, "token from untrusted issuer: x", Some("then")));
    let mut file = File::options().append(true).open(&path).unwrap();
    writeln!(file, "level=warning msg=\"error authorizing context: invalid token\"").unwrap();
    assert_eq!(log.read(), LogEvidence::Refused);
    writeln!(file, "level=info msg=\"token not to be used after x\"").unwrap();
    assert!(is_new(&log.read(), &Reason::Late));
}
