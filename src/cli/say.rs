//! Words for people on standard output and standard error, where the macros of the standard library panic once nobody
//! reads any more (`portreeve … 2>&1 | head`).

/// Writes a line to standard output; gives the error that output fails with.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::cli::output::write(&format!("{}\n", format_args!($($words)*)))
    };
}

/// Writes a line to standard error, for people. What is done goes on where nobody reads it.
macro_rules! aside {
    ($($words:tt)*) => {
        aside_part!("{}\n", format_args!($($words)*))
    };
}

/// The same without the end of the line.
macro_rules! aside_part {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        drop(write!(std::io::stderr(), $($words)*));
    }};
}
