//! How many files and connections the process may have open, and how many of them are for clients.

use crate::http::Most;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that clients never get: for the database, the log, the keys, files that are being received, the
/// address for internal use, and connections that are about to be refused.
const RESERVE: usize = 128;
/// The most connections unless the settings say so.
const MOST: usize = 10_000;
/// The fewest, however few descriptors there are.
const FEWEST: usize = 16;

/// Raises the limit as far as the system lets the process, and returns it.
pub(super) fn raise() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let limit = if setrlimit(Resource::Nofile, raised).is_ok() { raised } else { limit };
    // No limit is one that is never reached.
    limit.current.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

/// How many connections there may be: as many as are wanted, as far as there are descriptors for them.
pub(super) fn share(descriptors: usize, wanted: Option<usize>) -> Most {
    let possible = descriptors.saturating_sub(RESERVE).max(FEWEST);
    let total = wanted.unwrap_or(MOST).min(possible);
    Most { total, network: total.div_ceil(2) }
}

/// What the operator should know if there are fewer than are wanted.
pub(super) fn warning(descriptors: usize, wanted: Option<usize>) -> Option<String> {
    let most = share(descriptors, wanted).total;
    wanted.filter(|wanted| *wanted > most).map(|wanted| {
        format!(
            "--max-connections {wanted} needs {} file descriptors and there are {descriptors}, so at most {most} connections are served: raise the limit (`LimitNOFILE` of a unit, `ulimit -n`)",
            wanted.saturating_add(RESERVE)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        for (descriptors, wanted, total, network) in [
            (1_024, None, 896, 448),
            (1_024, Some(100), 100, 50),
            (1_024, Some(1_000), 896, 448),
            (1_000_000, None, 10_000, 5_000),
            (1_000_000, Some(50_001), 50_001, 25_001),
            (usize::MAX, None, 10_000, 5_000),
            (100, None, 16, 8),
        ] {
            assert_eq!(share(descriptors, wanted), Most { total, network }, "{descriptors} {wanted:?}");
            assert_eq!(
                warning(descriptors, wanted).is_some(),
                wanted == Some(1_000),
                "{descriptors} {wanted:?}"
            );
        }
    }
}
