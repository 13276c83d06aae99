//! Prints the server's warnings about objects of one kind.

use super::client::path;
use super::connection::ClientFlags;
use super::error::CliError;
use super::objects::Noun;
use serde_json::{Map, Value};

/// Prints the warnings about all objects of one kind. `column` is the title of the column with the names. Fails if
/// there is a warning.
pub(super) fn lint(flags: &ClientFlags, noun: &Noun, column: &'static str) -> Result<(), CliError> {
    let mut warnings: Vec<Value> = Vec::new();
    flags.connect()?.pages(&path(&[noun.path])?, &[], None, |page| {
        for object in page.get("items").and_then(Value::as_array).into_iter().flatten() {
            for warning in object.get("warnings").and_then(Value::as_array).into_iter().flatten() {
                let of = |field: &str| warning.get(field).cloned().unwrap_or_default();
                let name = object.get("name").cloned().unwrap_or_default();
                let told = [(column, name), ("code", of("code")), ("message", of("message"))];
                let told: Map<String, Value> =
                    told.into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
                warnings.push(told.into());
            }
        }
        Ok(0)
    })?;
    let output = flags.output();
    if !output.is_table() {
        output.list(&[], &warnings)?;
    } else if warnings.is_empty() {
        return output.done(&format!("there are no warnings about the {}s", noun.word));
    } else {
        output.list(&[column, "code", "message"], &warnings)?;
    }
    match warnings.len() {
        0 => Ok(()),
        1 => Err(CliError::Failed("1 warning".to_owned())),
        number => Err(CliError::Failed(format!("{number} warnings"))),
    }
}
