//! Finds the cause of a refused token. If no cause is certain, the finding names the cause in an older log line,
//! lists all possible causes, or says that the registry runs with another file.

use super::facts::Facts;
use crate::doctor::registry::configuration::not_in_force;
use crate::doctor::registry::log::{LogEvidence, Reason};
use crate::doctor::report::finding::Finding;

impl Facts<'_> {
    /// Returns the findings about the refused token.
    pub(in crate::doctor) fn refused(&self) -> Vec<Finding> {
        let mut certain = self.certain();
        if let Some(LogEvidence::Reason(evidence)) = &self.log
            && (evidence.reason != Reason::Other || certain.is_empty())
        {
            let told = self.of_log(evidence);
            // If the log and the file show the same cause, the file is in force. Then the later causes in the file are
            // real too. Otherwise only the cause in the log counts.
            let same = certain.iter().position(|finding| finding.check == told.check);
            certain.drain(..same.map_or(certain.len(), |index| index + 1));
            certain.insert(0, told);
        }
        if !certain.is_empty() {
            return certain;
        }
        let open = self.possible_causes();
        if let (Some(file), []) = (self.file, open.as_slice()) {
            return vec![not_in_force(file, &self.refused_so())];
        }
        let mut older = None;
        if let Some(LogEvidence::Older(evidence)) = &self.log {
            let time = evidence.time.as_ref().map_or(String::new(), |time| format!(", of {time}"));
            if self.may_be(&evidence.reason) {
                let mut finding = self.of_log(evidence);
                finding.why = format!(
                    "the registry's log says so in an older line{time}, about another token; {}",
                    finding.why
                );
                return vec![finding];
            }
            older =
                Some(format!("the last refusal in the registry's log is older{time}, and had another cause"));
        }
        let number = |(index, text): (usize, &String)| format!("({}) {text}", index + 1);
        let list = |part: Vec<String>| part.iter().enumerate().map(number).collect::<Vec<_>>().join("; ");
        let words = open.iter().map(|(words, _)| words.clone()).collect();
        let fixes = open.iter().map(|(_, fix)| fix.clone()).collect();
        let more = match (&self.log, self.file) {
            (Some(LogEvidence::Refused), _) => {
                "the registry's log names the cause only with `log: {level: info}`"
            }
            (_, None) if self.is_zot() => "--registry-config lets the doctor name the cause",
            (_, None) => "--registry-config or --registry-log lets the doctor name the cause",
            _ => "--registry-log lets the doctor name the cause",
        };
        let more = older.as_deref().unwrap_or(more);
        vec![
            Finding::problem(
                "acceptance",
                format!("the registry refuses the token ({})", self.refusal.words()),
                format!("these causes look alike from outside, the likeliest first: {}. {more}", list(words)),
            )
            .fix(list(fixes)),
        ]
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
