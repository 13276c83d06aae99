//! Writes the part of a registry's configuration that makes the registry report its events.

use serde_json::Value;

/// The placeholder for the access key.
pub const KEY_PLACE: &str = "ACCESS_KEY";

/// Returns the block for distribution's configuration file. The registry reports to `url`.
///
/// A registry sends one report at a time and waits for the response. `threshold` and `backoff` control how
/// the registry retries. The block excludes events of layers: most events are about layers, and the events of
/// manifests contain the same information.
// SPEC: distribution "Configuring a registry", section `notifications`.
#[must_use]
pub fn notifications(url: &str) -> String {
    // A JSON string is also a valid YAML string.
    let (url, header) = (Value::from(url), Value::from(format!("Bearer {KEY_PLACE}")));
    format!(
        "notifications:\n  events:\n    includereferences: true\n  endpoints:\n    - name: portreeve\n      \
         url: {url}\n      headers:\n        Authorization: [{header}]\n      timeout: 5s\n      threshold: 3\n      \
         backoff: 1s\n      ignore:\n        mediatypes:\n          - application/octet-stream\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_yaml_with_everything_that_a_registry_needs() {
        let text = notifications("https://auth.example.org/events/my%20registry");
        let block: Value = yaml_serde::from_str(&text).unwrap();
        let endpoint = block.pointer("/notifications/endpoints/0").unwrap();
        assert_eq!(endpoint["url"], "https://auth.example.org/events/my%20registry");
        assert_eq!(endpoint["headers"]["Authorization"][0], "Bearer ACCESS_KEY");
        assert_eq!((&endpoint["timeout"], &endpoint["threshold"]), (&Value::from("5s"), &Value::from(3)));
        assert_eq!(endpoint["ignore"]["mediatypes"][0], "application/octet-stream");
        assert_eq!(block.pointer("/notifications/events/includereferences"), Some(&Value::from(true)));
    }
}
