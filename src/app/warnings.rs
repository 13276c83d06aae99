//! The warnings of a start.

use super::descriptors;
use crate::config::Config;
use crate::domain::events::{Keep, Kept};
use crate::domain::warning::Warning;
use std::net::SocketAddr;

/// Logs warnings.
pub(super) fn warn(warnings: &[Warning]) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
}

/// Returns the warnings about the settings.
pub(super) fn setting_warnings(config: &Config, address: SocketAddr) -> Vec<Warning> {
    let realm = config.realm_warnings(address).into_iter().map(|text| Warning::new("realm", text));
    let plain = config.plain_http_warning(address).map(|text| Warning::new("plain-http", text));
    let few = descriptors::warning(descriptors::raise(), config.max_connections);
    let few = few.map(|text| Warning::new("few-descriptors", text));
    realm.chain(plain).chain(few).chain(alarms_warning(&config.events_keep)).collect()
}

/// Returns a warning if changes or grants are not stored. Alarms compare both, so they would not work.
fn alarms_warning(keep: &Keep) -> Option<Warning> {
    let missing = [Kept::Changes, Kept::Grants].into_iter().find(|kept| !keep.stores(*kept))?;
    let text = format!(
        "`events_keep` has `{}=0`: there are no alarms about reported changes that no token granted",
        missing.as_str()
    );
    Some(Warning::new("alarms-off", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_without_alarms_warns() {
        let with = |text: &str| alarms_warning(&Keep::with(&[Keep::parse_one(text).unwrap()]));
        assert!(alarms_warning(&Keep::default()).is_none());
        assert!(with("pulls=0").is_none());
        for text in ["changes=0", "grants=0"] {
            let warning = with(text).unwrap().to_string();
            assert!(warning.contains(&format!("`{text}`")), "{warning}");
        }
    }
}
