//! Whether the clocks agree: ours, the registry's and the token server's.

use super::finding::Finding;

/// From here on it is worth a note, seconds.
const NOTE: i64 = 5;
/// From here on tokens are near their limits, seconds.
const WARNING: i64 = 30;

/// How far two clocks are ahead of ours, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Clocks {
    pub(super) registry: Option<i64>,
    pub(super) realm: Option<i64>,
}

fn apart(seconds: i64) -> String {
    let way = if seconds > 0 { "ahead of" } else { "behind" };
    format!("{} s {way}", seconds.abs())
}

impl Clocks {
    /// Which clocks are off, for a problem that was found by them.
    pub(super) fn blame(self) -> String {
        let (registry, realm) = (self.registry.unwrap_or_default(), self.realm.unwrap_or_default());
        if realm.abs() > registry.abs() {
            format!("the token server's clock is {} this machine's and the registry's", apart(realm))
        } else {
            format!("the registry's clock is {} this machine's and the token server's", apart(registry))
        }
    }

    /// Where to set a clock right.
    pub(super) fn fix(self) -> String {
        let (registry, realm) = (self.registry.unwrap_or_default(), self.realm.unwrap_or_default());
        let whose = if realm.abs() > registry.abs() { "the token server" } else { "the registry" };
        format!("set the clock of the machine of {whose}: `timedatectl set-ntp true`")
    }

    /// What to say about clocks that refuse no token yet.
    pub(super) fn examine(self, findings: &mut Vec<Finding>) {
        let Some(registry) = self.registry else { return };
        let (skew, what) = match self.realm {
            Some(realm) => {
                let skew = realm - registry;
                (skew, format!("the token server's clock is {} the registry's", apart(skew)))
            }
            None => (registry, format!("the registry's clock is {} this machine's", apart(registry))),
        };
        const WHY: &str = "tokens begin 30 s before they are made and registries allow 60 s more (zot none): beyond that they are refused";
        if skew.abs() > WARNING {
            findings.push(Finding::warning("clock", what, WHY).fix(self.fix()));
        } else if skew.abs() > NOTE {
            findings.push(Finding::note("clock", what, WHY));
        } else if self.realm.is_some_and(|realm| realm.abs() > NOTE) && registry.abs() > NOTE {
            findings.push(Finding::note(
                "clock",
                format!(
                    "the registry and the token server agree, but are {} this machine's clock",
                    apart(registry)
                ),
                "tokens are not refused for it; certificates may be, on this machine",
            ));
        } else {
            findings.push(Finding::ok("clock", "the clocks agree"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn clocks_are_compared_with_each_other_first() {
        for (registry, realm, level, words) in [
            (Some(0), Some(1), Level::Ok, "agree"),
            (Some(0), Some(12), Level::Note, "12 s ahead of the registry's"),
            (Some(50), Some(0), Level::Warning, "50 s behind the registry's"),
            (Some(600), Some(601), Level::Note, "600 s ahead of this machine's clock"),
            (Some(-40), None, Level::Warning, "40 s behind this machine's"),
        ] {
            let mut findings = Vec::new();
            Clocks { registry, realm }.examine(&mut findings);
            assert_eq!(findings.len(), 1);
            assert_eq!(findings[0].level, level, "{findings:?}");
            assert!(findings[0].what.contains(words), "{findings:?}");
        }
    }

    #[test]
    fn the_clock_that_differs_from_two_is_to_blame() {
        let clocks = Clocks { registry: Some(0), realm: Some(600) };
        assert!(clocks.blame().contains("token server's clock is 600 s ahead"));
        assert!(clocks.fix().contains("machine of the token server"));
    }
}
