//! The common frame of every page.

/// The common frame of every page. Templates find it as `frame`.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Frame {
    /// The heading, which is also the title.
    pub(in crate::http) title: String,
    /// The signed-in person.
    pub(in crate::http) who: Option<String>,
    /// The value that every form of the page carries as `token`.
    pub(in crate::http) token: String,
    /// True for the page of the person's own keys.
    pub(in crate::http) is_keys: bool,
    /// True if the server has a console to link to.
    pub(in crate::http) has_console: bool,
    /// True if the page contains a table.
    pub(in crate::http) is_wide: bool,
}

impl Frame {
    /// Makes the frame of a page without a signed-in person.
    pub(in crate::http) fn of_nobody(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }
}
