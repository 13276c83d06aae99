//! `portreeve check`: reads many questions from a file, and asks the server all of them.

use super::client::{Body, Client, Request, path};
use super::connection::ClientFlags;
use super::error::CliError;
use super::escape::clean;
use crate::outbound::Method;
use clap::Args;
use serde_json::{Value, json};
use std::io::Read;
use std::path::PathBuf;

/// The exit code if a requested action is not granted, or if a scope is ignored.
const NOT_GRANTED: u8 = 3;
/// The greatest number of questions in one request.
const AT_ONCE: usize = 500;
/// The greatest number of bytes in the file with the questions.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Check many questions from a file: what somebody may do at a registry
///
/// Each line is one question: SUBJECT SERVICE SCOPE, where SUBJECT is user:NAME, robot:NAME or anonymous, and
/// SCOPE is TYPE:NAME:ACTION[,ACTION…]. Empty lines and lines that begin with # are ignored. Exit code 0:
/// everything is granted. Exit code 3: something is not granted.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve check questions.txt")]
pub(super) struct Check {
    #[command(flatten)]
    flags: ClientFlags,
    /// The file with the questions, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// One line of the file, which is one question.
struct Question {
    line: usize,
    subject: String,
    service: String,
    scope: String,
}

pub(super) fn run(args: &Check) -> Result<u8, CliError> {
    let questions = questions(&text(&args.file)?)?;
    if questions.is_empty() {
        return Err(CliError::Usage("the file has no question: write SUBJECT SERVICE SCOPE".to_owned()));
    }
    let client = args.flags.connect()?;
    let mut rows = Vec::new();
    for some in questions.chunks(AT_ONCE) {
        rows.extend(some.iter().zip(ask(&client, some)?).map(|(one, answer)| row(one, &answer)));
    }
    args.flags.output().list(&["subject", "service", "scope", "granted", "denied"], &rows)?;
    let all = rows.iter().all(|row| row.get("denied").is_some_and(|denied| denied == ""));
    Ok(if all { 0 } else { NOT_GRANTED })
}

fn text(file: &PathBuf) -> Result<String, CliError> {
    let unreadable = |error: std::io::Error| {
        CliError::Failed(format!("cannot read {}: {error}", clean(&file.display().to_string())))
    };
    let mut text = String::new();
    let mut reader: Box<dyn Read> = if file.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(file).map_err(unreadable)?)
    };
    reader.by_ref().take(LONGEST + 1).read_to_string(&mut text).map_err(unreadable)?;
    match u64::try_from(text.len()) {
        Ok(length) if length <= LONGEST => Ok(text),
        _ => Err(CliError::Usage("the file has more than 64 MiB: split it".to_owned())),
    }
}

fn questions(text: &str) -> Result<Vec<Question>, CliError> {
    let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim()));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(line, text)| {
            let words: Vec<&str> = text.split_whitespace().collect();
            match words.as_slice() {
                [subject, service, scope] => Ok(Question {
                    line,
                    subject: (*subject).to_owned(),
                    service: (*service).to_owned(),
                    scope: (*scope).to_owned(),
                }),
                _ => Err(CliError::Usage(format!("line {line}: write SUBJECT SERVICE SCOPE"))),
            }
        })
        .collect()
}

/// Sends some questions, and returns the answers in the same order.
fn ask(client: &Client, questions: &[Question]) -> Result<Vec<Value>, CliError> {
    let asked: Vec<Value> = questions
        .iter()
        .map(|one| json!({"subject": one.subject, "service": one.service, "scope": one.scope}))
        .collect();
    let mut request = Request::new(Method::POST, path(&["check"])?);
    request.body = Body::Json(json!({"questions": asked, "why": true}));
    let mut answer = client.send(request).map_err(|error| match error {
        CliError::Refused(mut problem) => {
            for error in &mut problem.errors {
                error.field = place(&error.field, questions);
            }
            CliError::Refused(problem)
        }
        other => other,
    })?;
    match answer.body.get_mut("answers").map(Value::take) {
        Some(Value::Array(answers)) if answers.len() == questions.len() => Ok(answers),
        _ => Err(CliError::Failed("the server did not answer every question".to_owned())),
    }
}

/// Replaces the index of a question in a field of the server's error by the question's line:
/// `questions[1].subject` becomes `line 4: subject`. Returns any other field unchanged.
fn place(field: &str, questions: &[Question]) -> String {
    let found = field.strip_prefix("questions[").and_then(|rest| rest.split_once(']'));
    let found = found.and_then(|(number, rest)| {
        let question = questions.get(number.parse::<usize>().ok()?)?;
        Some(format!("line {}{}", question.line, rest.replacen('.', ": ", 1)))
    });
    found.unwrap_or_else(|| field.to_owned())
}

/// Returns the table row of one question: the granted actions, then the denied actions and the ignored scopes. If
/// the subject is not active, all actions are denied.
fn row(question: &Question, answer: &Value) -> Value {
    let list = |field: &str| answer.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let inactive = answer.get("inactive").is_some_and(|why| !why.is_null());
    let actions = |granted: bool| -> Vec<&str> {
        let told = list("why")
            .iter()
            .filter(|one| (one.get("granted") == Some(&Value::Bool(true)) && !inactive) == granted);
        told.filter_map(|one| one.get("action")?.as_str()).collect()
    };
    let ignored = list("ignored").iter().filter_map(|one| one.get("text")?.as_str());
    let denied: Vec<&str> = actions(false).into_iter().chain(ignored).collect();
    json!({
        "subject": question.subject, "service": question.service, "scope": question.scope,
        "granted": actions(true).join(","), "denied": denied.join(","),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_question_and_errors_name_lines() {
        let all =
            questions("# a comment\n\n user:a  registry repository:x:pull \nanonymous r registry:catalog:*");
        let all = all.unwrap_or_default();
        assert_eq!(all.iter().map(|one| one.line).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(all.first().map(|one| one.scope.as_str()), Some("repository:x:pull"));
        assert_eq!(place("questions[1].subject", &all), "line 4: subject");
        assert_eq!(place("questions[0]", &all), "line 3");
        assert_eq!(place("questions[7]", &all), "questions[7]");
        assert!(questions("user:a registry").is_err());
    }

    #[test]
    fn a_file_that_is_too_long_is_refused_whole() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(LONGEST + 1).unwrap();
        let said = text(&file.path().to_owned()).err().map(|error| error.to_string());
        assert!(said.is_some_and(|said| said.contains("more than 64 MiB")));
        file.as_file().set_len(LONGEST).unwrap();
        assert!(text(&file.path().to_owned()).is_ok());
    }
}
