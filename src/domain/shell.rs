//! Words of a command that somebody pastes into a shell.
//!
//! INVARIANT: whatever a text holds, the shell reads it as one word and runs nothing in it. Every command that
//! this program prints takes its words from here.

use std::path::Path;

/// A backtick as a shell makes it: messages put commands between backticks, so a command may not hold one.
const BACKTICK: &str = r#""$(printf '\140')""#;

/// A text as one word of a POSIX shell, quoted where it must be.
#[must_use]
pub fn word(text: &str) -> String {
    // As people write paths, addresses and lists; the crate would quote some of these as well.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@%+=,".contains(c);
    if text.chars().all(is_plain) && !text.starts_with('=') {
        return if text.is_empty() { "''".to_owned() } else { text.to_owned() };
    }
    let parts: Vec<String> = text.split('`').map(quoted).collect();
    parts.join(BACKTICK)
}

/// The same of a part between backticks, which may be empty.
fn quoted(part: &str) -> String {
    if part.is_empty() {
        return String::new();
    }
    // A shell cannot pass a NUL at all: shown as U+FFFD, it can at least not end the word.
    shlex::try_quote(&part.replace('\0', "\u{fffd}")).map(String::from).unwrap_or_default()
}

/// A path as one word of a shell, which no program reads as a flag.
#[must_use]
pub fn path(path: &Path) -> String {
    let text = path.display().to_string();
    if text.starts_with('-') { word(&format!("./{text}")) } else { word(&text) }
}

/// A flag with its value, with a space in front. A value that begins with `-` is joined by `=`, else it would be
/// read as a flag.
#[must_use]
pub fn flag(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!(" {name}{between}{}", word(value))
}

/// An argument that is not the value of a flag, with a space in front. Put it last: one that begins with `-`
/// ends the flags.
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
