//! The provider that somebody was asked about at, as it is when the answer is written.

use crate::domain::identity::ProviderSettings;
use crate::storage::{StoreError, Transaction};
use std::sync::Arc;

/// The settings of a provider as they are now. `None` if the answer of the one that was asked says nothing any more: the
/// provider is gone or disabled, or is another one by now.
pub async fn find_as_asked(
    tx: &mut Transaction,
    asked: &ProviderSettings,
) -> Result<Option<Arc<ProviderSettings>>, StoreError> {
    let row = tx.find_provider(&asked.name).await?;
    Ok(row.map(|row| row.settings).filter(|now| is_as_asked(asked, now)).map(Arc::new))
}

fn is_as_asked(asked: &ProviderSettings, now: &ProviderSettings) -> bool {
    now.enabled && now.issuer == asked.issuer && now.client_id == asked.client_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_while_the_provider_is_the_same() {
        let settings = |change: &str| {
            let text = format!(
                r#"{{"kind": "oidc", "issuer": "https://id.example.org", "client_id": "portreeve"{change}}}"#
            );
            ProviderSettings::stored("corp", &text).unwrap()
        };
        let asked = settings("");
        assert!(is_as_asked(&asked, &settings(r#", "create_users": false"#)));
        assert!(!is_as_asked(&asked, &settings(r#", "enabled": false"#)));
        let moved = r#"{"kind": "oidc", "issuer": "https://id.example.net", "client_id": "portreeve"}"#;
        assert!(!is_as_asked(&asked, &ProviderSettings::stored("corp", moved).unwrap()));
        let other = r#"{"kind": "oidc", "issuer": "https://id.example.org", "client_id": "other"}"#;
        assert!(!is_as_asked(&asked, &ProviderSettings::stored("corp", other).unwrap()));
    }
}
