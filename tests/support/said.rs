//! What a command of the program said, and whether it was what it should say.
#![allow(dead_code, reason = "each test uses a part of it")]

use serde_json::Value;
use std::process::Output;

/// What a command said.
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

    /// The output of a command that must succeed.
    pub fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.out
    }

    /// The complaint of a command that was called wrongly, in the words of the parser.
    pub fn fails_with_usage(&self) -> &str {
        assert_eq!(self.code, 2, "{self:?}");
        &self.err
    }

    /// The complaint of a command that must fail.
    pub fn fails(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.starts_with("portreeve: "), "{self:?}");
        &self.err
    }

    /// Must have failed with this code and these words.
    pub fn fails_with(&self, code: i32, words: &str) {
        let complaint = self.fails(code);
        assert!(complaint.contains(words), "{words}: {self:?}");
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
