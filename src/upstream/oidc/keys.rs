//! The key set of a provider: kept, and read again for an unknown key at most once a minute.

use super::call::Caller;
use super::discovery::Discovery;
use crate::domain::identity::{Jwk, parse_key_set};
use crate::domain::time::Timestamp;
use crate::token::{ForeignFault, verify_foreign};
use tokio::sync::Mutex;

/// How long the set is used before it is read again, seconds.
const LIFETIME: i64 = 3600;
/// How often it is read at most because of an unknown key, seconds.
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

/// Why a token could not be verified.
pub(super) enum NotVerified {
    /// The keys cannot be read.
    NoKeys(String),
    /// The token is refused.
    Refused(ForeignFault),
}

fn is_past(at: Option<Timestamp>, seconds: i64, now: Timestamp) -> bool {
    at.is_none_or(|at| at.plus_seconds(seconds) <= now || at > now.newest_mark())
}

impl Known {
    /// Reads the set again. One that cannot be read keeps the old one.
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
                // A failed one keeps the old set, and so the refusal.
                let _ = known.read(discovery, caller, now).await;
                verify_foreign(token, &known.keys, &algorithms).map_err(NotVerified::Refused)
            }
            verified => verified.map_err(NotVerified::Refused),
        }
    }

    /// How many keys there are, read now.
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
