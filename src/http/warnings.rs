//! Warnings about faults of a server that still serves.

use super::web::Web;
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use crate::snapshot::Freshness;

/// Returns the present warnings for operators. Anybody may read them, so they name files without their folder.
pub(super) fn at(web: &Web, now: Timestamp) -> Vec<Warning> {
    let mut warnings = web.signing_keys.warnings(now);
    let snapshot = web.snapshots.current();
    let keyring = web.signing_keys.keyring().load();
    let unsigned = snapshot.services.values().filter_map(|service| keyring.signer_for(service).err());
    warnings.extend(unsigned.map(|error| Warning::new("no-signing-key", error.to_string())));
    warnings.extend(web.tls.iter().flat_map(|tls| tls.warnings(now)));
    warnings.extend(web.steps.warning());
    if web.snapshots.freshness() == Freshness::Stale {
        let message = "the database does not answer: only clients that were proven before are served";
        warnings.push(Warning::new("database-away", message));
    }
    warnings
}
