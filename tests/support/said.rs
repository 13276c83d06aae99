//! The output of a command, and checks of the output.
#![allow(dead_code, reason = "each test uses a part of it")]

use serde_json::Value;
use std::process::Output;

/// The output of a command.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns true if the command succeeded.
    pub fn succeeded(&self) -> bool {
        self.code == 0
    }

    /// Returns all output: standard output, followed by standard error.
    pub fn text(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// Checks that the command succeeded. Returns its standard output.
    pub fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.out
    }

    /// Checks that the command refused its arguments (code 2). Returns the message.
    pub fn fails_with_usage(&self) -> &str {
        assert_eq!(self.code, 2, "{self:?}");
        &self.err
    }

    /// Checks that the command failed with this code and a message. Returns the message.
    pub fn fails(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.starts_with("portreeve: "), "{self:?}");
        &self.err
    }

    /// Checks that the command failed with this code and these words.
    pub fn fails_with(&self, code: i32, words: &str) {
        let complaint = self.fails(code);
        assert!(complaint.contains(words), "{words}: {self:?}");
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
