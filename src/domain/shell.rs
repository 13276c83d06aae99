//! Words of a command that people paste into a shell.
//!
//! INVARIANT: the shell reads any text as one word, and runs nothing in it. Every command that this program prints
//! gets its words from here.

use std::path::Path;

/// A shell expression that yields a backtick. Messages put commands between backticks, so a command must not
/// contain a backtick itself.
const BACKTICK: &str = r#""$(printf '\140')""#;

/// Returns a text as one word for a POSIX shell, quoted if necessary.
#[must_use]
pub fn word(text: &str) -> String {
    // Paths, addresses and lists contain these characters. They need no quotes, but the crate `shlex` would quote
    // some of them.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@%+=,".contains(c);
    if text.chars().all(is_plain) && !text.starts_with('=') {
        return if text.is_empty() { "''".to_owned() } else { text.to_owned() };
    }
    let parts: Vec<String> = text.split('`').map(quoted).collect();
    parts.join(BACKTICK)
}

/// Quotes a text without backticks. An empty text stays empty.
fn quoted(part: &str) -> String {
    if part.is_empty() {
        return String::new();
    }
    // A shell cannot pass a NUL at all. The replacement U+FFFD at least does not end the word.
    shlex::try_quote(&part.replace('\0', "\u{fffd}")).map(String::from).unwrap_or_default()
}

/// Returns a path as one word for a shell, in a form that no program reads as a flag.
#[must_use]
pub fn path(path: &Path) -> String {
    let text = path.display().to_string();
    if text.starts_with('-') { word(&format!("./{text}")) } else { word(&text) }
}

/// Returns a space, a flag and its value. Writes `=` between the flag and a value that begins with `-`,
/// because programs would read the value as another flag.
#[must_use]
pub fn flag(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!(" {name}{between}{}", word(value))
}

/// Returns a space and an argument that is not the value of a flag. Writes `--`, which ends the flags, before
/// an argument that begins with `-`. So the argument must be the end of the command.
#[must_use]
pub fn argument(text: &str) -> String {
    let end = if text.starts_with('-') { "-- " } else { "" };
    format!(" {end}{}", word(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const TEXTS: [&str; 16] = [
        "plain", "", "a b", "*", "?", "[ab]*", "{a,b}", "~", "it's", "a`id`b", "$(id)", "'`'", "--url=x",
        "a\nb", "!x", "#x",
    ];

    #[test]
    fn a_word_is_one_word_for_a_shell_and_holds_no_backtick() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        for text in TEXTS {
            let word = word(text);
            assert!(!word.contains('`'), "{word}");
            let script = format!("set -- {word}; printf '%s:%s' $# \"$1\"");
            let said = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), format!("1:{text}"), "{word}");
        }
    }

    #[test]
    fn what_begins_with_a_dash_is_not_read_as_a_flag() {
        assert_eq!(flag("--name", "team/*"), " --name 'team/*'");
        assert_eq!(flag("--name", "-x"), " --name=-x");
        assert_eq!(argument("Docker registry"), " 'Docker registry'");
        assert_eq!(argument("-x"), " -- -x");
        assert_eq!(path(Path::new("/etc/my keys")), "'/etc/my keys'");
        assert_eq!(path(Path::new("-x")), "./-x");
    }
}
