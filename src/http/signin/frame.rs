//! What every page has in common.

/// What every page has in common; templates find it as `frame`.
#[derive(Debug, Clone, Default)]
pub(in crate::http) struct Frame {
    /// The heading, which is the title as well.
    pub(in crate::http) title: String,
    /// Who is signed in.
    pub(in crate::http) who: Option<String>,
    /// The value that every form of the page carries as `token`.
    pub(in crate::http) token: String,
    /// Whether it is the page of the own keys.
    pub(in crate::http) is_keys: bool,
    /// Whether there is a console to go to.
    pub(in crate::http) has_console: bool,
    /// Whether it holds a table.
    pub(in crate::http) is_wide: bool,
}

impl Frame {
    /// The frame of a page for nobody in particular.
    pub(in crate::http) fn of_nobody(title: &str) -> Self {
        Self { title: title.to_owned(), ..Self::default() }
    }
}
