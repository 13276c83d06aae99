//! Prints results: tables for people, JSON and YAML for programs.
//!
//! INVARIANT: no text from the server reaches a terminal without `escape.rs`.

use super::error::CliError;
use super::escape::{clean, escape_json};
use super::paint::Paint;
use super::yaml;
use clap::ValueEnum;
use serde_json::Value;
use std::io::Write;

/// The form of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Aligned columns, for people.
    #[default]
    Table,
    /// JSON, as the API gives it.
    Json,
    /// YAML with the same fields.
    Yaml,
}

/// The printer of results in one form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    format: Format,
    paint: Paint,
}

impl Output {
    pub(super) fn new(format: Format) -> Self {
        Self { format, paint: Paint::stdout() }
    }

    /// Prints a list. `columns` are the fields that a table shows, in this order.
    pub(super) fn list(&self, columns: &[&str], items: &[Value]) -> Result<(), CliError> {
        match self.format {
            Format::Table => write(&table(columns, items, self.paint)),
            _ => self.value(&Value::Array(items.to_vec())),
        }
    }

    /// Prints a list on standard error, before a person must answer a question about the list.
    pub(super) fn show(columns: &[&str], items: &[Value]) {
        aside_part!("{}", table(columns, items, Paint::stderr()));
    }

    /// Prints one object. A table shows every field, those in `first` before the others.
    pub(super) fn object(&self, first: &[&str], object: &Value) -> Result<(), CliError> {
        let (Format::Table, Value::Object(fields)) = (self.format, object) else {
            return self.value(object);
        };
        let ordered = first.iter().filter_map(|name| fields.get_key_value(*name));
        let others = fields.iter().filter(|(name, _)| !first.contains(&name.as_str()));
        let rows: Vec<_> = ordered.chain(others).flat_map(|(name, value)| rows(name, value)).collect();
        let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or_default();
        let line =
            |(label, cell): &(String, String)| format!("{}  {cell}\n", self.paint.bold(&pad(label, width)));
        write(&rows.iter().map(line).collect::<String>())
    }

    /// Prints an empty line and a title, for example above a table.
    pub(super) fn title(&self, text: &str) -> Result<(), CliError> {
        write(&format!("\n{}\n", self.paint.bold(text)))
    }

    /// Prints a value as YAML if the form of the output is YAML, or else as JSON.
    pub(super) fn value(&self, value: &Value) -> Result<(), CliError> {
        let text = match self.format {
            Format::Yaml => yaml::text(value),
            _ => serde_json::to_string_pretty(value).unwrap_or_default() + "\n",
        };
        write(&escape_json(&text))
    }

    /// Returns true if the output is a table for people.
    pub(super) fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    /// Reports the finished work in one line. If the output is JSON or YAML, the line goes to standard error.
    pub(super) fn done(&self, what: &str) -> Result<(), CliError> {
        let line = format!("{}\n", clean(what));
        if self.is_table() {
            return write(&line);
        }
        aside_part!("{line}");
        Ok(())
    }

    /// Reports the finished work. If the output is JSON or YAML, also prints the object in its new state.
    pub(super) fn written(&self, what: &str, object: &Value) -> Result<(), CliError> {
        self.done(what)?;
        if self.is_table() { Ok(()) } else { self.value(object) }
    }
}

/// Writes a text to standard output.
pub(super) fn write(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(CliError::Output)
}

/// Formats items as aligned columns under a heading.
fn table(columns: &[&str], items: &[Value], paint: Paint) -> String {
    let header = columns.iter().map(|name| name.to_uppercase().replace('_', " ")).collect();
    let mut rows: Vec<Vec<String>> = vec![header];
    for item in items {
        let field = |name: &&str| item.get(*name).map_or_else(|| "-".to_owned(), cell);
        rows.push(columns.iter().map(field).collect());
    }
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(text, width)| pad(text, *width)).collect();
        let line = padded.join("  ");
        let line = line.trim_end();
        text.push_str(&if number == 0 { paint.bold(line) } else { line.to_owned() });
        text.push('\n');
    }
    text
}

/// Returns the table rows for one field. A field with an object as its value gives a row for each field of
/// that object. Labels stay in one cell.
fn rows(name: &str, value: &Value) -> Vec<(String, String)> {
    let label = clean(name).replace('_', " ");
    match value {
        Value::Object(fields) if !fields.is_empty() && name != "labels" => {
            let inner = fields.iter().flat_map(|(name, value)| rows(name, value));
            inner.map(|(name, cell)| (format!("{label} {name}"), cell)).collect()
        }
        value => vec![(label, cell(value))],
    }
}

/// Formats a number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut tenths = u128::from(bytes) * 10;
    let mut name = "bytes";
    for unit in UNITS {
        if tenths < 10 * 1024 {
            break;
        }
        (tenths, name) = (tenths / 1024, unit);
    }
    if name == "bytes" { format!("{bytes} bytes") } else { format!("{}.{} {name}", tenths / 10, tenths % 10) }
}

fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(missing))
}

/// Formats a value for one cell of a table.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let pair = |(name, value): (&String, &Value)| match value {
                Value::Array(items) => {
                    format!("{name}={}", items.iter().map(plain).collect::<Vec<_>>().join(","))
                }
                other => format!("{name}={}", plain(other)),
            };
            fields.iter().map(pair).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    };
    if text.is_empty() { "-".to_owned() } else { clean(&text) }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_size_is_told_in_the_unit_that_fits() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (1_023, "1023 bytes"),
            (1_024, "1.0 KiB"),
            (917_504, "896.0 KiB"),
            (1_572_864, "1.5 MiB"),
            (5_000_000_000, "4.6 GiB"),
            (u64::MAX, "16777215.9 TiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn an_object_in_a_field_has_rows_of_its_own_and_labels_have_one() {
        let owned = |(name, cell): (&str, &str)| (name.to_owned(), cell.to_owned());
        let after = json!({"admin": true, "labels": {"team": ["web"]}, "none": {}});
        let expected = [("after admin", "yes"), ("after labels", "team=web"), ("after none", "-")];
        assert_eq!(rows("after", &after), expected.map(owned));
        assert_eq!(rows("has_password", &json!(false)), [("has password", "no")].map(owned));
    }

    #[test]
    fn columns_are_aligned_and_nothing_acts_on_the_terminal() {
        let items = [
            json!({"name": "a\u{1b}[2Jb", "admin": true, "labels": {"team": ["web", "ops"]}}),
            json!({"name": "bob", "admin": false, "labels": {}}),
        ];
        assert_eq!(
            table(&["name", "admin", "labels", "gone"], &items, Paint::none()),
            "NAME         ADMIN  LABELS        GONE\n\
             a\\u{1b}[2Jb  yes    team=web,ops  -\n\
             bob          no     -             -\n"
        );
    }
}
