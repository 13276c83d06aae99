//! Compares three clocks: the doctor's, the registry's and the token server's.

use crate::doctor::report::finding::Finding;

/// The greatest difference of clocks that gives no note, seconds.
const NOTE: i64 = 5;
/// The greatest difference of clocks that gives no warning, seconds. If the token server's clock is ahead by
/// more, zot refuses new tokens; distribution refuses them beyond 90 s.
const WARNING: i64 = 30;

/// The differences of the registry's clock, and of the token server's clock (`realm`), from the doctor's
/// clock, seconds. A difference is positive if the other clock is ahead, and `None` if it is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::doctor) struct Clocks {
    pub(in crate::doctor) registry: Option<i64>,
    pub(in crate::doctor) realm: Option<i64>,
}

fn apart(seconds: i64) -> String {
    let way = if seconds > 0 { "ahead of" } else { "behind" };
    format!("{} s {way}", seconds.abs())
}

impl Clocks {
    /// Says which clock is wrong: the one that differs more from the doctor's clock.
    pub(in crate::doctor) fn blame(self) -> String {
        let (registry, realm) = (self.registry.unwrap_or_default(), self.realm.unwrap_or_default());
        if realm.abs() > registry.abs() {
            format!("the token server's clock is {} this machine's and the registry's", apart(realm))
        } else {
            format!("the registry's clock is {} this machine's and the token server's", apart(registry))
        }
    }

    /// Returns the fix with the command that corrects the wrong clock.
    pub(in crate::doctor) fn fix(self) -> String {
        let (registry, realm) = (self.registry.unwrap_or_default(), self.realm.unwrap_or_default());
        let whose = if realm.abs() > registry.abs() { "the token server" } else { "the registry" };
        format!("set the clock of the machine of {whose}: `timedatectl set-ntp true`")
    }

    /// Returns the finding about the difference of the clocks, or `None` if the registry's clock is not
    /// known.
    pub(in crate::doctor) fn examine(self) -> Option<Finding> {
        let registry = self.registry?;
        let (skew, what) = match self.realm {
            Some(realm) => {
                let skew = realm - registry;
                (skew, format!("the token server's clock is {} the registry's", apart(skew)))
            }
            None => (registry, format!("the registry's clock is {} this machine's", apart(registry))),
        };
        const WHY: &str = "tokens begin 30 s before they are made, and registries allow 60 s more (zot allows no more): registries refuse tokens beyond that";
        Some(if skew.abs() > WARNING {
            Finding::warning("clock", what, WHY).fix(self.fix())
        } else if skew.abs() > NOTE {
            Finding::note("clock", what, WHY)
        } else if self.realm.is_some_and(|realm| realm.abs() > NOTE) && registry.abs() > NOTE {
            Finding::note(
                "clock",
                format!(
                    "the registry and the token server agree, but are {} this machine's clock",
                    apart(registry)
                ),
                "no token is refused because of this difference; this machine may refuse certificates",
            )
        } else {
            Finding::ok("clock", "the clocks agree")
        })
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
            let finding = Clocks { registry, realm }.examine().unwrap();
            assert_eq!(finding.level, level, "{finding:?}");
            assert!(finding.what.contains(words), "{finding:?}");
        }
    }

    #[test]
    fn the_clock_that_differs_from_two_is_to_blame() {
        let clocks = Clocks { registry: Some(0), realm: Some(600) };
        assert!(clocks.blame().contains("token server's clock is 600 s ahead"));
        assert!(clocks.fix().contains("machine of the token server"));
    }
}
