//! Where a sign-in leads: one of a fixed list, so that no link can send people elsewhere.

use crate::domain::user_code::UserCode;

/// Where a sign-in leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::http) enum Target {
    /// To the own keys.
    #[default]
    Keys,
    /// To the page on which a device is approved, perhaps with its code.
    Device(Option<UserCode>),
}

impl Target {
    /// Reads the parameters `to` and `code`. What is not on the list leads to the own keys.
    pub(in crate::http) fn read(to: Option<&str>, code: Option<&str>) -> Self {
        match to {
            Some("device") => Self::Device(code.and_then(UserCode::parse)),
            _ => Self::Keys,
        }
    }

    /// The parameter `to`.
    pub(in crate::http) fn word(&self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Device(_) => "device",
        }
    }

    /// The parameter `code`.
    pub(in crate::http) fn code(&self) -> Option<String> {
        match self {
            Self::Device(Some(code)) => Some(code.to_string()),
            _ => None,
        }
    }

    /// Both, as a query.
    pub(in crate::http) fn query(&self) -> String {
        match (self, self.code()) {
            (Self::Keys, _) => String::new(),
            (_, None) => "?to=device".to_owned(),
            (_, Some(code)) => format!("?to=device&code={code}"),
        }
    }

    /// The path of its page.
    pub(in crate::http) fn path(&self) -> String {
        match (self, self.code()) {
            (Self::Keys, _) => "/signin/keys".to_owned(),
            (_, None) => "/signin/device".to_owned(),
            (_, Some(code)) => format!("/signin/device?code={code}"),
        }
    }
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
    }
}
