//! Macros that print text for people. The macros of the standard library panic if the reader has ended
//! (`portreeve … 2>&1 | head`). These macros do not.

/// Writes a line to standard output. Returns an error if the write fails.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::cli::output::write(&format!("{}\n", format_args!($($words)*)))
    };
}

/// Writes a line to standard error, for people. A failure to write is ignored.
macro_rules! aside {
    ($($words:tt)*) => {
        aside_part!("{}\n", format_args!($($words)*))
    };
}

/// Writes to standard error, without a line break at the end. A failure to write is ignored.
macro_rules! aside_part {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        drop(write!(std::io::stderr(), $($words)*));
    }};
}
