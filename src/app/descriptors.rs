//! The number of file descriptors of the process, and the number of connections that clients may have.

use crate::http::Most;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The descriptors that clients do not get, unless fewer than [`FEWEST`] are left for clients. The server needs these
/// descriptors for the database, the log, the keys, files that are being received, the internal address, and
/// connections that it is about to refuse.
const RESERVE: usize = 128;
/// The greatest number of connections if the settings name no number.
const MOST: usize = 10_000;
/// Few descriptors do not reduce the number of connections below this number.
const FEWEST: usize = 16;

/// Raises the limit of descriptors to the greatest number that the system allows. Returns the resulting
/// limit.
pub(super) fn raise() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let limit = if setrlimit(Resource::Nofile, raised).is_ok() { raised } else { limit };
    // If the system has no limit, the number is large enough never to be reached.
    limit.current.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

/// Returns the number of connections to allow: the wanted number or else [`MOST`], reduced if there are too few
/// descriptors. One network gets at most half of these connections, rounded up.
pub(super) fn share(descriptors: usize, wanted: Option<usize>) -> Most {
    let possible = descriptors.saturating_sub(RESERVE).max(FEWEST);
    let total = wanted.unwrap_or(MOST).min(possible);
    Most { total, network: total.div_ceil(2) }
}

/// Returns the warning for the operator if fewer connections are allowed than wanted.
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
