//! Measures the time of a change of one rule, and checks that the next token obeys the change.

use crate::Outcome;
use crate::case::probe;
use crate::place::Place;
use crate::process::{Server, client};
use serde_json::json;
use std::time::{Duration, Instant};

const TIMES: usize = 20;

/// The results of the changes.
pub struct Changes {
    /// The times from the sending of the rule to the answer.
    pub answered: Vec<Duration>,
    /// The number of tokens that obeyed the new rule. Each was requested after the answer.
    pub obeyed: usize,
}

/// Changes one rule again and again, as the administrator with an access key. Deletes the rule at the end.
pub async fn measure(server: &Server, place: &Place) -> Outcome<Changes> {
    let client = client()?;
    let mut changes = Changes { answered: Vec::new(), obeyed: 0 };
    for number in 0..TIMES {
        let actions: &[&str] = if number % 2 == 0 { &["pull"] } else { &["pull", "push"] };
        let rule = json!({"subjects": ["everyone"], "names": ["change/**"], "actions": actions});
        let request = client.put(server.url("/api/v1/rules/load-change")).json(&rule);
        let request = request.bearer_auth(&place.credentials.admin);
        let began = Instant::now();
        let status = request.send().await?.status();
        changes.answered.push(began.elapsed());
        if !status.is_success() {
            return Err(format!("/rules/load-change: {status}").into());
        }
        let probe = probe("change/app", actions, &place.credentials);
        changes.obeyed += usize::from(probe.is_granted(&client, server).await?);
    }
    let request =
        client.delete(server.url("/api/v1/rules/load-change")).bearer_auth(&place.credentials.admin);
    request.send().await?.error_for_status()?;
    Ok(changes)
}

impl Changes {
    /// Returns the number of tokens that did not obey the new rule.
    pub fn disobeyed(&self) -> usize {
        self.answered.len() - self.obeyed
    }
}
