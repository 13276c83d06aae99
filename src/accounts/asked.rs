//! The provider that was asked about a person, read again when its answer is written.

use crate::domain::identity::ProviderSettings;
use crate::storage::{StoreError, Transaction};
use std::sync::Arc;

/// Returns the provider's stored settings, if the provider was asked with exactly these settings. Returns `None` if the
/// provider is gone, disabled or has other settings. The caller then drops the provider's answer, because groups,
/// labels, the administrator flag and the right to sign in depend on the settings.
pub async fn find_as_asked(
    tx: &mut Transaction,
    asked: &ProviderSettings,
) -> Result<Option<Arc<ProviderSettings>>, StoreError> {
    let row = tx.find_provider(&asked.name).await?;
    Ok(row.map(|row| row.settings).filter(|now| is_as_asked(asked, now)).map(Arc::new))
}

fn is_as_asked(asked: &ProviderSettings, now: &ProviderSettings) -> bool {
    now.enabled && now == asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_while_the_settings_are_the_same() {
        let settings = |change: &str| {
            let text = format!(
                r#"{{"kind": "oidc", "issuer": "https://id.example.org", "client_id": "portreeve"{change}}}"#
            );
            ProviderSettings::stored("corp", &text).unwrap()
        };
        let asked = settings("");
        assert!(is_as_asked(&asked, &settings("")));
        for change in ["\"create_users\": false", "\"groups_claim\": \"groups\"", "\"hold\": 60"] {
            assert!(!is_as_asked(&asked, &settings(&format!(", {change}"))), "{change}");
        }
        assert!(!is_as_asked(&settings(r#", "enabled": false"#), &settings(r#", "enabled": false"#)));
        assert!(!is_as_asked(&asked, &settings(r#", "enabled": false"#)));
        let moved = r#"{"kind": "oidc", "issuer": "https://id.example.net", "client_id": "portreeve"}"#;
        assert!(!is_as_asked(&asked, &ProviderSettings::stored("corp", moved).unwrap()));
        let other = r#"{"kind": "oidc", "issuer": "https://id.example.org", "client_id": "other"}"#;
        assert!(!is_as_asked(&asked, &ProviderSettings::stored("corp", other).unwrap()));
    }
}
