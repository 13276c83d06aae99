//! The target of a sign-in: one page of a fixed list, so that no link can send people to another site.

use super::super::console::CONSOLE;
use crate::domain::user_code::UserCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The greatest length of the path of a console page, bytes.
const LONGEST_PATH: usize = 512;

/// The page to which a sign-in leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::http) enum Target {
    /// The page of the person's own keys.
    #[default]
    Keys,
    /// The page on which a device is approved, perhaps with its code.
    Device(Option<UserCode>),
    /// A page of the console: the part of its path after `/console/`.
    Console(String),
}

impl Target {
    /// Reads the parameters `to` and `code`. A text that is not on the list becomes the page of the person's
    /// own keys.
    pub(in crate::http) fn read(to: Option<&str>, code: Option<&str>) -> Self {
        match to {
            Some("device") => Self::Device(code.and_then(UserCode::parse)),
            Some("console") => {
                Self::Console(code.filter(|path| is_path(path)).unwrap_or_default().to_owned())
            }
            _ => Self::Keys,
        }
    }

    /// Returns the parameter `to`.
    pub(in crate::http) fn word(&self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Device(_) => "device",
            Self::Console(_) => "console",
        }
    }

    /// Returns the parameter `code`.
    pub(in crate::http) fn code(&self) -> Option<String> {
        match self {
            Self::Device(Some(code)) => Some(code.to_string()),
            Self::Console(path) if !path.is_empty() => Some(path.clone()),
            _ => None,
        }
    }

    /// Returns the target and its code, as a query.
    pub(in crate::http) fn query(&self) -> String {
        let to = self.word();
        match (self, self.code()) {
            (Self::Keys, _) => String::new(),
            (_, None) => format!("?to={to}"),
            (Self::Device(_), Some(code)) => format!("?to={to}&code={code}"),
            (_, Some(path)) => format!("?to={to}&code={}", utf8_percent_encode(&path, NON_ALPHANUMERIC)),
        }
    }

    /// Returns the path of the target's page.
    pub(in crate::http) fn path(&self) -> String {
        match (self, self.code()) {
            (Self::Keys, _) => "/signin/keys".to_owned(),
            (Self::Console(path), _) => format!("{CONSOLE}/{path}"),
            (_, None) => "/signin/device".to_owned(),
            (_, Some(code)) => format!("/signin/device?code={code}"),
        }
    }
}

/// Returns true if a text is certainly a path below the console.
fn is_path(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~%/".contains(c);
    let is_segment = |part: &str| !part.is_empty() && !matches!(part, "." | "..");
    text.len() <= LONGEST_PATH && text.chars().all(is_plain) && text.split('/').all(is_segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_on_the_list_is_a_target() {
        for to in [None, Some(""), Some("https://evil.example"), Some("//evil.example"), Some("keys")] {
            assert_eq!(Target::read(to, Some("BCDF-GHJK")), Target::Keys, "{to:?}");
        }
        assert_eq!(Target::read(Some("device"), Some("\"><b>")).path(), "/signin/device");
        let device = Target::read(Some("device"), Some("bcdfghjk"));
        assert_eq!(device.path(), "/signin/device?code=BCDF-GHJK");
        assert_eq!(device.query(), "?to=device&code=BCDF-GHJK");
        let console = |code| Target::read(Some("console"), code);
        assert_eq!(
            (console(None).path().as_str(), console(None).query().as_str()),
            ("/console/", "?to=console")
        );
        let page = console(Some("rules/web%20team"));
        assert_eq!(page.path(), "/console/rules/web%20team");
        assert_eq!(page.query(), "?to=console&code=rules%2Fweb%2520team");
        for path in ["../signin", "//evil.example", "a//b", "a?b", "a#b", "a\\b", "a\r\nb", &"a".repeat(513)]
        {
            assert_eq!(console(Some(path)).path(), "/console/", "{path}");
        }
    }
}
