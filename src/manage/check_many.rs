//! Many questions in one request, for tables of who may do what.

use super::administration::Administration;
use super::caller::Admin;
use super::check::{Asker, CheckAnswer, CheckFields, Told, answer};
use super::error::ManageError;
use crate::accounts::{WriteError, read};
use crate::domain::invalid::FieldErrors;
use crate::domain::scope::MAX_SCOPES;
use crate::storage::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The most questions in one request.
const MOST_QUESTIONS: usize = 500;
/// The most scopes in all questions together.
const MOST_SCOPES: usize = 2000;

/// Questions for the policy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Checks, example = json!({"questions": [
    {"subject": "user:admin", "service": "registry", "scope": "repository:web/site:pull"},
]}))]
pub struct ChecksFields {
    /// The questions: at most 500, with at most 2,000 scopes together.
    #[schema(value_type = Vec<CheckFields>, min_items = 1, max_items = 500)]
    pub questions: Vec<Value>,
    /// True if each answer contains its reasons; otherwise `why` is empty. The reasons name only rules about the
    /// subject.
    #[serde(default)]
    pub why: bool,
}

/// The answers to many questions, in the order of the questions.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckAnswers {
    /// The answers, one for each question.
    pub answers: Vec<CheckAnswer>,
}

impl Administration {
    /// Answers many questions from one state of the policy. Fails with the errors of all questions.
    pub async fn check_many(&self, admin: &Admin, body: Value) -> Result<CheckAnswers, ManageError> {
        let ChecksFields { questions, why } = read(body)?;
        if questions.is_empty() || questions.len() > MOST_QUESTIONS {
            let expected = format_args!("must be 1 to {MOST_QUESTIONS} questions");
            return Err(FieldErrors::one("questions", expected).into());
        }
        let (mut errors, mut asked) = (FieldErrors::default(), Vec::new());
        let (mut askers, mut seq) = (BTreeMap::<_, Asker>::new(), 0);
        for (i, question) in questions.into_iter().enumerate() {
            let parsed = read(question).map_err(ManageError::from);
            let parsed = parsed.and_then(|fields: CheckFields| fields.parse(admin.origin.at));
            let parsed = match parsed {
                Ok(parsed) => parsed,
                Err(error) => {
                    place(&mut errors, i, error)?;
                    continue;
                }
            };
            let key = (parsed.asked.subject.clone(), parsed.access_key.clone(), parsed.asked.at);
            if !askers.contains_key(&key) {
                match self.asker_of(&parsed).await {
                    Ok(asker) => {
                        seq = seq.max(asker.seq());
                        askers.insert(key.clone(), asker);
                    }
                    Err(error) => {
                        place(&mut errors, i, error)?;
                        continue;
                    }
                }
            }
            asked.push((i, parsed.asked, key));
        }
        let scopes: usize = asked.iter().map(|(_, asked, _)| asked.scopes.scopes().len()).sum();
        if scopes > MOST_SCOPES {
            errors.push("questions", format_args!("must ask for at most {MOST_SCOPES} scopes together"));
        }
        std::mem::take(&mut errors).into_result()?;
        let snapshot = self.snapshots.at_least(seq).await?;
        let told = if why { Told::Briefly } else { Told::Nothing };
        let answering = tokio::task::spawn_blocking(move || {
            let (mut errors, mut answers) = (FieldErrors::default(), Vec::new());
            for (i, asked, key) in asked {
                let Some(asker) = askers.get(&key) else { continue };
                match answer(&snapshot, asker, asked, told) {
                    Ok(one) => answers.push(one),
                    Err(error) => place(&mut errors, i, error)?,
                }
            }
            errors.into_result()?;
            Ok(CheckAnswers { answers })
        });
        answering.await.map_err(|_| StoreError::Cut)?
    }
}

/// Adds the errors of question `i`, with the position of the question in front of each field. Fails at once with an
/// error that is not about the question.
fn place(errors: &mut FieldErrors, i: usize, error: ManageError) -> Result<(), ManageError> {
    match error {
        ManageError::Write(WriteError::Invalid(own)) => {
            for one in own.0 {
                let dot = if one.field.is_empty() { "" } else { "." };
                errors.push(format!("questions[{i}]{dot}{}", one.field), one.message);
            }
            Ok(())
        }
        ManageError::Write(error @ WriteError::NotFound { .. }) => {
            errors.push(format!("questions[{i}]"), error);
            Ok(())
        }
        other => Err(other),
    }
}

const _: () = assert!(MAX_SCOPES <= MOST_SCOPES, "one question is never too large by itself");
