//! The lines to copy beside a new access key: for docker, podman, Kubernetes and CI.

use crate::domain::shell;

/// The example address in these lines, if the registry's address is not known.
pub(super) const EXAMPLE: &str = "registry.example.org";

/// A line to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) hint: &'static str,
}

/// Returns true if a text is the address of a registry: a host, perhaps with a port.
pub(super) fn is_registry(text: &str) -> bool {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, "443"));
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    text.len() <= 255 && host.split('.').all(is_label) && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Returns the lines for a registry and a user. No line contains the key, because shells keep typed lines.
pub(super) fn lines(registry: &str, user: &str) -> Vec<Line> {
    let (host, name) = (shell::argument(registry), shell::argument(user));
    vec![
        Line {
            title: "Docker",
            text: format!("docker login{host} --username{name}"),
            hint: "It asks for a password: paste the key.",
        },
        Line {
            title: "Podman",
            text: format!("podman login{host} --username{name}"),
            hint: "It asks for a password: paste the key.",
        },
        Line {
            title: "Kubernetes pull secret",
            text: format!(
                "kubectl create secret docker-registry registry-login --docker-server{host} --docker-username{name} --docker-password \"$REGISTRY_KEY\""
            ),
            hint: "Put the key into the variable first: read -rs REGISTRY_KEY. Name the secret under imagePullSecrets of a pod or a service account.",
        },
        Line {
            title: "CI",
            text: format!(
                "printf %s \"$REGISTRY_KEY\" | docker login{host} --username{name} --password-stdin"
            ),
            hint: "Keep the key in a masked variable called REGISTRY_KEY.",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_a_host_and_perhaps_a_port() {
        for fits in ["registry.example.org", "localhost:5000", "10.0.0.1:5000", "my_registry", "r"] {
            assert!(is_registry(fits), "{fits}");
        }
        for other in [
            "",
            "https://r",
            "r/x",
            "r:",
            "r:0",
            "r:99999",
            "a b",
            "$(id)",
            "-r",
            "r;ls",
            "r..x",
            "r:5000:1",
            "ü.org",
        ] {
            assert!(!is_registry(other), "{other}");
        }
    }

    #[test]
    fn every_line_is_one_command_of_the_shell() {
        for line in lines("localhost:5000", "alice@example.org") {
            assert!(!line.text.contains('\n') && line.text.contains("localhost:5000"), "{line:?}");
        }
    }
}
