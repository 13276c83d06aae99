//! The key set of a provider. The server reads the set again after an hour, and for an unknown key at most once a
//! minute.

use super::call::Caller;
use super::discovery::Discovery;
use crate::domain::identity::{Jwk, parse_key_set};
use crate::domain::time::Timestamp;
use crate::token::{ForeignFault, verify_foreign};
use tokio::sync::Mutex;

/// The time for which the key set is used before it is read again, in seconds.
const LIFETIME: i64 = 3600;
/// The shortest time between two attempts to read the key set while tokens are verified, in seconds.
const REFETCH: i64 = 60;

#[derive(Default)]
struct Known {
    keys: Vec<Jwk>,
    read_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// The keys of one provider.
#[derive(Default)]
pub(super) struct Keys(Mutex<Known>);

/// The reason why a token could not be verified.
pub(super) enum NotVerified {
    /// The key set cannot be read.
    NoKeys(String),
    /// The token is refused.
    Refused(ForeignFault),
}

fn is_past(at: Option<Timestamp>, seconds: i64, now: Timestamp) -> bool {
    at.is_none_or(|at| at.plus_seconds(seconds) <= now || at > now.newest_mark())
}

impl Known {
    /// Reads the key set again. If it cannot be read, the old set stays in use.
    async fn read(&mut self, discovery: &Discovery, caller: &Caller, now: Timestamp) -> Result<(), String> {
        self.tried_at = Some(now);
        let body = caller.get(discovery.keys.clone(), None).await;
        let body = body.map_err(|why| format!("the key set cannot be read: {why}"))?;
        let keys = parse_key_set(&body).ok_or("the key set cannot be understood")?;
        self.keys = keys;
        self.read_at = Some(now);
        Ok(())
    }
}

impl Keys {
    /// Verifies a token, and returns its payload.
    pub(super) async fn verify(
        &self,
        token: &str,
        discovery: &Discovery,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Vec<u8>, NotVerified> {
        let mut known = self.0.lock().await;
        if is_past(known.read_at, LIFETIME, now) && is_past(known.tried_at, REFETCH, now) {
            let read = known.read(discovery, caller, now).await;
            if known.keys.is_empty() {
                read.map_err(NotVerified::NoKeys)?;
            }
        }
        let algorithms = discovery.algorithms();
        let verified = verify_foreign(token, &known.keys, &algorithms);
        match verified {
            Err(ForeignFault::UnknownKey) if is_past(known.tried_at, REFETCH, now) => {
                // If the key set cannot be read, the old set stays in use and the token is refused.
                let _ = known.read(discovery, caller, now).await;
                verify_foreign(token, &known.keys, &algorithms).map_err(NotVerified::Refused)
            }
            verified => verified.map_err(NotVerified::Refused),
        }
    }

    /// Reads the key set, and returns the number of its keys that can verify tokens.
    pub(super) async fn count(
        &self,
        discovery: &Discovery,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<usize, String> {
        let mut known = self.0.lock().await;
        known.read(discovery, caller, now).await?;
        Ok(known.keys.iter().filter(|key| key.verifies()).count())
    }
}
